import { Agent, request } from "node:http";
import { runChains } from "./measure.ts";

/** What the bench sends to this process, and what it hears back. A process of its own, so that the client's work is not counted as the server's. */
export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly bodies: readonly string[];
}

export interface Loaded {
  readonly seconds: number;
  readonly times: readonly number[];
  readonly failures: readonly string[];
}

process.on("message", (load: Load) => {
  void drive(load).then((loaded) => process.send?.(loaded));
});

async function drive({ url, connections, bodies }: Load): Promise<Loaded> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const failures: string[] = [];
  const chains = bodies.map((body) => [
    async () => {
      const wrong = await post(agent, url, body);
      if (wrong !== undefined) failures.push(wrong);
    },
  ]);
  const { seconds, times } = await runChains(chains, connections);
  agent.destroy();
  return { seconds, times, failures: failures.slice(0, 5) };
}

function post(agent: Agent, url: string, body: string): Promise<string | undefined> {
  return new Promise((done) => {
    const headers = { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(body) };
    const call = request(url, { method: "POST", agent, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => (text += chunk));
      answer.on("end", () => done(answer.statusCode === 200 ? undefined : `${answer.statusCode} ${text.slice(0, 200)}`));
    });
    call.on("error", (error) => done(error.message));
    call.end(body);
  });
}
