/** The wire's sentences, letter by letter: clients compare them. Those marked "ours" are not documented. */
export const messages = {
  // answers
  providerUpdated: "Service Provider Updated successfully",
  providers: "Service providers",
  providerDeleted: "Service Provider Deleted successfully",
  commissionSet: "Service provider and commission successfully associated with the order",
  projectCreated: "project_created",
  projectUpdated: "project_updated",
  projects: "project_data",
  delivered: "pod_created",
  orderFetched: "Order Fetched",
  /** Ours: the documents' page is cut before the answer to a cancellation. */
  cancelled: "Transaction is canceled",
  /** Ours: the documents have no page for the bank list. */
  banks: "Banks",
  /** Ours. */
  exchangeRate: "Exchange rate",

  // errors
  wrongAuthtoken: "Invalid authtoken. Does not match any record.",
  noSuchOrder: "No such order exists for the seller.",
  invalidStatus: "Invalid status sent.",
  alreadyProcessed: "Invalid action. This request has already been processed",
  deliveredAlreadyProcessed: "Invalid request to Process, Order has been already Processed",
  pastRefundTime:
    "Invalid action. This cancel request by the buyer isn't allowed because it's past time eligible for a refund. The seller shall however provide full product replacement. Please contact seller for same.",
} as const;

/** The sentence for a missing field. */
export function fieldRequired(field: string): string {
  return `The ${field} field is required.`;
}

export function noSuchProvider(id: number | string): string {
  return `Service Provider with id (${id}) does not exist, Please add Service Provider then try`;
}

export function sellerNotAssociated(id: number | string): string {
  return `Seller with id (${id}) is not associated to the marketplace operator, Please associate seller then try again`;
}

export function noSuchProject(id: number | string): string {
  return `Project with id (${id}) does not exist`;
}

/** What a notification's `message` says. */
export const notificationMessages = {
  delivered: "Order is marked completed",
  buyerRejects: "Buyer Rejects Order",
  cancelled: "Transaction is canceled",
  disputeWithdrawn: "Dispute is cancelled, Transaction Completed",
  /** The rest are ours: their pages were not to be had. */
  buyerAccepts: "Buyer Accepts Order",
  refunded: "Buyer is refunded",
  secondDelivery: "Second Delivery Attempt",
  dispute: "Order is in dispute",
  disputed: "Dispute is raised",
  disputeSettled: "Dispute is settled, Transaction Completed",
} as const;
