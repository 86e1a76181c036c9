import { railKills } from "./setup/rail-kills.ts";

railKills("flutterwave", [
  ["payout", "POST /v3/transfers"],
  ["refund", "POST /v3/transactions"],
]);
