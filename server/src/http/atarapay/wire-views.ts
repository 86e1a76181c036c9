import type { WireProvider } from "../../atarapay/provider-object.ts";
import { wireProvider } from "../../atarapay/provider-object.ts";
import type { Provider } from "../../domain/facts.ts";

/** A service provider as the wire shows it. */
export function wireProviderOf(provider: Provider): WireProvider {
  const { details } = provider;
  return wireProvider({
    id: provider.id,
    type: provider.type,
    firstName: provider.firstName,
    lastName: provider.lastName,
    phone: provider.phone === "" ? null : provider.phone,
    email: provider.email === "" ? null : provider.email,
    bankCode: details.bankCode ?? null,
    nipBankCode: details.nipBankCode ?? null,
    bankName: details.bankName ?? null,
    accountName: details.accountName ?? null,
    accountNumber: details.accountNumber ?? null,
    recipientCode: null,
    accountId: details.wiseAccountId ?? null,
    createdAt: provider.createdAt,
    updatedAt: provider.updatedAt,
  });
}
