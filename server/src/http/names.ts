/** What a seller is called on pages: the business's name, else the person's. */
export function shopName(seller: { readonly businessName: string | null; readonly firstName: string; readonly lastName: string }): string {
  return seller.businessName ?? `${seller.firstName} ${seller.lastName}`.trim();
}
