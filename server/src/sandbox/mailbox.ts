import type { Query, Queryable } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import type { Mailer } from "../net/mail.ts";
import type { SmsSender } from "../net/sms.ts";

export const mailboxQueries = {
  put: { name: "put_letter", text: "INSERT INTO mailbox (channel, sent_to, subject, body, at) VALUES ($1, $2, $3, $4, $5)" },
  read: {
    name: "read_mailbox",
    text: "SELECT id, channel, sent_to, subject, body, at FROM mailbox WHERE sent_to = $1 ORDER BY id DESC LIMIT 200",
  },
} satisfies Record<string, Query>;

/** The sandbox's post: letters and text messages land in a box that anybody at this machine can read. */
export function mailbox(client: Queryable, now: () => Date): { mailer: Mailer; sms: SmsSender } {
  const put = async (channel: string, to: string, subject: string, body: string) => {
    await run(client, mailboxQueries.put, [channel, to, subject, body, now().toISOString()]);
  };
  return {
    mailer: { send: ({ to, subject, text }) => put("email", to, subject, text) },
    sms: { send: ({ to, text }) => put("sms", to, "", text) },
  };
}

export interface Letter {
  readonly id: number;
  readonly channel: string;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  readonly at: Date;
}

/** What was sent to an address or phone, newest first. */
export async function readMailbox(client: Queryable, to: string): Promise<Letter[]> {
  const { rows } = await run(client, mailboxQueries.read, [to]);
  return rows.map((row) => ({
    id: Number(row["id"]),
    channel: String(row["channel"]),
    to: String(row["sent_to"]),
    subject: String(row["subject"]),
    body: String(row["body"]),
    at: row["at"] as Date,
  }));
}
