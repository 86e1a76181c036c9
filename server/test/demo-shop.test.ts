import { expect, test } from "vitest";
import { pointDemoShop } from "../src/commands/point-demo-shop.ts";
import { setSeller } from "../src/actions/sellers.ts";
import { sellerByEmail } from "../src/db/sellers.ts";
import { httpWorld } from "./setup/http-world.ts";

const email = "seller@demo.tranche.test";

test("the demo seller is told at the demo's shop, which moves along with the port; what a seller chose itself stays, also nothing", async () => {
  const world = await httpWorld();
  try {
    const { pool, lanes } = world.app;
    const seller = async () => (await sellerByEmail(pool, email)) ?? expect.fail("there is no demo seller");
    const { id: sellerId } = await seller();
    const choose = (callbackUrl: string | null) =>
      lanes.one(setSeller({ id: crypto.randomUUID(), sellerId, actor: { party: "seller", name: "page" } }, { callbackUrl }));
    const start = async (host: string, port: number) => {
      await pointDemoShop({ pool, lanes }, email, { host, port });
      return (await seller()).callbackUrl;
    };
    expect(await start("0.0.0.0", 4000)).toBeNull();
    expect(await start("127.0.0.1", 4000)).toBe("http://127.0.0.1:4000/demo/shop/callback");
    const { version } = await seller();
    expect(await start("127.0.0.1", 4000)).toBe("http://127.0.0.1:4000/demo/shop/callback");
    expect((await seller()).version).toBe(version);
    expect(await start("::1", 4001)).toBe("http://[::1]:4001/demo/shop/callback");
    for (const chosen of [null, "https://shop.example.ng/demo/shop/callback", "http://127.0.0.1:9000/mine"]) {
      await choose(chosen);
      expect(await start("127.0.0.1", 4002)).toBe(chosen);
    }
  } finally {
    await world.close();
  }
});
