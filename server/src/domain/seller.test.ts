import { expect, test } from "vitest";
import { defaultSellerTerms } from "./seller.ts";

test("a seller who has chosen nothing has the documented terms, and cancelling costs the buyer nothing", () => {
  expect(defaultSellerTerms).toEqual({
    escrowFeeBearer: "buyer",
    railFeeBearer: "seller",
    providerFeeBearer: "before_split",
    nonSplit: 0,
    policy: "refund",
    sla: null,
    cancellationFee: 0,
    reasonsWithFee: [],
    maxDeliveryDays: 7,
    acceptAfterDays: null,
  });
});
