import type { WireOrder } from "./order-object.ts";
import { wireTime } from "./timestamp.ts";

export interface WireProjectInput {
  readonly id: number;
  readonly sellerId: number;
  readonly buyerId: number;
  readonly name: string;
  readonly description: string;
  readonly closed: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The answer to making a project: without `status` and without `transaction`, in the documented key order. */
export function wireProjectCreated(p: WireProjectInput) {
  return {
    project_name: p.name,
    description: p.description,
    started_by: null,
    seller_id: p.sellerId,
    customer_id: p.buyerId,
    updated_at: wireTime(p.updatedAt),
    created_at: wireTime(p.createdAt),
    id: p.id,
  };
}

/** A project as it is updated and listed; `status` 0 open, 1 closed; `transaction` holds its paid milestones. */
export function wireProject(p: WireProjectInput, transaction: readonly WireOrder[]) {
  return {
    id: p.id,
    seller_id: p.sellerId,
    customer_id: p.buyerId,
    project_name: p.name,
    description: p.description,
    started_by: null,
    status: p.closed ? 1 : 0,
    created_at: wireTime(p.createdAt),
    updated_at: wireTime(p.updatedAt),
    transaction,
  };
}
