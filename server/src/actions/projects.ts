import type { Buyer } from "../domain/facts.ts";
import { isHolding, isLive } from "../domain/order-table.ts";
import { refuse } from "../domain/refusals.ts";
import type { Book } from "./book.ts";
import type { Ask, Command } from "./command.ts";
import { command } from "./command.ts";
import { expireUnpaid } from "./expire.ts";
import type { Writer } from "./writer.ts";

export interface Contact {
  readonly email: string;
  readonly phone: string;
  readonly firstName?: string;
  readonly lastName?: string;
}

/** The buyer with these contacts, made if the seller has not met this buyer yet. Buyers are per seller. */
export function findBuyer(book: Book, contact: Contact): Buyer | undefined {
  return book.buyers.all().find((buyer) => buyer.email === contact.email && buyer.phone === contact.phone);
}

export function buyerFor(writer: Writer, contact: Contact): Buyer {
  const known = findBuyer(writer.book, contact);
  const { firstName = "", lastName = "" } = contact;
  if (known !== undefined) return firstName === "" ? known : writer.book.buyers.change(known.id, { firstName, lastName });
  return writer.book.buyers.insert({
    sellerId: writer.book.sellerId,
    id: writer.newId(),
    email: contact.email,
    phone: contact.phone,
    firstName,
    lastName,
    createdAt: writer.now,
  });
}

/** A buyer and a seller agree to work in milestones. Either may start it; only the buyer adds milestones, by paying one. */
export function createProject(
  ask: Ask,
  input: { readonly name: string; readonly description: string; readonly contact: Contact; readonly startedBy: "buyer" | "seller" | null },
): Command {
  return command("project.create", ask, { contacts: [input.contact] }, (book) => (writer) => {
    const buyer = buyerFor(writer, input.contact);
    const project = writer.stepProject(
      {
        sellerId: book.sellerId,
        id: writer.newId("project"),
        buyerId: buyer.id,
        name: input.name,
        description: input.description,
        startedBy: input.startedBy,
        state: "open",
        version: 0,
        createdAt: writer.now,
        updatedAt: writer.now,
      },
      "create",
    );
    return { project: project.id };
  });
}

/** Changes a project's name and description. */
export function updateProject(
  ask: Ask,
  input: { readonly projectId: number; readonly name: string; readonly description: string },
): Command {
  return command("project.update", ask, { projects: [input.projectId] }, (book) => {
    const project = book.projects.get(input.projectId);
    if (project === undefined) return refuse("project_unknown");
    if (project.state === "closed") return refuse("project_closed");
    return (writer) => ({ project: writer.stepProject(project, "update", { name: input.name, description: input.description }).id });
  });
}

/** Closes a project when no milestone holds money or is on its way out; unpaid milestones expire. */
export function closeProject(ask: Ask, input: { readonly projectId: number }): Command {
  return command("project.close", ask, { projects: [input.projectId] }, (book) => {
    const project = book.projects.get(input.projectId);
    if (project === undefined) return refuse("project_unknown");
    if (project.state === "closed") return refuse("project_closed");
    const milestones = book.orders.where((order) => order.projectId === project.id);
    const holding = milestones.find((order) => isHolding(order.state) || (isLive(order) && order.state !== "awaiting_payment"));
    if (holding !== undefined)
      return refuse("project_holds_money", `Milestone ${holding.position ?? "?"} (order ${holding.id}) is ${holding.state}.`, {
        order: holding.id,
      });
    const doubtful = milestones.flatMap((order) => book.paymentsOf(order.id)).find((payment) => payment.state === "pending");
    if (doubtful !== undefined) return refuse("payment_in_doubt", "A payment of its unpaid milestone is still being decided at the rail.");
    return (writer) => {
      for (const order of milestones) {
        if (!["proposed", "agreed", "awaiting_payment"].includes(order.state)) continue;
        const left = expireUnpaid(writer, order);
        // What was agreed beforehand outlives its checkout, but not its project.
        if (left.state === "agreed") expireUnpaid(writer, left);
      }
      return { project: writer.stepProject(project, "close").id, state: "closed" };
    };
  });
}
