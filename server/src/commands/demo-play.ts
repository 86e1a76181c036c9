import type { FormFields, WireAnswer, Wire } from "./demo-wire.ts";
import { dataOf, DemoFailed, isObject, said, until } from "./demo-wire.ts";
import type { SandboxFile } from "./sandbox-file.ts";

/** One line of the demo's table. */
export interface Step {
  readonly what: string;
  readonly call: string;
  readonly answer: string;
}

export interface Contact {
  readonly email: string;
  readonly phone: string;
}

export interface OrderState {
  readonly state: string;
  /** Where the order's money went, in kobo. Of the parties only what has arrived, as their payouts and refunds say. */
  readonly got: Got;
}

export interface Got {
  readonly buyer: number;
  readonly seller: number;
  readonly provider: number;
  readonly escrowFee: number;
  readonly payoutFee: number;
  /** Of the rail's fee, what the parties bore. */
  readonly railFee: number;
}

/** What seller, buyer and operator do, each the way a real one would, and the line that tells of it. */
export class Play {
  readonly steps: Step[] = [];
  readonly wire: Wire;
  readonly buyer: Contact;
  readonly #authtoken: string;
  readonly #seller: SandboxFile["sellers"][number];
  readonly #dollars: boolean;
  #sellerId = 0;
  #shopOrder: number;

  /** `dollars`: the shop's prices stand in US dollars, and the service provider is paid in them, at Wise. */
  constructor(wire: Wire, sandbox: SandboxFile, buyer: Contact, shopOrder: number, dollars = false) {
    const seller = sandbox.sellers.find((one) => one.role === "business");
    if (seller === undefined) throw new DemoFailed("The sandbox has no business seller.");
    this.wire = wire;
    this.buyer = buyer;
    this.#seller = seller;
    this.#shopOrder = shopOrder;
    this.#dollars = dollars;
    this.#authtoken = Buffer.from(`${seller.public_key}:${seller.private_key}`).toString("base64");
  }

  tell(what: string, call: string, answer: string): void {
    this.steps.push({ what, call, answer });
  }

  /** A call with the seller's key pair; answers its `data` where that is an object. */
  async seller(what: string, path: string, fields: FormFields): Promise<Record<string, unknown>> {
    const answer = await this.wire.post(path, { authtoken: this.#authtoken, ...fields });
    const data = answer.json?.["data"];
    if (answer.status !== 200) throw new DemoFailed(`${what} was answered with ${answer.status}: ${said(answer)}`);
    return isObject(data) ? data : {};
  }

  async signInOperator(operator: SandboxFile["operator"]): Promise<void> {
    const data = dataOf(await this.wire.post("/operator/api/session", { ...operator }), "the operator's sign-in");
    this.wire.signedIn(String(data["token"]));
  }

  async createProject(): Promise<number> {
    const path = "/api/project/createProject";
    const contact = { customer_email: this.buyer.email, customer_phone: this.buyer.phone };
    const data = await this.seller("the project", path, { project_name: "A house", description: "Foundation, walls, roof", ...contact });
    this.#sellerId = Number(data["seller_id"]);
    this.tell("Seller makes a project of three milestones", `POST ${path}`, `project ${String(data["id"])}`);
    return Number(data["id"]);
  }

  async createProvider(): Promise<number> {
    const path = "/api/serviceprovider/create";
    const account = this.#dollars
      ? { type: 2, account_type: "wise", account_id: "emeka" }
      : {
          type: 1,
          bank_code: "058",
          nip_bank_code: "000013",
          bank_name: "Guaranty Trust Bank",
          bank_account_number: "0123456789",
          bank_account_name: "Emeka Obi",
        };
    const data = await this.seller("the service provider", path, {
      firstname: "Emeka",
      lastname: "Obi",
      phone: this.#dollars ? "+2348035550002" : "+2348035550001",
      email: "mason@demo.tranche.test",
      ...account,
    });
    this.tell("Seller names a service provider", `POST ${path}`, `service provider ${String(data["id"])}`);
    return Number(data["id"]);
  }

  /** Posts the shop's form, as the buyer's browser does. */
  openCheckout(project: number, product: string): Promise<WireAnswer> {
    this.#shopOrder += 1;
    return this.wire.post("/pay", {
      token: this.#seller.public_key,
      project_id: project,
      email: this.buyer.email,
      phone_number: this.buyer.phone,
      type: 1,
      customer_firstname: "Ngozi",
      customer_lastname: "Bello",
      // The same kobo either way: what the dollars are worth at the documented 410 naira.
      ...(this.#dollars ? { currency: "USD", amount_fx: "9.76" } : { currency: "NGN" }),
      amount: 400_000,
      order_product_id: this.#shopOrder,
      order_product_name: product,
      delivery_date: "2030-01-31 12:00:00",
      delivery_location: "Lagos, NG",
    });
  }

  /** The whole payment of a milestone; answers its order. */
  async payMilestone(project: number, product: string): Promise<number> {
    const opened = await this.openCheckout(project, product);
    if (opened.status !== 303 || opened.location === null)
      throw new DemoFailed(`The checkout of ${product} was answered with ${opened.status}: ${said(opened)}`);
    this.tell(`Buyer opens the checkout: ${product}`, "POST /pay", `${opened.status} to the hosted page`);
    const confirmed = await this.wire.post(opened.location, { buyer_email: this.buyer.email, buyer_phone: this.buyer.phone });
    if (confirmed.status !== 303 || confirmed.location === null)
      throw new DemoFailed(`The hosted page answered ${confirmed.status}: ${said(confirmed)}`);
    this.tell("Buyer confirms contacts on the hosted page", "POST /pay/:token", `${confirmed.status} to the rail's page`);
    const paidBy = await this.#pay(confirmed.location);
    const order = await until(() => this.#findOrder(project, product));
    if (order === undefined) throw new DemoFailed(`The payment of ${product} did not arrive within ten seconds.`);
    const { state } = await this.look(order);
    this.tell("Buyer pays 450,000 kobo", paidBy, `order ${order}: ${state}`);
    return order;
  }

  /** Pays on the sandbox rail's page, or on that of an emulated rail on this machine; answers the call that did it. */
  async #pay(page: string): Promise<string> {
    const { hostname, pathname } = new URL(page, "http://sandbox.invalid");
    if (pathname.startsWith("/sandbox/rail/")) {
      const played = await this.wire.post(`/sandbox/payments/${pathname.split("/").at(-1) ?? ""}`, { outcome: "success" });
      if (played.status !== 200) throw new DemoFailed(`The sandbox rail answered ${played.status}: ${said(played)}`);
      return "POST /sandbox/payments/:reference";
    }
    if (hostname !== "127.0.0.1" && hostname !== "localhost")
      throw new DemoFailed(
        `This sandbox's payments are taken at ${hostname}, where the demo pays nothing: it plays with the sandbox rail or an emulated one.`,
      );
    const played = await fetch(`${page}?act=pay`, { redirect: "manual" });
    if (played.status >= 400) throw new DemoFailed(`The emulated rail's page answered ${played.status}.`);
    return "the emulated rail's page";
  }

  async #findOrder(project: number, product: string): Promise<number | undefined> {
    const answer = await this.wire.post("/api/project/getExternalProjects", { authtoken: this.#authtoken });
    const projects: unknown = answer.json?.["data"];
    const mine: unknown = Array.isArray(projects) ? projects.find((one: unknown) => isObject(one) && one["id"] === project) : undefined;
    const milestones: unknown = isObject(mine) ? mine["transaction"] : undefined;
    const paid: unknown = Array.isArray(milestones)
      ? milestones.find((one: unknown) => isObject(one) && one["product_name"] === product)
      : undefined;
    return isObject(paid) ? Number(paid["id"]) : undefined;
  }

  async deliver(order: number): Promise<void> {
    const path = "/api/callback/order";
    await this.seller("the delivery", path, { order, status: "delivered", phone_number: this.buyer.phone, email: this.buyer.email });
    this.tell("Seller delivers", `POST ${path} status=delivered`, `order ${order}: ${(await this.look(order)).state}`);
  }

  /** Acts through the link in the party's newest letter. */
  async byLink(party: "buyer" | "seller", order: number, action: string, what: string, fields: FormFields = {}): Promise<void> {
    const to = party === "buyer" ? this.buyer.email : this.#seller.email;
    const link = await until(() => this.#currentLink(to, order));
    if (link === undefined) throw new DemoFailed(`No letter with a link for order ${order} came to ${to} within ten seconds.`);
    const done = await this.wire.post(link, { action, ...fields });
    if (done.status !== 200) throw new DemoFailed(`${action} was answered with ${done.status}: ${said(done)}`);
    this.tell(what, `POST /o/:token action=${action}`, `order ${order}: ${(await this.look(order)).state}`);
  }

  async #currentLink(to: string, order: number): Promise<string | undefined> {
    const answer = await this.wire.get(`/sandbox/mailbox?to=${encodeURIComponent(to)}`);
    const letters: unknown = answer.json?.["data"];
    const newest: unknown = Array.isArray(letters)
      ? letters.find((one: unknown) => isObject(one) && one["channel"] === "email" && String(one["subject"]).startsWith(`Order ${order}:`))
      : undefined;
    const link = isObject(newest) ? /\/o\/[\w-]+/.exec(String(newest["body"]))?.[0] : undefined;
    // The letter that belongs to the order's present state may still be on its way; an older link has ended.
    return link !== undefined && (await this.wire.get(link)).status === 200 ? link : undefined;
  }

  /** The order as the operator sees it. */
  async look(order: number): Promise<OrderState> {
    const data = dataOf(await this.wire.get(`/operator/api/orders/${this.#sellerId}/${order}`), `order ${order}`);
    const shown = isObject(data["order"]) ? data["order"] : {};
    const ending = isObject(shown["ending"]) ? shown["ending"] : {};
    const sends = Array.isArray(data["disbursements"]) ? (data["disbursements"] as unknown[]).filter(isObject) : [];
    const arrived = (payee: string) =>
      sends
        .filter((one) => one["state"] === "succeeded" && one["payeeKind"] === payee)
        .reduce((sum, one) => sum + Number(one["amount"]), 0);
    const fee = (name: string) => Number(ending[name] ?? 0);
    return {
      state: String(shown["state"]),
      got: {
        buyer: arrived("buyer"),
        seller: arrived("seller"),
        provider: arrived("service_provider"),
        escrowFee: fee("escrowFee"),
        payoutFee: fee("payoutFee"),
        railFee: fee("railFee"),
      },
    };
  }

  /** Waits until every payout and refund of the order has arrived. */
  async completed(order: number): Promise<OrderState> {
    const done = await until(async () => {
      const now = await this.look(order);
      return now.state === "completed" ? now : undefined;
    });
    const found = done ?? (await this.look(order));
    this.tell("Money has arrived", `GET /operator/api/orders/${this.#sellerId}/${order}`, `order ${order}: ${found.state}`);
    return found;
  }

  async preview(order: number, buyerGets: number): Promise<Record<string, unknown>> {
    return dataOf(
      await this.wire.post(`/operator/api/orders/${this.#sellerId}/${order}/preview`, { buyer_gets: buyerGets }),
      "the preview",
    );
  }

  async rule(order: number, buyerGets: number): Promise<void> {
    const path = "/operator/api/actions/rule";
    const fields = { seller: this.#sellerId, order, buyer_gets: buyerGets, comment: "Half of the roof stands." };
    dataOf(await this.wire.post(path, fields), "the ruling");
    this.tell("Operator rules so", `POST ${path}`, `order ${order}: ${(await this.look(order)).state}`);
  }
}
