import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

// A backend that somebody wrote with AtaraPay's documents beside the keyboard. It knows AtaraPay and nothing else; where AtaraPay is, and its
// pair of keys, are its only settings.

export interface BackendSettings {
  readonly apiHost: string;
  readonly payHost: string;
  readonly publicKey: string;
  readonly privateKey: string;
}

/** The documented order, as far as this backend reads it. */
export interface EscrowOrder {
  readonly id: number;
  readonly product_id: string;
  readonly product_cost: number;
  readonly amount_payed: number;
  readonly currency: string;
  readonly payment_ref: string | null;
  readonly gateway_name: string;
  readonly status: { readonly id: number; readonly title: string };
  readonly payment?: { readonly payment_ref: string; readonly status: string; readonly amount: number; readonly gateway_response: string };
}

/** An order of the backend's own. */
export interface Sale {
  readonly amount: number;
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
  state: "waiting" | "paid" | "delivered" | "closed";
  escrowOrder?: EscrowOrder;
  readonly heard: string[];
}

interface Notification {
  readonly status: string;
  readonly message: string;
  readonly token: string;
  readonly data: EscrowOrder;
}

export class EscrowFailed extends Error {}

/** Starts the backend on a port of its own. */
export async function startBackend(settings: BackendSettings) {
  const { apiHost, payHost, publicKey, privateKey } = settings;
  const authtoken = Buffer.from(`${publicKey}:${privateKey}`).toString("base64");
  const sales = new Map<string, Sale>();
  const refused: string[] = [];

  /** The documented call: a form, and a failure where the status is not 2xx or the body does not say success. */
  const call = async <Data>(
    path: string,
    fields: Readonly<Record<string, string>> = {},
    method: "POST" | "PUT" = "POST",
  ): Promise<Data> => {
    const body = new URLSearchParams({ authtoken, ...fields });
    const response = await fetch(`${apiHost}${path}`, { method, body, signal: AbortSignal.timeout(5_000) });
    const answer = (await response.json()) as { status: string; message: string; data: Data };
    if (!response.ok || answer.status !== "success") throw new EscrowFailed(answer.message);
    return answer.data;
  };
  const orderStatus = (order: string) => call<EscrowOrder>("/api/callback/order", { order, status: "order" });

  const paymentPage = (product: string, sale: Sale): string => {
    const fields = {
      token: publicKey,
      email: "buyer@example.test",
      phone_number: "08031234567",
      currency: "NGN",
      amount: String(sale.amount),
      customer_firstname: "Ngozi",
      customer_lastname: "Obi",
      order_product_id: product,
      order_product_name: sale.name,
      order_product_desc: `${sale.name}, as agreed`,
      order_product_quantity: "1",
      product_type: "physical",
      delivery_date: "2027-01-31 12:00:00",
      delivery_location: "12 Allen Avenue, Ikeja",
      recipient: "08031234567",
      type: "1",
      is_marketplace: "0",
      callback_url: `${url}/payment/callback`,
      ...sale.fields,
    };
    const inputs = Object.entries(fields).map(
      ([name, value]) => `<input type="hidden" name="${name}" value="${value.replaceAll('"', "&quot;")}">`,
    );
    return `<!doctype html><title>Pay</title><form method="post" action="${payHost}">${inputs.join("")}<button>Continue to escrow</button></form>`;
  };

  /** The browser came back: nothing in its address is believed before the order was read. */
  const cameBack = async (query: URLSearchParams): Promise<string> => {
    const sale = sales.get(query.get("product") ?? "");
    if (sale === undefined) return "We do not know that order.";
    const order = await orderStatus(query.get("order") ?? "");
    const { payment } = order;
    const fits = order.product_id === query.get("product") && order.product_cost === sale.amount && order.currency === "NGN";
    if (!fits || payment?.status !== "1" || payment.payment_ref !== order.payment_ref) return "That is not the payment we asked for.";
    Object.assign(sale, { state: "paid", escrowOrder: order });
    return "Paid into escrow.";
  };

  /** 401 where the token does not fit. What it is sent twice it does twice. */
  const notified = (text: string): number => {
    const { status, token, data } = JSON.parse(text) as Notification;
    const expected = Buffer.from(`${publicKey}:${privateKey}:${data.id}:${data.amount_payed}`).toString("base64");
    const sale = sales.get(data.product_id);
    if (token !== expected || sale === undefined) {
      refused.push(status);
      return 401;
    }
    sale.heard.push(status);
    sale.escrowOrder = data;
    if (status === "Delivered") sale.state = "delivered";
    else if (["Accepted", "Refunded", "Canceled", "Complete"].includes(status) || data.status.title === "Canceled") sale.state = "closed";
    return 200;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const at = new URL(request.url ?? "/", "http://backend.test");
    if (request.method === "POST" && at.pathname === "/notifications") {
      let text = "";
      for await (const piece of request) text += String(piece);
      response.writeHead(request.headers["content-type"] === "application/json" ? notified(text) : 415).end();
      return;
    }
    const product = at.pathname.slice("/pay/".length);
    const sale = at.pathname.startsWith("/pay/") ? sales.get(product) : undefined;
    const page =
      sale !== undefined ? paymentPage(product, sale) : at.pathname === "/payment/callback" ? await cameBack(at.searchParams) : "";
    response.writeHead(page === "" ? 404 : 200, { "content-type": "text/html; charset=utf-8" }).end(page);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    sales,
    refused,
    call,
    orderStatus,
    sell: (product: string, amount: number, name: string, fields: Readonly<Record<string, string>> = {}): string => {
      sales.set(product, { amount, name, fields, state: "waiting", heard: [] });
      return `${url}/pay/${product}`;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
