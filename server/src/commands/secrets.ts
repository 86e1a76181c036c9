import { randomBytes } from "node:crypto";
import type { SeedSecrets } from "../sandbox/seed.ts";
import { keyContext } from "../http/keys.ts";
import { seal } from "../secrets/box.ts";
import { hashPassword } from "../secrets/passwords.ts";
import { newPrivateKey, newPublicKey } from "../secrets/tokens.ts";

/** What the seed needs to make secrets. `fast` is for tests: a password hash that nobody can sign in with, at no cost. */
export function seedSecrets(secretKey: Buffer, options: { readonly fast?: boolean } = {}): SeedSecrets {
  return {
    newPassword: () => randomBytes(12).toString("base64url"),
    hashPassword: (password) => (options.fast === true ? Promise.resolve("unusable") : hashPassword(password)),
    newPublicKey,
    newPrivateKey,
    seal: (privateKey, publicKey) => seal(secretKey, privateKey, keyContext(publicKey)),
  };
}
