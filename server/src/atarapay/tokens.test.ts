import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  canonicalCheckout,
  checkoutSignatureFits,
  hmacToken,
  makeAuthtoken,
  parseAuthtoken,
  securityToken,
  signCheckout,
  signedCheckoutFields,
  signRedirect,
} from "./tokens.ts";

const keys = { publicKey: "b8kP7A1e67s0jc3h98T8pH71dq66J0s3", privateKey: "PKp6z3jTcLeQNc1h3u9e0ffX77NY91adE12" };
const authtoken = "YjhrUDdBMWU2N3MwamMzaDk4VDhwSDcxZHE2NkowczM6UEtwNnozalRjTGVRTmMxaDN1OWUwZmZYNzdOWTkxYWRFMTI=";

test("the documented key pair makes the documented authtoken, and back", () => {
  expect(makeAuthtoken(keys)).toBe(authtoken);
  expect(parseAuthtoken(authtoken)).toEqual(keys);
  expect(parseAuthtoken(` ${authtoken.replace("=", "")}\n`)).toEqual(keys);
});

test("what is no authtoken is nothing, never a fault", () => {
  const encoded = (text: string): string => Buffer.from(text).toString("base64");
  const nearly = [
    encoded("nokeys"),
    encoded(`${keys.publicKey}:`),
    encoded(`:${keys.privateKey}`),
    encoded("a:b:c"),
    encoded("public key:private key"),
  ];
  for (const bad of [undefined, null, 7, {}, "", "!!!!", `${authtoken}x`, authtoken.replace("Y", "*"), ...nearly]) {
    expect(parseAuthtoken(bad)).toBeUndefined();
  }
  fc.assert(fc.property(fc.string(), (text) => parseAuthtoken(text) === undefined || parseAuthtoken(text)?.publicKey !== ""));
});

test("the security token has four parts, with the amount's digits as they stand in the order", () => {
  expect(securityToken(keys, 3021, 6_051_900n)).toBe(
    "YjhrUDdBMWU2N3MwamMzaDk4VDhwSDcxZHE2NkowczM6UEtwNnozalRjTGVRTmMxaDN1OWUwZmZYNzdOWTkxYWRFMTI6MzAyMTo2MDUxOTAw",
  );
  expect(securityToken(keys, 3029, 450_000n)).toBe(
    "YjhrUDdBMWU2N3MwamMzaDk4VDhwSDcxZHE2NkowczM6UEtwNnozalRjTGVRTmMxaDN1OWUwZmZYNzdOWTkxYWRFMTI6MzAyOTo0NTAwMDA=",
  );
});

test("the HMAC token covers order, amount and status and shows no key", () => {
  const token = hmacToken(keys.privateKey, 3021, 450_000n, "Accepted");
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  const others = [
    hmacToken(keys.privateKey, 3022, 450_000n, "Accepted"),
    hmacToken(keys.privateKey, 3021, 450_001n, "Accepted"),
    hmacToken(keys.privateKey, 3021, 450_000n, "Rejected"),
    hmacToken(`${keys.privateKey}x`, 3021, 450_000n, "Accepted"),
  ];
  expect(new Set([token, ...others]).size).toBe(5);
});

const form = { amount: 400000, currency: "NGN", order_product_id: "01447", callback_url: "https://shop.example/back", sp_id: null };

test("a checkout is signed over one line for each field, in the fixed order, missing ones empty", () => {
  const text =
    "amount=400000\namount_fx=\ncurrency=NGN\norder_product_id=01447\ncallback_url=https://shop.example/back\nproject_id=\nsp_id=\nsp_commission=\nseller_phone=\n";
  expect(canonicalCheckout(form)).toBe(text);
  expect(signCheckout(keys.privateKey, form)).toBe(createHmac("sha256", keys.privateKey).update(text).digest("hex"));
});

test("a signature fits its own form only: any changed field or key breaks it, a field outside the list does not", () => {
  const signature = signCheckout(keys.privateKey, form);
  expect(checkoutSignatureFits(keys.privateKey, { ...form, amount: "400000", email: "ada@example.com" }, signature)).toBe(true);
  expect(checkoutSignatureFits(keys.privateKey, form, signature?.toUpperCase())).toBe(true);
  for (const name of signedCheckoutFields) {
    expect(checkoutSignatureFits(keys.privateKey, { ...form, [name]: "other" }, signature)).toBe(false);
  }
  expect(checkoutSignatureFits(keys.publicKey, form, signature)).toBe(false);
  for (const bad of [undefined, null, "", 7, "00"]) expect(checkoutSignatureFits(keys.privateKey, form, bad)).toBe(false);
});

test("two different forms never read alike: a value with a line break cannot be signed", () => {
  expect(canonicalCheckout({ ...form, callback_url: "https://shop.example/\nproject_id=5" })).toBeUndefined();
  expect(signCheckout(keys.privateKey, { ...form, currency: "NGN\r" })).toBeUndefined();
  expect(canonicalCheckout({ ...form, sp_id: ["7"] })).toBeUndefined();
  const value = fc.string();
  const anyForm = fc.record(Object.fromEntries(signedCheckoutFields.map((name) => [name, value])));
  fc.assert(
    fc.property(anyForm, anyForm, (a, b) => {
      const [x, y] = [canonicalCheckout(a), canonicalCheckout(b)];
      return x === undefined || x !== y || signedCheckoutFields.every((name) => a[name] === b[name]);
    }),
  );
});

test("the redirect's signature covers both numbers", () => {
  expect(signRedirect(keys.privateKey, "1447", 3021)).not.toBe(signRedirect(keys.privateKey, "1447", 3022));
});
