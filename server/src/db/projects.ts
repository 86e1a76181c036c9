import type { Project, Provider } from "../domain/facts.ts";
import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";
import { projects, providers } from "./tables.ts";

export const projectQueries = {
  one: { name: "read_project", text: `SELECT ${projects.select("t")} FROM projects t WHERE t.seller_id = $1 AND t.id = $2` },
  list: {
    name: "list_projects",
    text: `SELECT ${projects.select("t")} FROM projects t WHERE t.seller_id = $1 ORDER BY t.id DESC LIMIT $2`,
  },
  providers: {
    name: "list_providers",
    text: `SELECT ${providers.select("t")} FROM providers t WHERE t.seller_id = $1 AND t.state = 'active' ORDER BY t.id LIMIT 1000`,
  },
  provider: { name: "read_one_provider", text: `SELECT ${providers.select("t")} FROM providers t WHERE t.seller_id = $1 AND t.id = $2` },
} satisfies Record<string, Query>;

export async function readProject(client: Queryable, sellerId: number, id: number): Promise<Project | undefined> {
  const { rows } = await run(client, projectQueries.one, [sellerId, id]);
  return rows[0] === undefined ? undefined : projects.read(rows[0]);
}

/** A seller's projects, newest first. */
export async function listProjects(client: Queryable, sellerId: number, most: number): Promise<Project[]> {
  return (await run(client, projectQueries.list, [sellerId, most])).rows.map((row) => projects.read(row));
}

/** A seller's service providers that were not removed. */
export async function listProviders(client: Queryable, sellerId: number): Promise<Provider[]> {
  return (await run(client, projectQueries.providers, [sellerId])).rows.map((row) => providers.read(row));
}

export async function readProvider(client: Queryable, sellerId: number, id: number): Promise<Provider | undefined> {
  const { rows } = await run(client, projectQueries.provider, [sellerId, id]);
  return rows[0] === undefined ? undefined : providers.read(rows[0]);
}
