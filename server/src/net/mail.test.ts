import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { smtpMailer } from "./mail.ts";

let stop: () => void = () => undefined;
afterEach(() => stop());

/** A mail server that takes everything, and keeps what it was told. */
async function mailServer(answerToData = "250 ok"): Promise<{ url: string; heard: () => string }> {
  let heard = "";
  const server = createServer((socket) => {
    let inData = false;
    let rest = "";
    socket.on("error", () => undefined);
    socket.write("220 test\r\n");
    socket.on("data", (chunk) => {
      rest += chunk.toString("utf8");
      for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        heard += `${line}\n`;
        if (inData) {
          if (line !== ".") continue;
          inData = false;
          socket.write(`${answerToData}\r\n`);
        } else if (line === "DATA") {
          inData = true;
          socket.write("354 go\r\n");
        } else socket.write(line === "QUIT" ? "221 bye\r\n" : "250 ok\r\n");
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stop = () => void server.close();
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `smtp://127.0.0.1:${address.port}?ignoreTLS=true`, heard: () => heard };
}

test("a mail reaches the server as plain text, from the installation's address", async () => {
  const { url, heard } = await mailServer();
  const mailer = smtpMailer({ url, from: "Tranche <escrow@example.com>" });
  await mailer.send({ to: "ada@example.com", subject: "Order 3021", text: "Delivered?\n" });
  expect(heard()).toContain("MAIL FROM:<escrow@example.com>");
  expect(heard()).toContain("RCPT TO:<ada@example.com>");
  expect(heard()).toMatch(/Subject: Order 3021/);
  expect(heard()).toMatch(/text\/plain/);
  expect(heard()).toContain("Delivered?");
});

test("a subject cannot smuggle in a header and an address cannot smuggle in another", async () => {
  const { url, heard } = await mailServer();
  const mailer = smtpMailer({ url, from: "escrow@example.com" });
  await mailer.send({ to: "ada@example.com, eve@example.com", subject: "Hi\r\nBcc: eve@example.com", text: "x" }).catch(() => undefined);
  expect(heard()).not.toMatch(/^Bcc:/m);
  expect(heard()).not.toContain("RCPT TO:<eve@example.com>");
});

test("a mail that the server does not take is an error", async () => {
  const { url } = await mailServer("554 no");
  await expect(smtpMailer({ url, from: "escrow@example.com" }).send({ to: "ada@example.com", subject: "x", text: "y" })).rejects.toThrow(
    /554/,
  );
});
