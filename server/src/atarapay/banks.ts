/** A Nigerian bank on the wire. */
export interface WireBank {
  /** Without apostrophes: shops put it into scripts of theirs. */
  readonly name: string;
  /** The central bank's code, 3 digits. */
  readonly code: string;
  /** NIBSS's code for instant transfers (NIP), 6 digits. */
  readonly nip_bank_code: string;
}

/**
 * Nigerian banks with both codes. Made by tools/make-banks.ts on 2026-11-23, not by hand.
 *
 * The 3-digit codes are those on which the npm packages banks-ng@1.1.1 and ng-banks@2.1.1 agree, name and code. Those have no NIP
 * codes: these are the ones on which two public lists agree (tools/bank-nip-lists.ts names them; one is NIBSS's own of 2021), so newer
 * institutions are missing. Of 38 banks with a 3-digit code 28 are here and 10 were left out:
 * - 030 Heritage Bank: closed, its licence was withdrawn in June 2024
 * - 104 PARALLEX BANK: in one package only
 * - 303 Lotus Bank: no NIP code that both lists agree on
 * - 311 PARKWAY - READYCASH: in one package only
 * - 327 Paga: in one package only
 * - 501 FSDH MERCHANT BANK LIMITED: in one package only
 * - 502 RAND MERCHANT BANK: in one package only
 * - 526 Parallex Bank: in one package only
 * - 559 CORONATION MERCHANT BANK: in one package only
 * - 565 One Finance: the packages name it One Finance and CARBON
 */
export const wireBanks: readonly WireBank[] = Object.freeze(
  [
    { name: "First Bank of Nigeria", code: "011", nip_bank_code: "000016" },
    { name: "Citibank Nigeria", code: "023", nip_bank_code: "000009" },
    { name: "Union Bank of Nigeria", code: "032", nip_bank_code: "000018" },
    { name: "United Bank For Africa", code: "033", nip_bank_code: "000004" },
    { name: "Wema Bank", code: "035", nip_bank_code: "000017" },
    { name: "Access Bank", code: "044", nip_bank_code: "000014" },
    { name: "Ecobank Nigeria", code: "050", nip_bank_code: "000010" },
    { name: "Zenith Bank", code: "057", nip_bank_code: "000015" },
    { name: "Guaranty Trust Bank", code: "058", nip_bank_code: "000013" },
    { name: "Access Bank (Diamond)", code: "063", nip_bank_code: "000005" },
    { name: "Standard Chartered Bank", code: "068", nip_bank_code: "000021" },
    { name: "Fidelity Bank", code: "070", nip_bank_code: "000007" },
    { name: "Polaris Bank", code: "076", nip_bank_code: "000008" },
    { name: "Keystone Bank", code: "082", nip_bank_code: "000002" },
    { name: "Suntrust Bank", code: "100", nip_bank_code: "000022" },
    { name: "Providus Bank", code: "101", nip_bank_code: "000023" },
    { name: "Titan Trust Bank", code: "102", nip_bank_code: "000025" },
    { name: "Rubies MFB", code: "125", nip_bank_code: "090175" },
    { name: "First City Monument Bank", code: "214", nip_bank_code: "000003" },
    { name: "Unity Bank", code: "215", nip_bank_code: "000011" },
    { name: "Stanbic IBTC Bank", code: "221", nip_bank_code: "000012" },
    { name: "Sterling Bank", code: "232", nip_bank_code: "000001" },
    { name: "Jaiz Bank", code: "301", nip_bank_code: "000006" },
    { name: "TAJ Bank", code: "302", nip_bank_code: "000026" },
    { name: "ASO Savings and Loans", code: "401", nip_bank_code: "090001" },
    { name: "Ekondo Microfinance Bank", code: "562", nip_bank_code: "090097" },
    { name: "VFD", code: "566", nip_bank_code: "090110" },
    { name: "Abbey Mortgage Bank", code: "801", nip_bank_code: "070010" },
  ].map((bank) => Object.freeze(bank)),
);
