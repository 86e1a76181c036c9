import type { FastifyInstance, FastifyRequest } from "fastify";
import { errorCodes } from "fastify";
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

/**
 * Reads urlencoded and multipart forms. A field given twice is refused: which one would be meant is anybody's guess. `name[]` may come more
 * than once.
 */
export function acceptForms(app: FastifyInstance): void {
  app.addHook("preValidation", async (request) => {
    if (!request.isMultipart()) return;
    if (Number(request.headers["content-length"] ?? 0) > (request.routeOptions.bodyLimit ?? app.initialConfig.bodyLimit ?? 0))
      throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
    request.body = await multipartFields(request);
  });
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

declare module "fastify" {
  interface FastifyContextConfig {
    takesFile?: boolean;
  }
}

/** The config of a form's route that takes one file, as text: it comes as a field like any other. */
export const takesFile = { takesFile: true } as const;

/** Multipart forms; a file only where the route takes one. */
async function multipartFields(request: FastifyRequest): Promise<Record<string, unknown>> {
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  const most = request.routeOptions.bodyLimit ?? 0;
  const file = request.routeOptions.config.takesFile === true;
  let size = 0;
  for await (const part of request.parts(file ? { limits: { files: 1, fileSize: most } } : {})) {
    if (part.type === "file" && file) {
      const content = await part.toBuffer();
      size += content.length;
      if (size > most) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
      addField(fields, part.fieldname, content.toString("utf8"));
      continue;
    }
    if (part.type === "file")
      throw new BadBody(refuse("invalid", `The ${part.fieldname} field is a file; files are not taken.`, { field: part.fieldname }));
    size += Buffer.byteLength(String(part.value));
    // The plugin cuts a value that is too long and goes on; half a value is nobody's intention.
    if (part.valueTruncated || size > most) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
    addField(fields, part.fieldname, part.value);
  }
  return fields;
}

/** The body's fields; an empty or missing body has none. Throws {@link BadBody} for a body that is no set of fields. */
export async function fieldsOf(request: FastifyRequest): Promise<Fields> {
  const { body } = request;
  if (body === undefined || body === null || body === "") return {};
  if (typeof body !== "object" || Array.isArray(body)) throw new BadBody(refuse("invalid", "The body must be a set of named fields."));
  const kept = Object.entries(body).map(([name, value]) => [storable(name, "name of a"), storable(value, name)]);
  return Object.fromEntries(kept) as Fields;
}

/** How deep JSON may nest: a list of things with properties is 2. */
const deepest = 8;

/** A value as the database can keep it: without halves of surrogate pairs. Throws {@link BadBody} for the sign NUL and for what is nested too deep. */
function storable(value: unknown, field: string, depth = 0): unknown {
  if (typeof value === "string") {
    if (value.includes("\0"))
      throw new BadBody(refuse("invalid", `The ${field.slice(0, 60)} field holds a sign that no text has (NUL).`, { field }));
    return value.toWellFormed();
  }
  if (typeof value !== "object" || value === null) return value;
  if (depth >= deepest) throw new BadBody(refuse("invalid", `The ${field.slice(0, 60)} field is nested too deep.`, { field }));
  if (Array.isArray(value)) return value.map((one) => storable(one, field, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [storable(name, field), storable(inner, field, depth + 1)]));
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
