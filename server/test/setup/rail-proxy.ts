import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Something that is to happen when a program makes a call to a rail: before the rail hears of it, or after it was done and before it is answered. */
export interface Trap {
  /** As `POST /transfer`; what follows in the path may be anything. */
  readonly call: string;
  readonly when: "before" | "after";
  readonly spring: () => void;
}

/** Stands between a program and a rail, and passes on what it is not told to hold. */
export interface RailProxy {
  readonly url: string;
  /** Set once; resolves when it has sprung. The call that it caught is never answered. */
  trap(trap: Trap): Promise<void>;
  stop(): Promise<void>;
}

export async function railProxy(target: string): Promise<RailProxy> {
  let armed: (Trap & { readonly sprung: () => void }) | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const trap = armed !== undefined && `${request.method} ${request.url}`.startsWith(armed.call) ? armed : undefined;
      if (trap !== undefined) armed = undefined;
      const spring = () => {
        trap?.spring();
        trap?.sprung();
        request.socket.destroy();
      };
      if (trap?.when === "before") return spring();
      const { host: _host, connection: _connection, "content-length": _length, ...headers } = request.headers;
      void fetch(`${target}${request.url}`, {
        method: request.method ?? "GET",
        headers: headers as Record<string, string>,
        redirect: "manual",
        ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
      }).then(
        async (answer) => {
          const body = Buffer.from(await answer.arrayBuffer());
          if (trap?.when === "after") return spring();
          response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "application/json" }).end(body);
        },
        () => request.socket.destroy(),
      );
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    trap: (trap) =>
      new Promise((sprung) => {
        armed = { ...trap, sprung };
      }),
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
