import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";

let world: HttpWorld;
beforeAll(async () => {
  world = await httpWorld();
  await world.float();
});
afterAll(() => world.close());

const input = {
  project_name: "A house",
  description: "Three milestones",
  customer_email: "builder@demo.tranche.test",
  customer_phone: "+2348034440001",
};
const time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) as string;
const number = expect.any(Number) as number;

const create = async (change: Record<string, unknown> = {}) => {
  const { body } = await world.wire("/api/project/createProject", { ...input, ...change });
  return body.data as { id: number; customer_id: number; seller_id: number };
};
const list = async (as: "business" | "individual" = "business") => (await world.wire("/api/project/getExternalProjects", {}, { as })).body;
const buyer = { email: input.customer_email, phone_number: input.customer_phone };

describe("createProject", () => {
  test("answers one object in the documented shape, without status and transaction, and the buyer exists at once", async () => {
    const { status, body } = await world.wire("/api/project/createProject", input);
    expect([status, body.status, body.message]).toEqual([200, "success", "project_created"]);
    expect(body.data).toEqual({
      project_name: "A house",
      description: "Three milestones",
      started_by: null,
      seller_id: world.seller,
      customer_id: number,
      updated_at: time,
      created_at: time,
      id: number,
    });
    expect((await create()).customer_id).toBe((body.data as { customer_id: number }).customer_id);
    expect((await create({ customer_email: "another@demo.tranche.test" })).customer_id).not.toBe(
      (body.data as { customer_id: number }).customer_id,
    );
  });

  test("form, multipart and JSON bodies are the same call", async () => {
    for (const encoding of ["form", "multipart", "json"] as const) {
      expect((await world.wire("/api/project/createProject", input, { encoding })).body.message).toBe("project_created");
    }
  });

  test("a missing field is named in the documented words, and nothing is made", async () => {
    for (const name of ["project_name", "description", "customer_email", "customer_phone"]) {
      const answer = await world.still(() => world.wire("/api/project/createProject", { ...input, [name]: "" }));
      expect([answer.status, answer.body]).toEqual([422, { status: "error", message: `The ${name} field is required.` }]);
    }
    const answer = await world.still(() => world.wire("/api/project/createProject", { ...input, customer_email: "nobody" }));
    expect([answer.status, answer.body.message]).toEqual([422, expect.stringContaining("customer_email")]);
  });
});

describe("updateProject", () => {
  test("PUT and POST change name and description and answer the project with its milestones", async () => {
    const { id } = await create();
    for (const method of ["PUT", "POST"] as const) {
      const { status, body } = await world.wire(
        `/api/project/updateProject/${id}`,
        { project_name: `A barn ${method}`, description: "Wood", project_id: id },
        { method },
      );
      expect([status, body.message]).toEqual([200, "project_updated"]);
      expect(body.data).toEqual({
        id,
        seller_id: world.seller,
        customer_id: number,
        project_name: `A barn ${method}`,
        description: "Wood",
        started_by: null,
        status: 0,
        created_at: time,
        updated_at: time,
        transaction: [],
      });
    }
  });

  test("an unknown project, a text for a number and another seller's project do not exist, in the documented words", async () => {
    const { id } = await create();
    const fields = { project_name: "Mine", description: "now" };
    for (const unknown of ["999999", "0", "1e9", "abc"]) {
      const answer = await world.still(() => world.wire(`/api/project/updateProject/${unknown}`, fields, { method: "PUT" }));
      expect([answer.status, answer.body]).toEqual([404, { status: "error", message: `Project with id (${unknown}) does not exist` }]);
    }
    const theirs = await world.still(() => world.wire(`/api/project/updateProject/${id}`, fields, { method: "PUT", as: "individual" }));
    expect([theirs.status, theirs.body.message]).toEqual([404, `Project with id (${id}) does not exist`]);
  });
});

describe("getExternalProjects", () => {
  test("answers an array, each project with its paid milestones as whole orders; unpaid ones are absent", async () => {
    const { id, customer_id: customerId } = await create();
    const { orderId } = await world.buy({ ...buyer, project_id: String(id) });
    const body = await list();
    expect([body.status, body.message]).toEqual(["success", "project_data"]);
    const projects = body.data as {
      id: number;
      customer_id: number;
      transaction: { id: number; amount_payed: number; status: { title: string } }[];
    }[];
    const found = projects.find((one) => one.id === id);
    expect(found?.customer_id).toBe(customerId);
    expect(found?.transaction).toMatchObject([{ id: orderId, amount_payed: 450_000, status: { title: "Pending" } }]);

    const empty = await create();
    await world.postForm(world.shopForm({ ...buyer, project_id: String(empty.id) }));
    expect(((await list()).data as { id: number; transaction: unknown[] }[]).find((one) => one.id === empty.id)?.transaction).toEqual([]);
  });

  test("shows a seller its own projects alone", async () => {
    await create();
    expect((await list("individual")).data).toEqual([]);
  });
});

describe("milestones", () => {
  test("the next one can be paid once the one before was accepted, and each is a transaction of its project", async () => {
    const { id } = await create();
    const first = await world.buy({ ...buyer, project_id: String(id) });
    await world.wire("/api/callback/order", { order: first.orderId, status: "delivered", phone_number: "" });
    await world.done(accept(world.on("buyer", first.orderId)));
    await world.due();
    const second = await world.buy({ ...buyer, project_id: String(id) });
    const { body } = await world.wire(`/api/project/updateProject/${id}`, { project_name: "A house", description: "Two paid" });
    expect(
      (body.data as { transaction: { id: number; status: { title: string } }[] }).transaction.map((one) => [one.id, one.status.title]),
    ).toEqual([
      [first.orderId, "Complete"],
      [second.orderId, "Pending"],
    ]);
  });

  test("a project of another buyer, or an unknown one, does not exist for a checkout", async () => {
    const { id } = await create();
    for (const change of [{ email: "somebody@demo.tranche.test" }, { phone_number: "+2348039998877" }]) {
      const answer = await world.still(() => world.postForm(world.shopForm({ ...buyer, ...change, project_id: String(id) })));
      expect([answer.status, answer.body.message]).toEqual([404, `Project with id (${id}) does not exist`]);
    }
    for (const unknown of ["987654", "abc"]) {
      const answer = await world.still(() => world.postForm(world.shopForm({ ...buyer, project_id: unknown })));
      expect([answer.status, answer.body.message]).toEqual([404, `Project with id (${unknown}) does not exist`]);
    }
  });
});

test("without a token, and with a wrong one, every project call says so and does nothing", async () => {
  for (const path of ["/api/project/createProject", "/api/project/updateProject/1", "/api/project/getExternalProjects"]) {
    const none = await world.still(() => world.wire(path, input, { as: null }));
    expect([path, none.status, none.body]).toEqual([path, 401, { status: "error", message: "The authtoken field is required." }]);
    for (const authtoken of [
      "x",
      Buffer.from("a:b").toString("base64"),
      Buffer.from(`${world.keysOf().public_key}:wrongwrongwrong`).toString("base64"),
    ]) {
      const wrong = await world.still(() => world.wire(path, { ...input, authtoken }, { as: null }));
      expect([path, wrong.status, wrong.body]).toEqual([
        path,
        401,
        { status: "error", message: "Invalid authtoken. Does not match any record." },
      ]);
    }
  }
});
