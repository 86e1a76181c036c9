// What docs/lifecycle.md says beside the tables, in people's words.

export const introductions: Readonly<Record<string, { readonly title: string; readonly text: string }>> = {
  order: {
    title: "Order",
    text: `One escrow transaction. The buyer's money goes into the order's escrow account when the order is funded, and leaves it when the order
ends: by the parties' own doing, by a deadline, by the operator's ruling, or by the buyer's bank. Every ending empties escrow in one journal
entry; afterwards the order waits only for its payouts and refunds, and is completed when all of them have succeeded. Orders agreed between
two persons, and planned milestones, begin as proposed; a shop's order begins with its checkout. A milestone is an order of a project.`,
  },
  payment: {
    title: "Payment",
    text: `One try of a buyer to pay. A receipt is a fact and is never refused: it is taken even for a payment believed failed or abandoned,
and for an order in any state. What fits no order, or comes late, twice, short or in another currency, is kept as unapplied money and goes back.
Money with a reference that nobody knows stands in the house's own book until the operator hands it over or gives it back.`,
  },
  disbursement: {
    title: "Disbursement: payout and refund",
    text: `Money on its way out, to a payee or back to the buyer. The decision to pay is taken once, when it is queued; sending it may take several
attempts. What the rail has not answered for is looked up, never sent again. Where only the payee can help (no account, details that were
refused, a waiting time) it is parked, and its order counts as discharged, so that the project's next milestone may begin.`,
  },
  offer: {
    title: "Offer",
    text: `One party's proposal about an order, that the other accepts by its number: a second delivery, or a split of the money. An operator's
ruling above the limit is kept as an offer too, until a second operator rules the same. An order has at most one open offer; a new one replaces
it (a party's never an operator's ruling), any change of the order's state voids it, and it never stops a clock.`,
  },
  hold: {
    title: "Hold",
    text: `A named reason that stops sending money over an order, a project, a payee or a seller. It moves no money and stops no decision; only the
hold of a running chargeback also stops the order's clock.`,
  },
  project: {
    title: "Project",
    text: `What one buyer agreed with one seller, done in milestones, one live milestone at a time. It holds no money of its own; closed, it takes
no more checkouts.`,
  },
  provider: {
    title: "Service provider",
    text: "A payee of a seller. Removing one keeps the record, because orders and payouts go on naming it.",
  },
  seller: { title: "Seller", text: "A seller's record. Its settings change only by steps, because decisions read them." },
  book: {
    title: "Book",
    text: "One seller's ledger. These steps are the operator's own postings and the rail's settlements; everything else that is posted belongs to a step above.",
  },
};

/** What each row's movement means. The amounts are worked out in docs/ledger.md. */
export const moveSentences: Readonly<Record<string, string>> = {
  none: "–",
  // order
  into_escrow: "what the checkout asked goes into escrow",
  release: "escrow to the seller's side, less the fees",
  refund: "escrow to the buyer, all of it",
  refund_less_late_fee: "escrow to the buyer; after free_cancel_until less the cancellation fee, which goes to the seller's side",
  refund_less_escrow_fee: "escrow to the buyer, less the escrow fee",
  refund_less_reason_fee: "escrow to the buyer; for a reason that the terms list, less the cancellation fee",
  split: "escrow to both sides, the buyer's part as named",
  reverse_ruling: "the ruling's entry is turned round, queued payouts are cancelled",
  escrow_to_rail: "all that escrow holds to the rail",
  part_to_rail: "the lost part from escrow to the rail; it counts as paid to the buyer",
  recover: "what was not sent yet to the rail; the seller owes the rest; what was refunded already is the platform's loss",
  // payment
  receipt: "from the rail into escrow, or to the payment's unapplied money",
  taken_back: "the rail takes the disputed amount (where it does so at once)",
  given_back: "the rail gives it back (where it had taken it)",
  lost: "what the disputed money pays for: see the order's charge_back",
  out_of_house: "out of the house's book; the same arrives in the seller's",
  unapplied_out: "the unapplied money is queued as a refund",
  // disbursement
  sent: "from the account it waits in to the rail's outgoing",
  sent_arrived: "from outgoing out of our balance at the rail, and the rail's cost",
  sent_came_back: "from outgoing back to the account it waited in",
  arrived_came_back: "from our balance at the rail back to the account it waited in",
  // book
  book: "as named: settled money, float, fees taken out, money changed, or a debt written off",
};

/** Needs of the machines that have no judge of their own: their actions ask. */
export const otherNeeds: Readonly<Record<string, { readonly says: string }>> = {
  no_milestone_holds_money: { says: "no milestone of it holds money" },
  stays_solvent: { says: "what the rails hold still covers what is owed to the parties" },
};

/** The deadlines of an order, in the order of its life. */
export const deadlineRows: readonly { readonly name: string; readonly from: string; readonly usual: string; readonly after: string }[] = [
  { name: "agree_by", from: "the last version of the terms, and again from the agreement", usual: "30 days", after: "expire" },
  {
    name: "pay_by",
    from: "the opening of the checkout",
    usual: "24 hours; 72 hours by bank transfer",
    after: "expire, or close_checkout where it was agreed beforehand",
  },
  {
    name: "free_cancel_until",
    from: "funded",
    usual: "the seller's sla; none set: the buyer may always cancel free of charge",
    after: "cancelling costs the cancellation fee",
  },
  {
    name: "deliver_by",
    from: "funded, and again from the agreement on a second delivery",
    usual: "7 days (max_delivery_days)",
    after: "lapse",
  },
  {
    name: "respond_by",
    from: "delivered",
    usual: "the later of deliver_by and 48 hours after delivery; reminders at 50 % and 90 %",
    after: "lapse",
  },
  { name: "accept_by", from: "delivered, only with auto-acceptance in the terms", usual: "at least 3 days", after: "accept" },
  { name: "return_by", from: "rejected; an open offer does not stop it", usual: "7 days", after: "confirm_return" },
  { name: "escalate_by", from: "contested", usual: "5 days", after: "escalate" },
  { name: "rule_by", from: "disputed", usual: "14 days", after: "the operator is alarmed; no clock ever pays here" },
];
