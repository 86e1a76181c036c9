import type { FastifyInstance, FastifyRequest } from "fastify";
import { refuse } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";

/** A body as named fields, whatever it came as: form, multipart or JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** A body that cannot be read as fields; thrown by the parsers, answered as a refusal. */
export class BadBody extends Error {
  override readonly name = "BadBody";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

/** Reads urlencoded forms. A field given twice is refused: which one would be meant is anybody's guess. `name[]` may come more than once. */
export function acceptForms(app: FastifyInstance): void {
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => {
    try {
      done(null, formFields(String(body)));
    } catch (error) {
      done(error instanceof Error ? error : new Error("unreadable form"));
    }
  });
}

/** The fields of an urlencoded text. Throws {@link BadBody} for a field given twice. */
export function formFields(text: string): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of new URLSearchParams(text)) addField(fields, name, value);
  return fields;
}

function addField(fields: Record<string, unknown>, name: string, value: unknown): void {
  const listed = /^(?<list>[^[\]]+)(\[\d*\].*)$/.exec(name)?.groups?.["list"];
  const repeats = name === "reasons_with_fee";
  if (listed !== undefined || repeats) {
    const list = listed ?? name;
    const before = fields[list];
    fields[list] = Array.isArray(before) ? [...(before as unknown[]), value] : [value];
    return;
  }
  if (name in fields) throw new BadBody(refuse("invalid", `The ${name} field is given twice.`, { field: name }));
  fields[name] = value;
}

/** Multipart forms without files. */
export async function multipartFields(request: FastifyRequest): Promise<Record<string, unknown>> {
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for await (const part of request.parts()) {
    if (part.type === "file") throw new BadBody(refuse("invalid", `The ${part.fieldname} field is a file; files are not taken.`, { field: part.fieldname }));
    addField(fields, part.fieldname, part.value);
  }
  return fields;
}

/** The body's fields; an empty or missing body has none. Throws {@link BadBody} for a body that is no set of fields. */
export async function fieldsOf(request: FastifyRequest): Promise<Fields> {
  if (request.isMultipart()) return multipartFields(request);
  const { body } = request;
  if (body === undefined || body === null || body === "") return {};
  if (typeof body !== "object" || Array.isArray(body)) throw new BadBody(refuse("invalid", "The body must be a set of named fields."));
  return body as Fields;
}

/** A field as trimmed text; empty if it is absent. Numbers in JSON are taken as their digits. */
export function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string") return value.trim();
  return typeof value === "number" || typeof value === "bigint" ? String(value) : "";
}

/** A whole positive number, e.g. an id; undefined for anything else. */
export function wholeNumber(value: string): number | undefined {
  return /^[0-9]{1,15}$/.test(value) ? Number(value) : undefined;
}
