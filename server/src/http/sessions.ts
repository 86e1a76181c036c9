import { createHmac } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { SessionKind } from "../db/sessions.ts";
import { endSession, findSession, startSession } from "../db/sessions.ts";
import { later } from "../domain/deadlines.ts";
import { refuse } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import { randomToken, sameSecret, tokenHash } from "../secrets/tokens.ts";
import type { App } from "./app-context.ts";
import type { Fields } from "./fields.ts";
import { text } from "./fields.ts";

/** Somebody signed in, with the token their forms must carry. */
export interface SignedIn {
  readonly subjectId: number;
  readonly csrf: string;
}

function cookieName(app: App, kind: SessionKind): string {
  return app.baseUrl.startsWith("https:") ? `__Host-tranche-${kind}` : `tranche-${kind}`;
}

function cookieOf(request: FastifyRequest, name: string): string | undefined {
  const parts = (request.headers.cookie ?? "").split(";").map((part) => part.trim());
  return parts.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Signs somebody in: an opaque token in a cookie that scripts and other sites cannot use; the database keeps its hash. */
export async function signIn(app: App, reply: FastifyReply, kind: SessionKind, subjectId: number): Promise<void> {
  const token = randomToken();
  const at = app.now();
  await startSession(app.pool, { hash: tokenHash(token).toString("hex"), kind, subjectId, at, until: later(at, app.sessionLife) });
  const secure = app.baseUrl.startsWith("https:") ? "; Secure" : "";
  void reply.header(
    "set-cookie",
    `${cookieName(app, kind)}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${Math.floor(app.sessionLife / 1000)}${secure}`,
  );
}

/** Who is signed in, or undefined. */
export async function signedInAs(app: App, request: FastifyRequest, kind: SessionKind): Promise<SignedIn | undefined> {
  const token = cookieOf(request, cookieName(app, kind));
  if (token === undefined || token === "") return undefined;
  const subjectId = await findSession(app.pool, tokenHash(token).toString("hex"), kind, app.now());
  return subjectId === undefined ? undefined : { subjectId, csrf: csrfOf(app, token) };
}

/** Ends the session in the database and in the browser. */
export async function signOut(app: App, request: FastifyRequest, reply: FastifyReply, kind: SessionKind): Promise<void> {
  const name = cookieName(app, kind);
  const token = cookieOf(request, name);
  if (token !== undefined) await endSession(app.pool, tokenHash(token).toString("hex"));
  void reply.header("set-cookie", `${name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`);
}

/** A form of a signed-in page must carry this; another site cannot know it. */
function csrfOf(app: App, token: string): string {
  return createHmac("sha256", app.secretKey).update(`csrf ${token}`).digest("base64url");
}

/** Undefined if the form is our own page's, else the refusal. */
export function forged(session: SignedIn, fields: Fields): Refusal | undefined {
  return sameSecret(text(fields, "csrf"), session.csrf)
    ? undefined
    : refuse("not_signed_in", "The form is too old or did not come from this page. Load the page again.");
}
