import type { Config } from "../config.ts";
import { makePool } from "../db/connect.ts";
import { openInstallation } from "../db/installation.ts";
import { migrate } from "../db/migrate.ts";
import { prepareSandboxRail } from "../rails/sandbox/store.ts";

/** Brings the schema up to date and makes sure that the database is of the wanted mode. Answers when a server was last alive on it. */
export async function prepareDatabase(ownerUrl: string, config: Pick<Config, "mode">): Promise<Date> {
  await migrate(ownerUrl);
  const owner = makePool(ownerUrl, { max: 2, applicationName: "tranche start" });
  try {
    const { aliveAt } = await openInstallation(owner, config.mode, new Date());
    if (config.mode === "sandbox") await prepareSandboxRail(owner);
    return aliveAt;
  } finally {
    await owner.end();
  }
}
