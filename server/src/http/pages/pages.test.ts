import { describe, expect, test } from "vitest";
import { gallery } from "../../../../tools/page-gallery.ts";
import { orderView, refunded, released, split } from "../../../../tools/page-samples-order.ts";
import { sampleTerms } from "../../../../tools/page-samples.ts";
import { refusalCatalogue, refuse } from "../../domain/refusals.ts";
import type { RefusalCode } from "../../domain/refusals.ts";
import { stylesheet } from "./assets.ts";
import { checkoutTerms } from "./checkout-terms.ts";
import { errorPage, refusalView } from "./error-page.ts";
import { orderPage } from "./order-page.ts";
import type { AllowedStep, PageAction } from "./order-view.ts";

const actionsIn = (page: string): string[] => [...page.matchAll(/name="action" value="([a-z_]+)"/g)].map((match) => match[1] ?? "");

describe.each(gallery())("page $name", ({ html }) => {
  test("holds no script, no style, no handler and no frame of its own", () => {
    const tags = html.match(/<[a-z][^>]*>/gi) ?? [];
    expect(tags.length).toBeGreaterThan(20);
    for (const tag of tags) {
      expect(tag).not.toMatch(/^<(script|style|iframe|object|embed|base|img)\b/i);
      expect(tag.replace(/"[^"]*"/g, '""')).not.toMatch(/\s(on[a-z]+|style|srcdoc|formaction)\s*=/i);
      expect(tag).not.toMatch(/(href|action)="[^"]*javascript:/i);
    }
  });

  test("has one first heading, one main part, and each id once", () => {
    expect(html.match(/<h1/g)).toHaveLength(1);
    expect(html.match(/<main/g)).toHaveLength(1);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("sends what changes something by POST, and ties each label, hint and error to what is there", () => {
    for (const form of html.match(/<form[^>]*>/g) ?? []) expect(form).toMatch(/method="post"|aria-label="Filter"/);
    const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]));
    const named = [...html.matchAll(/ (?:for|aria-describedby)="([^"]+)"/g)].flatMap((match) => (match[1] ?? "").split(" "));
    const linked = [...html.matchAll(/ href="#([^"]+)"/g)].map((match) => match[1]);
    for (const id of [...named, ...linked]) expect([...ids]).toContain(id);
  });
});

test("every page has its own name in the gallery", () => {
  const names = gallery().map((sample) => sample.name);
  expect(new Set(names).size).toBe(names.length);
});

const all: readonly PageAction[] = [
  "agree",
  "open_checkout",
  "deliver",
  "accept",
  "redeliver",
  "agree_split",
  "reject",
  "confirm_return",
  "replace",
  "offer_redelivery",
  "offer_split",
  "contest_return",
  "contest_silence",
  "escalate",
  "withdraw_dispute",
  "cancel",
  "close_checkout",
  "expire",
  "object",
];

describe("what a party may do decides the forms", () => {
  const offer = { id: 51, party: "seller", buyerGets: 225_000n, expiresAt: new Date(0) } as const;

  test("nothing allowed, no form", () => {
    for (const state of ["funded", "delivered", "rejected", "disputed", "completed"] as const) {
      expect(actionsIn(orderPage(orderView({ state }, [])))).toEqual([]);
    }
  });

  test.each(all)("%s alone allowed gives its form alone", (action) => {
    const kind = action === "redeliver" ? "redelivery" : "split";
    for (const viewer of ["buyer", "seller"] as const) {
      const page = orderPage(orderView({ state: "rejected" }, [{ action, gets: split }], { viewer, offer: { ...offer, kind } }));
      expect(actionsIn(page)).toEqual([action]);
    }
  });

  test("an action without a form gives none", () => {
    expect(actionsIn(orderPage(orderView({}, [{ action: "assign_provider" }, { action: "amend" }, { action: "rule" }])))).toEqual([]);
  });

  test("an offer is accepted by its number, and not without an offer", () => {
    const allowed: AllowedStep[] = [{ action: "agree_split", gets: split }];
    expect(actionsIn(orderPage(orderView({ state: "rejected" }, allowed)))).toEqual([]);
    expect(orderPage(orderView({ state: "rejected" }, allowed, { offer: { ...offer, kind: "split" } }))).toContain(
      'name="offer" value="51"',
    );
  });

  test("a step that moves money shows who gets what, and it sums to what escrow holds", () => {
    const page = orderPage(orderView({ state: "delivered" }, [{ action: "accept", gets: released }]));
    expect(page).toContain("Who gets what: accept the delivery");
    expect(page).toMatch(/Together<\/th><td class="figure"><span class="money">NGN 4,500.00/);
  });

  test("cancelling says what comes back and what it costs", () => {
    const late = { ...refunded, buyer: 430_000n, seller: 20_000n };
    const page = orderPage(orderView({}, [{ action: "cancel", gets: late, fee: 20_000n }]));
    expect(page).toContain('You get <span class="money">NGN 4,300.00</span> back');
    expect(page).toContain('it costs <span class="money">NGN 200.00</span>');
  });

  test("a code is asked for where it is needed, and nowhere else", () => {
    const allowed: AllowedStep[] = [{ action: "accept", gets: released }, { action: "reject" }];
    expect(orderPage(orderView({ state: "delivered" }, allowed))).not.toContain('name="code"');
    const page = orderPage(orderView({ state: "delivered" }, allowed, { codeNeeded: ["accept"] }));
    expect(page.match(/name="code"/g)).toHaveLength(1);
    expect(actionsIn(page)).toEqual(["ask_code", "accept", "reject"]);
  });

  test("a split is offered in two steps: first who gets what, then the confirmation", () => {
    const first = orderPage(orderView({ state: "delivered" }, [{ action: "offer_split" }]));
    expect(first).toContain('id="offer_split-buyer_gets"');
    expect(first).not.toContain('name="confirm"');
    const second = orderPage(
      orderView({ state: "delivered" }, [{ action: "offer_split" }], { splitDraft: { amount: "2250.00", gets: split } }),
    );
    expect(second).toContain('type="hidden" name="buyer_gets" value="2250.00"');
    expect(second).toContain('name="confirm" value="yes"');
  });
});

describe("terms before paying", () => {
  const words = (change: Partial<typeof sampleTerms>): string =>
    checkoutTerms({ bookCurrency: "NGN", terms: { ...sampleTerms, ...change } }).toString();

  test("silence after delivery is said as the terms have it", () => {
    expect(words({ acceptAfter: null })).toContain("Without an answer the deposit goes back less the escrow fee");
    expect(words({ acceptAfter: 3 * 86_400_000 })).toContain("Without an answer the delivery counts as accepted");
  });

  test("free cancelling, its end and its fee are said as the terms have them", () => {
    expect(words({ freeCancelFor: null })).toContain("Free of charge at any time");
    expect(words({})).toContain("Free of charge for 2 days after the payment");
    expect(words({})).toContain("NGN 200.00");
    expect(words({ policy: "replacement" })).toContain("After that only the seller can cancel");
  });

  test("the days to deliver are said", () => {
    expect(words({ maxDeliveryDays: 1 })).toContain("within 1 day of the payment");
  });
});

test("every refusal becomes a page that says what happened and what to do next", () => {
  for (const code of Object.keys(refusalCatalogue) as RefusalCode[]) {
    const view = refusalView(refuse(code), { sandbox: false, requestId: null });
    expect(view.happened).toBe(refusalCatalogue[code].says);
    expect(errorPage(view)).toContain("What you can do");
  }
});

test("the stylesheet loads nothing from anywhere", () => {
  expect(stylesheet.text).not.toMatch(/url\(|@import/);
  expect(stylesheet.text.length).toBeGreaterThan(1_000);
});
