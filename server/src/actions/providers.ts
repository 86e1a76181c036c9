import type { PayeeDetails, Provider } from "../domain/facts.ts";
import { refuse } from "../domain/refusals.ts";
import type { Book } from "./book.ts";
import type { Ask, Command } from "./command.ts";
import { command } from "./command.ts";
import { holdCoolingOff } from "./holds.ts";
import { noteChangedPayee, requeuePayee } from "./unpark.ts";

export interface ProviderInput {
  readonly type: 1 | 2;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly phone: string;
  readonly details: PayeeDetails;
}

/** Makes a service provider, or changes the one named. New payout details wait out a cooling-off before money goes there. */
export function saveProvider(ask: Ask, input: ProviderInput & { readonly providerId: number | null }): Command {
  const { providerId, ...fields } = input;
  const refs = providerId === null ? {} : { providers: [providerId], payees: [{ kind: "service_provider" as const, id: providerId }] };
  return command("provider.save", ask, refs, (book) => {
    const known = book.providers.get(providerId);
    if (providerId !== null && (known === undefined || known.state === "removed")) return refuse("provider_unknown");
    return (writer) => {
      if (known === undefined) {
        const provider = book.providers.insert({
          ...fields,
          sellerId: book.sellerId,
          id: writer.newId(),
          state: "active",
          version: 1,
          detailsChangedAt: writer.now,
          createdAt: writer.now,
          updatedAt: writer.now,
        });
        writer.record({
          object: "provider",
          objectId: provider.id,
          version: 1,
          action: "create",
          fromState: "none",
          toState: "active",
          event: "provider.created",
        });
        return { provider: provider.id, created: true };
      }
      const moved = !sameDetails(known.details, fields.details);
      const changed = step(book, known, { ...fields, ...(moved ? { detailsChangedAt: writer.now } : {}), updatedAt: writer.now });
      writer.record({
        object: "provider",
        objectId: changed.id,
        version: changed.version,
        action: "update",
        fromState: "active",
        toState: "active",
        event: "provider.updated",
      });
      if (moved) {
        holdCoolingOff(writer, "service_provider", changed.id, [known.email, changed.email]);
        requeuePayee(writer, "service_provider", changed.id);
        noteChangedPayee(writer, changed.id, changed.version);
      }
      return { provider: changed.id, created: false };
    };
  });
}

/** Takes a provider off the list; orders that name it keep it. */
export function removeProvider(ask: Ask, input: { readonly providerId: number }): Command {
  return command("provider.remove", ask, { providers: [input.providerId] }, (book) => {
    const provider = book.providers.get(input.providerId);
    if (provider === undefined || provider.state === "removed") return refuse("provider_unknown");
    return (writer) => {
      const removed = step(book, provider, { state: "removed", updatedAt: writer.now });
      writer.record({
        object: "provider",
        objectId: removed.id,
        version: removed.version,
        action: "remove",
        fromState: "active",
        toState: "removed",
        event: "provider.removed",
      });
      return { provider: removed.id };
    };
  });
}

function step(book: Book, provider: Provider, change: Partial<Provider>): Provider {
  return book.providers.change(provider.id, { ...change, version: provider.version + 1 });
}

/** True if both name the same account, whatever the order of the fields. */
export function sameDetails(a: PayeeDetails | null, b: PayeeDetails | null): boolean {
  const text = (details: PayeeDetails | null) => JSON.stringify(Object.entries(details ?? {}).toSorted(([x], [y]) => x.localeCompare(y)));
  return text(a) === text(b);
}
