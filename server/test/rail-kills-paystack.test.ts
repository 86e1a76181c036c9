import { railKills } from "./setup/rail-kills.ts";

railKills("paystack", [
  ["payout", "POST /transferrecipient"],
  ["payout", "POST /transfer"],
  ["refund", "POST /refund"],
]);
