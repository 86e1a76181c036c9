import { must } from "../../src/domain/fault.ts";
import type { SeededSeller } from "../../src/sandbox/seed.ts";
import { plainBrowser } from "../clients/plain-browser.ts";
import type { PlainBrowser, Seen } from "../clients/plain-browser.ts";

/** Pays on the hosted page and on the bank's, wherever the browser is led; answers where it ended. */
export async function payThere(browser: PlainBrowser, contact: { readonly email: string; readonly phone: string }): Promise<Seen> {
  await browser.press("Pay NGN", { buyer_email: contact.email, buyer_phone: contact.phone });
  return browser.press("Pay successfully");
}

/** Opens the newest link that was sent to the buyer and presses a button there; letters come a moment after what they tell, so it looks again. */
export async function answerLetter(url: string, to: string, words: string, typed: Readonly<Record<string, string>> = {}): Promise<Seen> {
  const browser = plainBrowser();
  for (let looks = 0; looks < 100; looks += 1) {
    const { data } = (await (await fetch(`${url}/sandbox/mailbox?to=${encodeURIComponent(to)}`)).json()) as { data: { body: string }[] };
    const link = data.map((letter) => /http:\/\/\S+\/o\/[\w-]+/.exec(letter.body)?.[0]).find((one) => one !== undefined);
    if (link !== undefined) await browser.open(link);
    if (browser.has(words)) return browser.press(words, typed);
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
  throw new Error(`no letter to ${to} leads to a button ${words}`);
}

/** The seller signs in and stores an address for notifications on the settings page, as a person does it. */
export async function storeCallback(url: string, seller: SeededSeller, callbackUrl: string): Promise<void> {
  const browser = plainBrowser();
  await browser.open(`${url}/seller/login`);
  await browser.press("Sign in", { email: seller.email, password: seller.password });
  await browser.open(`${url}/seller/settings`);
  const saved = await browser.press("Save", { callback_url: callbackUrl });
  must(saved.status === 200 || undefined, `the settings saved, not ${saved.status} ${saved.text}`);
}
