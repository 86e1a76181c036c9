import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Somebody a rail tells of events: keeps them as they came. */
export interface Heard {
  readonly url: string;
  readonly all: readonly { readonly raw: Buffer; readonly headers: Record<string, string> }[];
  stop(): Promise<void>;
}

export async function railListener(): Promise<Heard> {
  const all: { raw: Buffer; headers: Record<string, string> }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter((one): one is [string, string] => typeof one[1] === "string"),
      );
      all.push({ raw: Buffer.concat(chunks), headers });
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    all,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
