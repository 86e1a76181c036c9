import type { OrderState } from "../domain/order-table.ts";
import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";

/** What a seller's shop was told of one step of an order, or is about to be. */
export interface NotificationView {
  readonly sellerId: number;
  readonly id: number;
  readonly orderId: number;
  readonly receiverId: number;
  /** Number of the step that is told. */
  readonly step: number;
  readonly envelope: string;
  readonly message: string;
  readonly toState: OrderState;
  readonly state: "queued" | "delivered" | "failed" | "dropped";
  readonly webhookId: string;
  readonly format: "json" | "multipart" | null;
  /** As it is sent, but without the token; null until the first try. */
  readonly body: string | null;
  readonly createdAt: Date;
  /** When it is tried next; null when that is over. In the book's time, as all times here. */
  readonly dueAt: Date | null;
  readonly concludedAt: Date | null;
  readonly attempts: readonly NotificationAttempt[];
}

/** One HTTP try: it has a status or an error. */
export interface NotificationAttempt {
  readonly number: number;
  readonly at: Date;
  readonly durationMs: number;
  readonly status: number | null;
  readonly error: string | null;
  /** The beginning of the answer. */
  readonly answer: string | null;
}

export const notificationQueries = {
  ofOrder: {
    name: "notifications_of_order",
    text: `SELECT seller_id, id, order_id, receiver_id, transition_seq, envelope, message, to_state, state, webhook_id, format, body, created_at, due_at, concluded_at
           FROM notifications WHERE seller_id = $1 AND order_id = $2 ORDER BY transition_seq LIMIT 200`,
  },
  attempts: {
    name: "attempts_of_notifications",
    text: `SELECT notification_id, number, at, duration_ms, http_status, error, answer
           FROM notification_attempts WHERE seller_id = $1 AND notification_id = ANY($2::bigint[]) ORDER BY notification_id, number`,
  },
} satisfies Record<string, Query>;

/** The notifications of an order, in the order of its steps, each with its attempts. */
export async function notificationsOf(client: Queryable, sellerId: number, orderId: number): Promise<NotificationView[]> {
  const { rows } = await run(client, notificationQueries.ofOrder, [sellerId, orderId]);
  if (rows.length === 0) return [];
  const tried = await run(client, notificationQueries.attempts, [sellerId, rows.map((row) => row["id"])]);
  return rows.map((row) => ({
    sellerId: Number(row["seller_id"]),
    id: Number(row["id"]),
    orderId: Number(row["order_id"]),
    receiverId: Number(row["receiver_id"]),
    step: Number(row["transition_seq"]),
    envelope: String(row["envelope"]),
    message: String(row["message"]),
    toState: row["to_state"] as OrderState,
    state: row["state"] as NotificationView["state"],
    webhookId: `msg_${String(row["webhook_id"])}`,
    format: row["format"] as NotificationView["format"],
    body: row["body"] as string | null,
    createdAt: row["created_at"] as Date,
    dueAt: row["due_at"] as Date | null,
    concludedAt: row["concluded_at"] as Date | null,
    attempts: tried.rows.filter((attempt) => attempt["notification_id"] === row["id"]).map(attemptOf),
  }));
}

function attemptOf(row: Record<string, unknown>): NotificationAttempt {
  return {
    number: Number(row["number"]),
    at: row["at"] as Date,
    durationMs: Number(row["duration_ms"]),
    status: row["http_status"] as number | null,
    error: row["error"] as string | null,
    answer: row["answer"] as string | null,
  };
}
