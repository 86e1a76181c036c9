import { expect, test } from "vitest";
import { NoAnswer } from "../rail.ts";
import { everyOne } from "./api.ts";

const page = (ids: readonly string[], more: boolean) => ({ object: "list", has_more: more, data: ids.map((id) => ({ id })) });

async function read(pages: Readonly<Record<string, object>>): Promise<string[]> {
  const ids: string[] = [];
  for await (const one of everyOne("the charges", ({ starting_after: after = "" }) => Promise.resolve(pages[after])))
    ids.push(one.text("id"));
  return ids;
}

test("a list is read page by page, each from the last of the one before", async () => {
  const pages = { "": page(["ch_4", "ch_3"], true), ch_3: page(["ch_2"], true), ch_2: page([], false) };
  expect(await read(pages)).toEqual(["ch_4", "ch_3", "ch_2"]);
});

test("a list that comes back to where it was ends with an error instead of never", async () => {
  await expect(read({ "": page(["ch_2", "ch_1"], true), ch_1: page(["ch_2", "ch_1"], true) })).rejects.toThrow(NoAnswer);
});
