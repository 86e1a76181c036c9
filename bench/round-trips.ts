import diagnostics from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** Watches the sockets that this process opens from now on: a write to the database at this port after it has answered begins another round trip. */
export function countRoundTrips(port: number): () => number {
  let count = 0;
  diagnostics.subscribe("net.client.socket", (message) => {
    const { socket } = message as { socket: Socket };
    socket.once("connect", () => {
      if (socket.remotePort !== port) return;
      let answered = true;
      socket.on("data", () => (answered = true));
      const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
      socket.write = (...args: unknown[]) => {
        if (answered) count += 1;
        answered = false;
        return write(...args);
      };
    });
  });
  return () => count;
}
