import { wireTime } from "./timestamp.ts";

export interface WireProviderInput {
  readonly id: number;
  /** 1 a naira bank account, 2 a USD account at Wise. */
  readonly type: 1 | 2;
  readonly firstName: string;
  readonly lastName: string;
  readonly phone: string | null;
  readonly email: string | null;
  readonly bankCode: string | null;
  readonly nipBankCode: string | null;
  readonly bankName: string | null;
  readonly accountName: string | null;
  readonly accountNumber: string | null;
  readonly recipientCode: string | null;
  /** The Wise account. */
  readonly accountId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type WireProvider = ReturnType<typeof wireProvider>;

/** The wire's service provider: every key, null where unknown; bank codes stay texts. */
export function wireProvider(p: WireProviderInput) {
  return {
    id: p.id,
    type: p.type,
    firstname: p.firstName,
    lastname: p.lastName,
    phone: p.phone,
    email: p.email,
    bank_code: p.bankCode,
    nip_bank_code: p.nipBankCode,
    bank_name: p.bankName,
    bank_account_name: p.accountName,
    bank_account_number: p.accountNumber,
    recipient_code: p.recipientCode,
    account_id: p.accountId,
    created_at: wireTime(p.createdAt),
    updated_at: wireTime(p.updatedAt),
  };
}
