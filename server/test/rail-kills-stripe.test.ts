import { railKills } from "./setup/rail-kills.ts";

railKills("stripe", [
  ["payout", "POST /v1/transfers"],
  ["refund", "POST /v1/refunds"],
]);
