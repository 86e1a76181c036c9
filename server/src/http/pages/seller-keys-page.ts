import { doneMessage, facts, note, table } from "./blocks.ts";
import { button, postForm } from "./form.ts";
import type { Hidden } from "./html.ts";
import { html } from "./html.ts";
import type { SignedInView } from "./seller-page.ts";
import { signedIn } from "./seller-page.ts";
import { lengthText, moment } from "./time.ts";

/** One key pair, without its secret. */
export interface KeyPairLine {
  readonly publicKey: string;
  readonly madeAt: Date;
  readonly lastUsedAt: Date | null;
  /** It stops working then; null: it is the current one. */
  readonly endsAt: Date | null;
}

/** The keys of the shop. The form posts `action=rotate` or, for a pair that is running out, `action=end` with `public_key`. */
export interface SellerKeysView extends SignedInView {
  readonly actionUrl: string;
  readonly hidden: Hidden;
  readonly keys: readonly KeyPairLine[];
  /** How long an old pair works beside a new one, in milliseconds. */
  readonly overlap: number;
  /** Just made, shown this one time; null otherwise. */
  readonly fresh: { readonly publicKey: string; readonly privateKey: string } | null;
  readonly done: string | null;
}

export function sellerKeysPage(view: SellerKeysView): string {
  const fresh =
    view.fresh !== null &&
    note(
      "good",
      "Your new private key",
      html`<p>Copy it now: this page shows it once, and nobody can show it again.</p>${facts([
        ["Public key", html`<code>${view.fresh.publicKey}</code>`],
        ["Private key", html`<code>${view.fresh.privateKey}</code>`],
      ])}`,
    );
  const ending = (key: KeyPairLine) =>
    key.endsAt === null
      ? "in use"
      : html`until ${moment(key.endsAt)}${postForm({
          url: view.actionUrl,
          hidden: { ...view.hidden, action: "end", public_key: key.publicKey },
          label: `End ${key.publicKey}`,
          body: html`<button class="quiet small">End it now</button>`,
        })}`;
  const body = html`<div class="head"><h1>Keys</h1><p class="muted">With these your shop speaks to this server.</p></div>${doneMessage(view.done)}${fresh}
<section class="block"><h2>Key pairs</h2>${table({
    caption: "Public keys",
    columns: ["Public key", "Made", "Last used", "Works"],
    empty: "There is no key pair yet.",
    rows: view.keys.map((key) => [
      html`<code>${key.publicKey}</code>`,
      moment(key.madeAt),
      key.lastUsedAt === null ? "never" : moment(key.lastUsedAt),
      ending(key),
    ]),
  })}<p class="muted">The public key stands in your checkout form; everybody can see it. The private key belongs on your server only: with it one can mark orders as delivered and cancel them. It can never accept a delivery for the buyer.</p></section>
<section class="block"><h2>Make a new pair</h2><p>The present pair goes on working for ${lengthText(view.overlap)} beside the new one, so that you can change your shop without a break: during that time both are valid. “Last used” tells you when nothing uses the old one any more.</p>${postForm({ url: view.actionUrl, hidden: { ...view.hidden, action: "rotate" }, body: button({ text: "Make a new key pair" }) })}</section>`;
  return signedIn(view, { title: "Keys", body });
}
