/** As many letters and digits of a secret as nobody writes by chance. */
const telling = 12;

/**
 * The beginning of a receiver's answer, to be kept: at most `most` bytes, without control characters. A receiver that answers with what it
 * was sent would make us store the token or a key; such an answer is withheld whole, however it spells them.
 */
export function keepAnswer(answer: string, secrets: readonly string[], most = 1024): string {
  const plain = lettersAndDigits(answer);
  for (const secret of secrets) {
    const bare = lettersAndDigits(secret);
    for (let from = 0; from + telling <= bare.length; from += 1) {
      if (plain.includes(bare.slice(from, from + telling))) return "(withheld: the answer repeats a secret)";
    }
  }
  // Control characters have no place in a log, and the database takes no zero byte.
  const clean = answer.replaceAll(/\p{Cc}+/gu, " ").trim();
  const bytes = Buffer.from(clean, "utf8");
  return bytes.length <= most
    ? clean
    : bytes
        .subarray(0, most)
        .toString("utf8")
        .replace(/\uFFFD+$/, "");
}

function lettersAndDigits(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9]/g, "");
}
