import type { Got, Play } from "./demo-play.ts";
import { dataOf, DemoFailed, isObject, said } from "./demo-wire.ts";
import { kobo } from "./table.ts";

/** What a milestone must give to whom: the documented figures for 400,000 kobo of product, in kobo. */
export interface Milestone {
  readonly name: string;
  readonly order: number;
  readonly got: Got;
  readonly expected: Got;
}

/** The rail's fee of a payment of 450,000 kobo in the documented figures. */
export const documentedRailFee = 16_750;
const payoutFee = 5_000;
const refunded: Got = { buyer: 450_000, seller: 0, provider: 0, escrowFee: 0, payoutFee: 0, railFee: 0 };

/** What is left is shared 20 to 80; documented are 75,650 and 302,600, and after the ruling 41,583 and 166,333. */
function shared(buyer: number, escrowFee: number, railFee: number): Got {
  const left = 450_000 - buyer - escrowFee - payoutFee - railFee;
  const seller = Math.floor(left / 5);
  return { buyer, seller, provider: left - seller, escrowFee, payoutFee, railFee };
}

/** The documented figures, for a rail that takes that fee of 450,000 kobo. */
const acceptedAt = (railFee: number): Got => shared(0, 50_000, railFee);
const ruledAt = (railFee: number): Got => shared(200_000, 27_778, Math.round((railFee * 250) / 450));

/** Three milestones: accepted, sent back, and ruled upon. */
export async function playAll(play: Play): Promise<Milestone[]> {
  const project = await play.createProject();
  const provider = await play.createProvider();
  const first = await playAccepted(play, project, provider);
  return [first, await playRefunded(play, project), await playRuled(play, project, provider, first.got.railFee)];
}

async function playAccepted(play: Play, project: number, provider: number): Promise<Milestone> {
  const order = await play.payMilestone(project, "Foundation");
  await giveProvider(play, order, provider);
  await play.deliver(order);
  await showRefusal(play, project, order);
  await play.byLink("buyer", order, "accept", "Buyer accepts, by the link in the mail");
  const { got } = await play.completed(order);
  return { name: "1 accepted, provider at 20 %", order, got, expected: acceptedAt(got.railFee) };
}

/** The next milestone cannot be paid while this one is under way; the refusal has to name it and say what would free it. */
async function showRefusal(play: Play, project: number, order: number): Promise<void> {
  const refused = await play.openCheckout(project, "Walls");
  const sentence = said(refused);
  if (refused.status !== 409 || !sentence.includes(String(order))) {
    throw new DemoFailed(
      `The next milestone's checkout should have been refused in the name of order ${order}, but: ${refused.status} ${sentence}`,
    );
  }
  play.tell("Buyer tries to pay the next one already", "POST /pay", `${refused.status}: ${sentence}`);
}

async function playRefunded(play: Play, project: number): Promise<Milestone> {
  const order = await play.payMilestone(project, "Walls");
  await play.deliver(order);
  await play.byLink("buyer", order, "reject", "Buyer rejects: damaged", { reason: "damaged", comment: "The bricks are broken." });
  await play.byLink("seller", order, "confirm_return", "Seller confirms that the goods came back");
  const { got } = await play.completed(order);
  return { name: "2 rejected and returned", order, got, expected: refunded };
}

async function playRuled(play: Play, project: number, provider: number, railFee: number): Promise<Milestone> {
  const order = await play.payMilestone(project, "Roof");
  await giveProvider(play, order, provider);
  await play.deliver(order);
  await play.byLink("buyer", order, "reject", "Buyer rejects: incomplete", { reason: "incomplete", comment: "Half of it is missing." });
  await play.byLink("seller", order, "contest_return", "Seller contests", { comment: "All of it stands." });
  await play.byLink("buyer", order, "escalate", "Buyer asks the operator to decide");
  const preview = await play.preview(order, 200_000);
  const parts = ["buyer", "seller", "provider", "escrowFeeKept", "payoutFee"].map(
    (name) => `${name === "escrowFeeKept" ? "escrow fee" : name === "payoutFee" ? "payout fee" : name} ${kobo(Number(preview[name]))}`,
  );
  play.tell("Operator looks what a ruling would do", "POST /operator/api/orders/:seller/:order/preview", parts.join(", "));
  await play.rule(order, 200_000);
  const { got } = await play.completed(order);
  const promised = (name: string) => Number(preview[name]);
  if (got.buyer !== promised("buyer") || got.seller !== promised("seller") || got.provider !== promised("provider")) {
    throw new DemoFailed(`The ruling gave something else than its preview showed: ${JSON.stringify(got)}`);
  }
  return { name: "3 disputed and ruled upon", order, got, expected: ruledAt(railFee) };
}

async function giveProvider(play: Play, order: number, provider: number): Promise<void> {
  const path = "/api/serviceprovider/order/update";
  await play.seller("the commission", path, { order_id: order, sp_id: provider, commisson: 20 });
  play.tell("Seller keeps 20 %, the provider gets the rest", `POST ${path}`, `order ${order}: ${(await play.look(order)).state}`);
}

export interface Books {
  readonly entries: number;
  readonly postings: number;
  readonly findings: readonly string[];
  readonly solvency: readonly string[];
  readonly ok: boolean;
}

/** The proof of the books, as the sandbox gives it. */
export async function readBooks(play: Play): Promise<Books> {
  const report = dataOf(await play.wire.get("/sandbox/verify"), "the proof of the books");
  const list = (name: string) => (Array.isArray(report[name]) ? (report[name] as unknown[]).filter(isObject) : []);
  return {
    ok: report["ok"] === true,
    entries: Number(report["entries"]),
    postings: Number(report["postings"]),
    findings: list("findings").map((finding) => String(finding["says"])),
    solvency: list("solvency").map(
      (row) =>
        `${String(row["currency"])}: held ${kobo(Number(row["held"]))}, owed ${kobo(Number(row["owed"]))}, over ${kobo(Number(row["surplus"]))}`,
    ),
  };
}
