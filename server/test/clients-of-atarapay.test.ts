import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBackend } from "./clients/docs-backend.ts";
import { plainBrowser } from "./clients/plain-browser.ts";
import { scriptPage } from "./clients/script-page.ts";
import { answerLetter, payThere, storeCallback } from "./setup/buyer.ts";
import { php } from "./setup/doc-blocks.ts";
import type { LiveTranche } from "./setup/live-shop.ts";
import { startTranche } from "./setup/live-shop.ts";
import { startPhpShop } from "./setup/php-shop.ts";
import { behaviours, startReceiver } from "./setup/receiver.ts";
import { eventually } from "./setup/shop.ts";

// Programs that know AtaraPay alone (server/test/clients), pointed at a running Tranche by host name and keys, over HTTP to the end.

const buyer = { email: "buyer@example.test", phone: "+2348031234567" };
let tranche: LiveTranche;
beforeAll(async () => {
  tranche = await startTranche();
}, 60_000);
afterAll(() => tranche.close());

const skipped = php ? "" : " (skipped: there is no php here)";

describe.skipIf(!php)(`a shop with AtaraPay's plugin${skipped}`, () => {
  let shop: Awaited<ReturnType<typeof startPhpShop>>;
  beforeAll(async () => {
    const { publicKey, privateKey } = tranche.keys;
    shop = await startPhpShop({ API_HOST: tranche.url, PLUGINS_HOST: tranche.url, PUBLIC_KEY: publicKey, PRIVATE_KEY: privateKey });
    await storeCallback(tranche.url, tranche.seller, `${shop.url}/wc-api/atarapay`);
  });
  afterAll(() => shop.close());

  /** From the shop's cart through the dialog and the hosted page back to the shop. */
  const buy = async (id: string, price: string, name = "A chair") => {
    const cart = await scriptPage(`${shop.url}/cart?${new URLSearchParams({ id, price, name }).toString()}`);
    await cart.press("Proceed to the escrow page");
    const browser = plainBrowser();
    await browser.open(cart.at());
    return payThere(browser, { email: "shopper@example.test", phone: "08031112222" });
  };
  const becomes = async (id: string, expected: object) => {
    await eventually(`order ${id} is ${JSON.stringify(expected)}`, async () => {
      const order = (await shop.order(id)) as Record<string, unknown> | undefined;
      return Object.entries(expected).every(([name, value]) => JSON.stringify(order?.[name]) === JSON.stringify(value));
    });
  };
  const answer = (words: string, typed: Readonly<Record<string, string>> = {}) =>
    answerLetter(tranche.url, "shopper@example.test", words, typed);

  test("sells for 19.99 by the script; delivered and accepted, its order is completed", async () => {
    const back = await buy("061", "19.99", `<b>Chair</b> & "table" ${"of a long name ".repeat(25)}`);
    expect(back.url).toMatch(new RegExp(`^${shop.url}/order-received\\?product=061&order=\\d+$`));
    expect(back.text).toContain("Thank you");
    await becomes("061", { status: "processing", shown: "Pending", heard: [] });
    await shop.get("/admin/change?id=061&status=delivered");
    await becomes("061", { status: "delivered", shown: "Awaiting Buyer Response", heard: ["Delivered"], note: "" });
    await answer("Accept");
    await becomes("061", { status: "completed", shown: "Accepted", heard: ["Delivered", "Accepted"] });
    const read = await tranche.call("/api/callback/order", { status: "order", order: (await shop.order("061"))?.escrow ?? "" });
    expect(read.data).toMatchObject({ product_cost: 1999, amount_payed: 51_999, product_id: "061" });
  });

  test("delivered a second time keeps the shop's status and shows the documented sentence", async () => {
    await shop.get("/admin/change?id=061&status=delivered");
    expect(await shop.order("061")).toMatchObject({
      status: "completed",
      note: "Invalid request to Process, Order has been already Processed",
    });
  });

  test("cancelled by the shopkeeper, it is told Canceled; never paid, or paid elsewhere, it is cancelled in peace", async () => {
    await buy("062", "4000");
    await shop.get("/admin/change?id=062&status=cancelled");
    await becomes("062", { status: "cancelled", shown: "Cancelled", heard: ["Canceled"] });
    for (const [id, escrow] of [
      ["063", ""],
      ["064", "wc_order_x7"],
    ] as const) {
      await shop.get(`/admin/change?id=${id}&status=cancelled&escrow=${escrow}`);
      expect(await shop.order(id)).toMatchObject({ status: "cancelled" });
    }
  });

  test("its admin page makes a provider and lists banks and providers; its rate is read", async () => {
    const page = JSON.parse(await shop.get("/admin/providers")) as { made: string; banks: object[]; providers: object[] };
    expect(page).toMatchObject({
      made: "success",
      providers: [{ firstname: "Musa", bank_account_number: "0123456789", bank_code: "058" }],
    });
    expect(page.banks).toContainEqual(expect.objectContaining({ code: "058", nip_bank_code: "000013" }));
    expect(Number(await shop.get("/admin/rate"))).toBeGreaterThan(0);
    expect(shop.complaints()).toEqual([]);
  });
});

describe("a backend built from the documents", () => {
  let backend: Awaited<ReturnType<typeof startBackend>>;
  beforeAll(async () => {
    backend = await startBackend({ apiHost: tranche.url, payHost: tranche.url, ...tranche.keys });
    await storeCallback(tranche.url, tranche.seller, `${backend.url}/notifications`);
  });
  afterAll(() => backend.close());

  const payFor = async (page: string) => {
    const browser = plainBrowser();
    await browser.open(page);
    await browser.press("Continue to escrow");
    return browser;
  };
  const sale = (product: string) => backend.sales.get(product);
  const escrowOf = (product: string) => String(sale(product)?.escrowOrder?.id);

  test("a project of two milestones with a provider and a commission, each paid, delivered and accepted in turn", async () => {
    const project = await backend.call<{ id: number; customer_id: number }>("/api/project/createProject", {
      project_name: "House",
      description: "Two milestones",
      customer_email: buyer.email,
      customer_phone: "08031234567",
    });
    const provider = await backend.call<{ id: number }>("/api/serviceprovider/create", {
      type: "1",
      bank_code: "058",
      nip_bank_code: "000013",
      bank_account_number: "0123456780",
      bank_account_name: "Tunde Ade",
      bank_name: "Guaranty Trust Bank",
      email: "tunde@example.test",
      phone: "08035554444",
      firstname: "Tunde",
      lastname: "Ade",
    });
    expect(await backend.call("/api/serviceprovider")).toContainEqual(expect.objectContaining({ id: provider.id, firstname: "Tunde" }));

    const first = await payFor(backend.sell("10000000017", 400_000, "Foundation", { project_id: String(project.id) }));
    const back = await payThere(first, buyer);
    expect([back.url.startsWith(`${backend.url}/payment/callback?product=10000000017&order=`), back.text]).toEqual([
      true,
      "Paid into escrow.",
    ]);
    const [commission] = await backend.call<{ commisson: number; order_id: number }[]>(
      "/api/serviceprovider/order/update",
      { commisson: "20", sp_id: String(provider.id), order_id: escrowOf("10000000017") },
      "PUT",
    );
    expect(commission).toMatchObject({ commisson: 20, order_id: Number(escrowOf("10000000017")) });

    // The second milestone waits for the first one.
    const early = await payFor(backend.sell("10000000018", 600_000, "Walls", { project_id: String(project.id) }));
    expect([early.seen().status, early.seen().text]).toEqual([409, expect.stringContaining("Foundation") as string]);

    for (const product of ["10000000017", "10000000018"]) {
      if (sale(product)?.state === "waiting") await payThere(await payFor(`${backend.url}/pay/${product}`), buyer);
      expect(sale(product)?.state).toBe("paid");
      await backend.call("/api/callback/order", {
        order: escrowOf(product),
        status: "delivered",
        email: buyer.email,
        phone_number: buyer.phone,
      });
      await eventually(`${product} is told delivered`, () => sale(product)?.state === "delivered");
      await answerLetter(tranche.url, buyer.email, "Accept");
      await eventually(`${product} is told accepted`, () => sale(product)?.heard.at(-1) === "Accepted");
      await eventually(`${product} is complete`, async () => (await backend.orderStatus(escrowOf(product))).status.id === 5);
    }
    const projects = await backend.call<{ id: number; transaction: { product_id: string }[] }[]>("/api/project/getExternalProjects");
    expect(projects.find((one) => one.id === project.id)?.transaction.map((one) => one.product_id)).toEqual(["10000000017", "10000000018"]);
    expect(backend.refused).toEqual([]);
  }, 60_000);

  test("an address that somebody typed is not believed, and a failure carries the documented sentence", async () => {
    backend.sell("10000000019", 1_000_000, "Roof");
    const browser = plainBrowser();
    const forged = await browser.open(`${backend.url}/payment/callback?product=10000000019&order=${escrowOf("10000000017")}`);
    expect([forged.text, sale("10000000019")?.state]).toEqual(["That is not the payment we asked for.", "waiting"]);
    await expect(backend.orderStatus("999999")).rejects.toThrow("No such order exists for the seller.");
    await expect(backend.call("/api/project/updateProject/999999", { project_name: "x", description: "y" }, "PUT")).rejects.toThrow(
      "Project with id (999999) does not exist",
    );
  });
});

test("calls are answered while the seller's receiver holds a notification and never answers, and another seller is told meanwhile", async () => {
  const [hanging, other] = [await startReceiver(), await startReceiver()];
  hanging.behave(behaviours.hanging);
  try {
    const individual = tranche.seeded.sellers.find((one) => one.role === "individual");
    if (individual === undefined) throw new Error("no second seller");
    await storeCallback(tranche.url, tranche.seller, hanging.url);
    await storeCallback(tranche.url, individual, other.url);
    const [mine, theirs] = [tranche.keys, { publicKey: individual.public_key, privateKey: individual.private_key }].map((keys) =>
      startBackend({ apiHost: tranche.url, payHost: tranche.url, ...keys }),
    );
    const [busy, quiet] = [await mine, await theirs];
    if (busy === undefined || quiet === undefined) throw new Error("no backends");
    const paid = async (backend: typeof busy, product: string) => {
      const browser = plainBrowser();
      await browser.open(backend.sell(product, 400_000, "Desk"));
      await browser.press("Continue to escrow");
      await payThere(browser, buyer);
      return String(backend.sales.get(product)?.escrowOrder?.id);
    };
    const deliver = (backend: typeof busy, order: string) =>
      backend.call("/api/callback/order", { order, status: "delivered", phone_number: "" });
    const orders = [await paid(busy, "20000000001"), await paid(busy, "20000000002")];
    await deliver(busy, orders[0] ?? "");
    await eventually("the hanging receiver holds a notification", () => hanging.received.length === 1);
    // From here on nothing has been answered to that notification: whoever waited for it would wait for ever.
    await deliver(busy, orders[1] ?? "");
    await busy.orderStatus(orders[0] ?? "");
    await deliver(quiet, await paid(quiet, "20000000003"));
    await eventually("the other seller is told", () => other.received.length === 1);
    await busy.close();
    await quiet.close();
  } finally {
    await hanging.close();
    await other.close();
  }
}, 60_000);
