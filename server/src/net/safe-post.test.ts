import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { isIn, isLoopback, isPublic } from "./addresses.ts";
import type { SafePostSettings } from "./safe-post.ts";
import { allowedNetworks, safePost } from "./safe-post.ts";

const loopback = ["127.0.0.0/8", "::1/128"];
const toClose: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0)) await close();
});

function poster(settings: Partial<SafePostSettings> = {}) {
  const made = safePost({ allow: [], httpsOnly: false, timeout: 400, total: 800, ...settings });
  toClose.push(() => made.close());
  return made;
}

async function listener(answer: RequestListener, host = "127.0.0.1") {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? "");
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  toClose.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return { seen, port: (server.address() as AddressInfo).port };
}

const post = (made: ReturnType<typeof poster>, url: string) => made.post(url, { "content-type": "text/plain" }, "hello");

test("only addresses of the public internet are public, however they are written", () => {
  const inside = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "[::1]",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "not an address",
    "",
  ];
  expect(inside.filter(isPublic)).toEqual([]);
  const outside = ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "::ffff:93.184.216.34"];
  expect(outside.filter((address) => !isPublic(address))).toEqual([]);
  expect(isIn("::ffff:127.0.0.1", loopback)).toBe(true);
  expect(isIn("10.0.0.1", loopback)).toBe(false);
  expect(["127.0.0.1", "localhost", "::1", "[::1]"].every(isLoopback)).toBe(true);
  expect(["0.0.0.0", "::", "10.0.0.1", "pay.example.ng"].some(isLoopback)).toBe(false);
});

test.each([
  "127.0.0.1",
  "[::1]",
  "[::ffff:127.0.0.1]",
  "[64:ff9b::7f00:1]",
  "2130706433",
  "0x7f000001",
  "0177.0.0.1",
  "127.1",
  "0.0.0.0",
  "169.254.169.254",
  "10.0.0.1",
  "localhost",
])("nothing is posted to %s", async (host) => {
  const { seen, port } = await listener((_request, response) => response.end("inside"));
  expect(await post(poster(), `http://${host}:${port}/`)).toEqual({ error: "the address is not public" });
  expect(seen).toEqual([]);
});

test("a name that stands for a private address is refused, also where it stands for a public one as well", async () => {
  const { seen, port } = await listener((_request, response) => response.end("inside"));
  for (const addresses of [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["93.184.216.34", "::1"], ["::ffff:7f00:1"]]) {
    const made = poster({ resolve: async () => addresses });
    expect(await post(made, `http://shop.example:${port}/`)).toEqual({ error: "the address is not public" });
  }
  expect(await post(poster({ resolve: async () => [] }), `http://shop.example:${port}/`)).toEqual({ error: "the name has no address" });
  expect(seen).toEqual([]);
});

test("a name that is public when it is looked up and private when it is connected to is refused", async () => {
  const { seen, port } = await listener((_request, response) => response.end("inside"));
  let asked = 0;
  const resolve = async () => {
    asked += 1;
    return asked === 1 ? ["93.184.216.34"] : ["127.0.0.1"];
  };
  expect(await post(poster({ resolve }), `http://shop.example:${port}/`)).toEqual({ error: "the address is not public" });
  expect(asked).toBeGreaterThan(1);
  expect(seen).toEqual([]);
});

test("a connection that is still open is of no use once the name stands for another address", async () => {
  const { seen, port } = await listener((_request, response) => response.end("inside"));
  let stands = "127.0.0.1";
  const made = poster({ allow: ["127.0.0.1/32"], resolve: async () => [stands] });
  expect(await post(made, `http://shop.example:${port}/`)).toMatchObject({ status: 200 });
  stands = "127.0.0.2";
  expect(await post(made, `http://shop.example:${port}/`)).toEqual({ error: "the address is not public" });
  expect(seen).toHaveLength(1);
});

test("networks that the operator lists are posted to, and only while the server is reachable from this machine alone", async () => {
  const { seen, port } = await listener((_request, response) => response.end("inside"));
  const allow = allowedNetworks(loopback, "127.0.0.1", "sandbox");
  expect(await post(poster({ allow }), `http://127.0.0.1:${port}/a?b=c`)).toEqual({ status: 200, answer: "inside", retryAfter: null });
  expect(await post(poster({ allow }), `http://localhost:${port}/`)).toMatchObject({ status: 200 });
  expect(seen).toEqual(["/a?b=c", "/"]);
  expect(allowedNetworks(loopback, "0.0.0.0", "sandbox")).toEqual([]);
  expect(allowedNetworks(["10.0.0.0/8", ...loopback], "127.0.0.1", "live")).toEqual(["10.0.0.0/8"]);
  expect(await post(poster({ allow }), `http://10.0.0.1:${port}/`)).toEqual({ error: "the address is not public" });
});

test("in live mode only https is posted to, and never with a password in the address", async () => {
  const { seen, port } = await listener((_request, response) => response.end());
  const live = poster({ httpsOnly: true, allow: loopback });
  expect(await post(live, `http://127.0.0.1:${port}/`)).toEqual({ error: "only https addresses are posted to" });
  expect(await post(live, "ftp://127.0.0.1/")).toEqual({ error: "only https addresses are posted to" });
  expect(await post(poster({ allow: loopback }), `http://me:secret@127.0.0.1:${port}/`)).toEqual({
    error: "the address carries a password",
  });
  expect(await post(live, "no address")).toEqual({ error: "not an address" });
  expect(seen).toEqual([]);
});

test("a redirect is an answer like any other and is not followed", async () => {
  const inside = await listener((_request, response) => response.end("inside"));
  const { port } = await listener((_request, response) => {
    response.writeHead(307, { location: `http://127.0.0.1:${inside.port}/`, "retry-after": "1" }).end();
  });
  expect(await post(poster({ allow: loopback }), `http://127.0.0.1:${port}/`)).toEqual({ status: 307, answer: "", retryAfter: null });
  expect(inside.seen).toEqual([]);
});

test("a receiver that never answers, or never ends its answer, is not waited for", async () => {
  const silent = await listener(() => undefined);
  const began = performance.now();
  expect(await post(poster({ allow: loopback }), `http://127.0.0.1:${silent.port}/`)).toEqual({ error: "no answer in time" });
  const endless = await listener((_request, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write("."), 50);
    response.on("close", () => clearInterval(drip));
  });
  // It took the post: what it goes on saying does not matter.
  expect(await post(poster({ allow: loopback }), `http://127.0.0.1:${endless.port}/`)).toMatchObject({ status: 200 });
  const lookup = poster({ resolve: () => new Promise(() => undefined) });
  expect(await post(lookup, "http://shop.example/")).toEqual({ error: "no answer in time" });
  expect(performance.now() - began).toBeLessThan(5_000);
});

test("of a long answer only the beginning is read", async () => {
  let sent = 0;
  const { port } = await listener((_request, response) => {
    const more = () => {
      while (!response.destroyed && sent < 64 * 1024 * 1024) {
        sent += 65_536;
        if (!response.write("x".repeat(65_536))) return void response.once("drain", more);
      }
      response.end();
    };
    more();
  });
  const answer = await post(poster({ allow: loopback }), `http://127.0.0.1:${port}/`);
  expect("answer" in answer && answer.answer.length).toBe(65_536);
  expect(sent).toBeLessThan(16 * 1024 * 1024);
});

test("what goes wrong is said in words, without the address", async () => {
  const { port } = await listener((request) => request.socket.destroy());
  expect(await post(poster({ allow: loopback }), `http://127.0.0.1:${port}/secret`)).toEqual({ error: "the connection was broken off" });
  expect(await post(poster({ allow: loopback }), "http://127.0.0.1:1/secret")).toEqual({ error: "the connection was refused" });
  const unknown = poster({ resolve: () => Promise.reject(Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" })) });
  expect(await post(unknown, "http://shop.example/")).toEqual({ error: "the name is not known" });
});
