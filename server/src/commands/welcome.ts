/** What `npm start` prints once the sandbox is ready: where it is, whose keys to use, and three calls to paste. */
export function welcome(view: {
  readonly url: string;
  readonly file: string;
  readonly seller: { readonly email: string; readonly public_key: string } | undefined;
}): string {
  const { url, file, seller } = view;
  if (seller === undefined) return `\nTranche is ready at ${url} (sandbox: no real money)\n\n`;
  // Output is kept in logs and pasted into letters: the private key stays in the file, and is read from there.
  const reading =
    "const s = JSON.parse(require('fs').readFileSync(process.argv[1])).sellers[0]; Buffer.from(s.public_key + ':' + s.private_key).toString('base64')";
  // Folders may be named as they like: within single quotes a shell reads nothing into them.
  const quoted = `'${file.replaceAll("'", "'\\''")}'`;
  // A bare + in a form means a space, so phone numbers are encoded.
  return `
Tranche is ready at ${url} (sandbox: no real money)

  Demo seller   ${seller.email}   (password and private key in ${file})
  Public key    ${seller.public_key}
  Demo page     ${url}/
  Pages         ${url}/seller   ${url}/operator

Try it:

  AUTHTOKEN=$(node -p "${reading}" ${quoted})

  # 1. A project of milestones
  answer=$(curl -s ${url}/api/project/createProject -d authtoken=$AUTHTOKEN -d project_name=House -d description='Three milestones' -d customer_email=buyer@example.test --data-urlencode customer_phone=+2348031234567); echo "$answer"

  # 2. The buyer's checkout of its first milestone: open the printed address in a browser and pay
  curl -s -o /dev/null -w '%{redirect_url}\\n' ${url}/pay -d token=${seller.public_key} -d project_id=$(echo "$answer" | grep -o '"id":[0-9]*' | cut -d: -f2) -d email=buyer@example.test --data-urlencode phone_number=+2348031234567 -d customer_firstname=Ada -d customer_lastname=Obi -d currency=NGN -d amount=400000 -d order_product_id=$RANDOM -d order_product_name=Foundation -d delivery_date='2027-01-31 12:00:00' -d delivery_location='Lagos, NG' -d type=1

  # 3. What the buyer was written: the links to accept or reject come here
  curl -s '${url}/sandbox/mailbox?to=buyer@example.test'

Ctrl-C stops it; the next start goes on where this one ended.

`;
}
