import type { FastifyInstance } from "fastify";
import { createProject, updateProject } from "../../actions/projects.ts";
import { messages, noSuchProject } from "../../atarapay/messages.ts";
import { wireProject, wireProjectCreated } from "../../atarapay/project-object.ts";
import type { WireOrder } from "../../atarapay/order-object.ts";
import { readMilestones, readOrdersForWire } from "../../db/orders.ts";
import { listProjects, readProject } from "../../db/projects.ts";
import type { Project } from "../../domain/facts.ts";
import { must } from "../../domain/fault.ts";
import { unpaidStates } from "../../domain/order-table.ts";
import { isRefusal } from "../../domain/refusals.ts";
import { normaliseEmail, normalisePhone } from "../../domain/contact.ts";
import { wireOrderOf } from "../../events/wire-order.ts";
import type { App } from "../app-context.ts";
import { text, wholeNumber } from "../fields.ts";
import { failure, refused, success } from "./answers.ts";
import { byKey, enter } from "./caller.ts";

/** createProject, updateProject, getExternalProjects. */
export function projectRoutes(server: FastifyInstance, app: App): void {
  server.post("/api/project/createProject", async (request, reply) => {
    const call = await enter(app, request, reply, ["project_name", "description", "customer_email", "customer_phone"]);
    if (call === undefined) return reply;
    const email = normaliseEmail(call.fields["customer_email"], "customer_email");
    if (isRefusal(email)) return refused(reply, email);
    const phone = normalisePhone(call.fields["customer_phone"], "customer_phone");
    if (isRefusal(phone)) return refused(reply, phone);
    const input = {
      name: text(call.fields, "project_name"),
      description: text(call.fields, "description"),
      contact: { email, phone },
      startedBy: null,
    };
    const answer = await app.lanes.one(createProject(byKey(call.seller), input));
    if (isRefusal(answer)) return refused(reply, answer);
    const project = must(await readProject(app.pool, call.seller.id, Number(answer.done["project"])), "the new project");
    return success(reply, messages.projectCreated, wireProjectCreated({ ...project, closed: false }));
  });

  for (const method of ["PUT", "POST"] as const) {
    server.route<{ Params: { projectId: string } }>({
      method,
      url: "/api/project/updateProject/:projectId",
      handler: async (request, reply) => {
        const call = await enter(app, request, reply, ["project_name", "description"]);
        if (call === undefined) return reply;
        const { projectId } = request.params;
        const id = wholeNumber(projectId);
        if (id === undefined) return failure(reply, 404, noSuchProject(projectId));
        const input = { projectId: id, name: text(call.fields, "project_name"), description: text(call.fields, "description") };
        const answer = await app.lanes.one(updateProject(byKey(call.seller), input));
        if (isRefusal(answer)) return refused(reply, answer, answer.refused === "project_unknown" ? noSuchProject(id) : undefined);
        const project = must(await readProject(app.pool, call.seller.id, id), "the project");
        const [shown] = await withMilestones(app, call.seller.id, [project]);
        return success(reply, messages.projectUpdated, shown);
      },
    });
  }

  server.post("/api/project/getExternalProjects", async (request, reply) => {
    const call = await enter(app, request, reply, []);
    if (call === undefined) return reply;
    const projects = await listProjects(app.pool, call.seller.id, 200);
    return success(reply, messages.projects, await withMilestones(app, call.seller.id, projects));
  });
}

/** Projects with their paid milestones: unpaid ones do not exist on the wire. */
async function withMilestones(app: App, sellerId: number, projects: readonly Project[]) {
  const ids = projects.map((project) => project.id);
  const orders = (await readMilestones(app.pool, sellerId, ids)).filter(
    (order) => !(unpaidStates as readonly string[]).includes(order.state),
  );
  const views = await readOrdersForWire(app.pool, sellerId, orders);
  const wired: { projectId: number | null; order: WireOrder }[] = views.map((view) => ({
    projectId: view.order.projectId,
    order: wireOrderOf(view),
  }));
  return projects.map((project) => {
    const transaction = wired.filter((one) => one.projectId === project.id).map((one) => one.order);
    return wireProject({ ...project, closed: project.state === "closed" }, transaction);
  });
}
