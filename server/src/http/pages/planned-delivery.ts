import type { OrderDetails } from "../../domain/order.ts";
import type { Html } from "./html.ts";
import { foreign } from "./html.ts";

/**
 * When the shop means to deliver, as it wrote it; null where it said nothing. AtaraPay's shop plugin writes there when the order was made, on
 * a 12-hour clock without am or pm: that would only mislead.
 */
export function plannedDelivery(details: Pick<OrderDetails, "deliveryDate" | "platform">): Html | null {
  return details.deliveryDate === "" || details.platform === "Woocommerce" ? null : foreign(details.deliveryDate);
}
