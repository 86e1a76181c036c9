import { createServer } from "node:http";

/** An answer of a rail, read. */
export interface Read {
  readonly status: number;
  readonly body: Record<string, never>;
  readonly data: Record<string, never>;
  readonly message: string;
}

/** Speaks JSON with a rail, as an adapter would. */
export function client(base: string, headers: Readonly<Record<string, string>>) {
  return async (method: string, path: string, body?: object, more: Readonly<Record<string, string>> = {}): Promise<Read> => {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: { ...headers, ...more, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: "manual",
    });
    const text = await answer.text();
    const read = answer.headers.get("content-type")?.includes("json") === true ? JSON.parse(text) : {};
    return { status: answer.status, body: read, data: read.data, message: read.message };
  };
}

/** Whoever is told of events: keeps what came, and answers with the status it is told to. */
export async function listener() {
  const heard: { readonly body: string; readonly headers: Readonly<Record<string, string | string[] | undefined>> }[] = [];
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      heard.push({ body: Buffer.concat(chunks).toString(), headers: request.headers });
      response.writeHead(statuses.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/told`,
    heard,
    /** The statuses of the next answers; afterwards 200. */
    statuses,
    events: () => heard.map((one) => JSON.parse(one.body)),
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
