/** What `npm start` prints once the sandbox is ready: where it is, whose keys to use, and three calls to try. */
export function welcome(view: {
  readonly url: string;
  readonly file: string;
  readonly seller: { readonly email: string; readonly public_key: string; readonly private_key: string } | undefined;
  readonly adopted: boolean;
}): string {
  const { url, file, seller } = view;
  if (seller === undefined) return `\nTranche is ready at ${url} (sandbox)\nThe demo seller's keys were printed at the first start; new ones can be made on ${url}/seller/keys.\n\n`;
  const authtoken = Buffer.from(`${seller.public_key}:${seller.private_key}`).toString("base64");
  return `
Tranche is ready at ${url} (sandbox: no real money)

  Demo seller   ${seller.email}   (password in ${file})
  Public key    ${seller.public_key}
  Private key   ${seller.private_key}
  Pages         ${url}/seller   ${url}/operator

Try it:

  # 1. A project of milestones
  curl -s ${url}/api/project/createProject -d authtoken=${authtoken} \\
    -d project_name=House -d description='Three milestones' -d customer_email=buyer@example.test -d customer_phone=+2348031234567

  # 2. The buyer pays its first milestone: open the printed address in a browser
  curl -s -o /dev/null -w '%{redirect_url}\\n' ${url}/pay -d token=${seller.public_key} -d project_id=1 \\
    -d email=buyer@example.test -d phone_number=+2348031234567 -d customer_firstname=Ada -d customer_lastname=Obi \\
    -d currency=NGN -d amount=400000 -d order_product_id=1447 -d order_product_name=Foundation \\
    -d delivery_date='2027-01-31 12:00:00' -d delivery_location='Lagos, NG' -d type=1

  # 3. What the buyer was written (links to accept or reject come here too)
  curl -s '${url}/sandbox/mailbox?to=buyer@example.test'

Ctrl-C stops it; the next start goes on where this one ended.

`;
}
