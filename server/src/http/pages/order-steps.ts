import { format } from "../../domain/currency.ts";
import { whoGetsWhat } from "./blocks.ts";
import type { FieldError } from "./form.ts";
import { button, postForm, selectField, textArea, textField } from "./form.ts";
import type { Html, Value } from "./html.ts";
import { html, safeAddress } from "./html.ts";
import { money } from "./money.ts";
import type { AllowedStep, OrderView, PageAction } from "./order-view.ts";
import type { Viewer } from "./order-words.ts";
import { reasonChoices } from "./order-words.ts";
import { lengthText, moment } from "./time.ts";

interface StepWords {
  readonly heading: string;
  readonly says: Value;
  readonly button: string;
  readonly look?: "main" | "quiet" | "danger";
}

type Words = (view: OrderView, step: AllowedStep) => StepWords | undefined;

/** The actions that have a form, in the order in which a page shows them. */
const steps: readonly (readonly [PageAction, Words])[] = [
  [
    "agree",
    () => ({ heading: "Agree", says: "You agree to the terms on this page. The buyer can pay then.", button: "Agree to this order" }),
  ],
  ["open_checkout", () => ({ heading: "Pay", says: "You see every amount once more before you pay.", button: "Go to the checkout" })],
  [
    "deliver",
    () => ({
      heading: "Delivered?",
      says: "Say so when the buyer has it. The buyer is then asked to accept or reject.",
      button: "It is delivered",
    }),
  ],
  ["accept", acceptWords],
  ["redeliver", redeliverWords],
  ["agree_split", agreeSplitWords],
  [
    "reject",
    () => ({
      heading: "Reject the delivery",
      says: "Nothing is paid then. The seller answers, and your money stays in escrow until it is clear who gets it.",
      button: "Reject the delivery",
      look: "danger",
    }),
  ],
  ["confirm_return", confirmReturnWords],
  [
    "replace",
    () => ({
      heading: "Send a replacement",
      says: "You deliver once more, and the money stays in escrow until the buyer answers. This is possible once.",
      button: "Promise a replacement",
      look: "quiet",
    }),
  ],
  [
    "offer_redelivery",
    (view) => ({
      heading: "Offer a second delivery",
      says: `The buyer has ${lengthText(view.order.terms.offerFor)} to accept. The offer does not stop the order’s time limits.`,
      button: "Offer a second delivery",
      look: "quiet",
    }),
  ],
  ["offer_split", offerSplitWords],
  [
    "contest_return",
    () => ({
      heading: "Contest the rejection",
      says: "Say so if the goods did not come back, or not in good condition. The money stays in escrow, and you look for a solution with the buyer first.",
      button: "Contest the rejection",
      look: "quiet",
    }),
  ],
  [
    "contest_silence",
    () => ({
      heading: "Contest the buyer’s silence",
      says: "The buyer has not answered, and without an answer the money goes back. If you can show that you delivered, contest it: the money stays in escrow until it is settled.",
      button: "Contest the silence",
      look: "quiet",
    }),
  ],
  [
    "escalate",
    () => ({
      heading: "Ask for a decision",
      says: "The operator looks at what both sides say and decides who gets the money.",
      button: "Hand it to the operator",
      look: "quiet",
    }),
  ],
  ["withdraw_dispute", withdrawWords],
  ["cancel", cancelWords],
  [
    "close_checkout",
    () => ({
      heading: "Close the checkout",
      says: "The order goes back to agreed; it can be paid later.",
      button: "Close the checkout",
      look: "quiet",
    }),
  ],
  [
    "expire",
    () => ({ heading: "Give the order up", says: "Nothing was paid. The order ends.", button: "Give the order up", look: "danger" }),
  ],
  [
    "object",
    () => ({
      heading: "Did you cancel this order?",
      says: "The seller’s shop cancelled in your name, and that cost you a fee. If it was not you, say so: the fee is held back until the operator has looked at it.",
      button: "I did not cancel",
      look: "danger",
    }),
  ],
];

/** The forms of everything this party may do now, and of nothing else. */
export function stepForms(view: OrderView): Html {
  const forms = steps.flatMap(([action, words]) => {
    const step = view.allowed.find((one) => one.action === action);
    const said = step === undefined ? undefined : words(view, step);
    return step === undefined || said === undefined ? [] : [stepForm(view, step, said)];
  });
  if (forms.length === 0) return html``;
  return html`<section class="block"><h2>What you can do now</h2>${codeForm(view)}${forms}</section>`;
}

function stepForm(view: OrderView, step: AllowedStep, words: StepWords): Html {
  const fields = html`${ownFields(view, step.action)}${codeField(view, step.action)}${button({ text: words.button, look: words.look ?? "main" })}`;
  const hidden = { ...view.hidden, action: step.action, ...ownHidden(view, step.action) };
  const back =
    step.action === "offer_split" && view.splitDraft !== null && html`<p><a href="${safeAddress(view.actionUrl)}">Back, change it</a></p>`;
  return html`<section class="step"><h3>${words.heading}</h3><p>${words.says}</p>${preview(view, step, words)}${postForm({
    url: view.actionUrl,
    hidden,
    body: fields,
    label: words.heading,
  })}${back}</section>`;
}

function preview(view: OrderView, step: AllowedStep, words: StepWords): Html {
  const gets = step.action === "offer_split" ? view.splitDraft?.gets : step.gets;
  return html`${gets !== undefined && whoGetsWhat(gets, `Who gets what: ${words.heading.toLowerCase().replace(/\?$/, "")}`, view.viewer)}`;
}

/** Errors and typed text belong to one form of the page. */
function of(view: OrderView, form: string): { readonly errors: readonly FieldError[]; readonly typed: Readonly<Record<string, string>> } {
  return view.tried === form ? { errors: view.errors, typed: view.typed } : { errors: [], typed: {} };
}

function ownFields(view: OrderView, action: PageAction): Value {
  const { errors, typed } = of(view, action);
  if (action === "reject") {
    return html`${selectField({ name: "reason", label: "Why?", form: action, choices: reasonChoices, empty: "Choose a reason", value: typed["reason"] ?? "", required: true, hint: reasonHint(view), errors })}
${textArea({ name: "comment", label: "What is wrong? (optional)", form: action, hint: "The seller reads this, and the operator if it comes to a decision.", value: typed["comment"] ?? "", maxlength: 2000, errors })}`;
  }
  if (["cancel", "contest_return", "contest_silence", "escalate"].includes(action)) {
    return textArea({
      name: "comment",
      label: "Comment (optional)",
      form: action,
      value: typed["comment"] ?? "",
      rows: 2,
      maxlength: 2000,
      errors,
    });
  }
  if (action !== "offer_split" || view.splitDraft !== null) return null;
  const most = format(view.order.amount, view.order.bookCurrency);
  const hint = html`In ${view.order.bookCurrency}, between 0 and ${most}. The rest, less fees, goes to the seller’s side. You see who gets what before you offer it.`;
  return textField({
    name: "buyer_gets",
    label: "How much the buyer gets back",
    form: action,
    hint,
    inputmode: "decimal",
    short: true,
    required: true,
    value: typed["buyer_gets"] ?? "",
    errors,
  });
}

function ownHidden(view: OrderView, action: PageAction): Record<string, string> {
  if ((action === "redeliver" || action === "agree_split") && view.offer !== null) return { offer: String(view.offer.id) };
  if (action === "offer_split" && view.splitDraft !== null) return { buyer_gets: view.splitDraft.amount, confirm: "yes" };
  return {};
}

function reasonHint(view: OrderView): Value {
  const { cancellationFee, reasonsWithFee } = view.order.terms;
  if (cancellationFee === 0n || reasonsWithFee.length === 0) return undefined;
  const listed = reasonChoices.filter((choice) => reasonsWithFee.includes(choice.value)).map((choice) => choice.text);
  return html`A return for one of these reasons costs you ${money(cancellationFee, view.order.bookCurrency)}: ${listed.join(", ")}.`;
}

function codeField(view: OrderView, action: PageAction): Value {
  if (!view.codeNeeded.includes(action)) return null;
  const { errors } = of(view, action);
  const hint = view.codeSentTo === null ? "Ask for it above." : html`We sent it to ${view.codeSentTo}.`;
  return textField({
    name: "code",
    label: "One-time code",
    form: action,
    hint,
    inputmode: "numeric",
    autocomplete: "one-time-code",
    maxlength: 10,
    short: true,
    required: true,
    errors,
  });
}

/** Asks for the one-time code; posts `action=ask_code`. */
function codeForm(view: OrderView): Value {
  if (!view.allowed.some((step) => view.codeNeeded.includes(step.action))) return null;
  const sent =
    view.codeSentTo !== null && html`<p role="status">A code was sent to ${view.codeSentTo}. Enter it with the step you want to take.</p>`;
  return html`<section class="step"><h3>Your phone confirms it is you</h3><p>For steps that pay money out we first send a one-time code to the phone you confirmed.</p>${sent}${postForm(
    {
      url: view.actionUrl,
      hidden: { ...view.hidden, action: "ask_code" },
      body: button({ text: view.codeSentTo === null ? "Send me a code" : "Send me another code", look: "quiet" }),
      label: "One-time code",
    },
  )}</section>`;
}

function acceptWords(view: OrderView): StepWords {
  const again = view.order.state === "rejected" ? "You take your rejection back: the " : "The ";
  return {
    heading: "Accept the delivery",
    says: `${again}seller is paid, and that is final. Accept only what you have seen.`,
    button: "Accept and pay the seller",
  };
}

function redeliverWords(view: OrderView): StepWords | undefined {
  const { offer } = view;
  if (offer === null || offer.kind !== "redelivery") return undefined;
  const says = html`The seller offers to deliver once more. Your money stays in escrow until you answer. The offer is open until ${moment(offer.expiresAt)}.`;
  return { heading: "Accept a second delivery", says, button: "Accept the second delivery" };
}

function agreeSplitWords(view: OrderView, step: AllowedStep): StepWords | undefined {
  const { offer } = view;
  if (offer === null || offer.kind !== "split" || step.gets === undefined) return undefined;
  const says = html`The ${offer.party} offers to settle it so. It is final when you accept. The offer (number ${offer.id}) is open until ${moment(offer.expiresAt)}.`;
  return { heading: "Accept the offered split", says, button: "Accept this split" };
}

function confirmReturnWords(view: OrderView, step: AllowedStep): StepWords {
  const fee =
    (step.fee ?? 0n) > 0n &&
    html` The buyer’s reason costs a fee of ${money(step.fee ?? 0n, view.order.bookCurrency)}, which goes to your side.`;
  return {
    heading: "Confirm the return",
    says: html`The goods are back in good condition. The buyer gets the money back.${fee}`,
    button: "Confirm the return and refund",
  };
}

function offerSplitWords(view: OrderView): StepWords {
  const other = otherThan(view.viewer);
  if (view.splitDraft === null) {
    return {
      heading: "Offer a split",
      says: `You propose how to divide the money. Nothing moves until the ${other} accepts.`,
      button: "Show who gets what",
      look: "quiet",
    };
  }
  const says = `This is what you would offer. Nothing moves until the ${other} accepts, within ${lengthText(view.order.terms.offerFor)}. The offer does not stop the order’s time limits.`;
  return { heading: "Offer this split", says, button: "Make this offer" };
}

function withdrawWords(view: OrderView): StepWords {
  const buyer = view.viewer === "buyer";
  return {
    heading: "Give in",
    says: buyer
      ? "You end the disagreement in the seller’s favour. This is final."
      : "You end the disagreement in the buyer’s favour. This is final.",
    button: buyer ? "Give in: the seller is paid" : "Give in: the buyer is refunded",
    look: "danger",
  };
}

function cancelWords(view: OrderView, step: AllowedStep): StepWords {
  const { bookCurrency } = view.order;
  const fee = step.fee ?? 0n;
  const says =
    view.viewer === "buyer"
      ? html`The order ends. ${step.gets !== undefined && html`You get ${money(step.gets.buyer, bookCurrency)} back. `}${
          fee > 0n ? html`The time for free cancelling is over: it costs ${money(fee, bookCurrency)}.` : "Cancelling costs you nothing now."
        }`
      : "The order ends, and the buyer gets the money back.";
  return { heading: "Cancel the order", says, button: "Cancel the order", look: "danger" };
}

function otherThan(viewer: Viewer): string {
  return viewer === "buyer" ? "seller" : "buyer";
}
