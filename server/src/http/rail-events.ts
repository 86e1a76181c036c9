import type { FastifyInstance } from "fastify";
import { storeRailEvent } from "../db/rail-events.ts";
import { RailEventRejected } from "../rails/rail.ts";
import type { App } from "./app-context.ts";

/**
 * Where rails tell us what happened. The signature is checked over the raw bytes, the event stored, and only then acknowledged; a job
 * handles it. What is not understood is stored too.
 */
export function railEventRoutes(server: FastifyInstance, app: Pick<App, "rail" | "pool" | "now">): void {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    scope.post<{ Params: { rail: string } }>("/rails/:rail/events", async (request, reply) => {
      const rail = app.rail(request.params.rail);
      if (rail === undefined) return reply.code(404).send({ status: "error", message: "There is no such rail here." });
      const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      try {
        const parsed = rail.parseEvent(raw, request.headers);
        const event = (await rail.placeEvent?.(parsed)) ?? parsed;
        const { eventId, type, reference } = event;
        const stored = await storeRailEvent(app.pool, {
          rail: rail.name,
          eventId,
          type,
          reference,
          body: raw,
          parsed: event,
          at: app.now(),
        });
        return await reply.send({ status: "success", message: stored.times === 1 ? "stored" : "known already" });
      } catch (error) {
        if (error instanceof RailEventRejected) return reply.code(400).send({ status: "error", message: error.message });
        throw error;
      }
    });
  });
}
