import type { ServerSettings } from "../../src/http/app.ts";

/** A log that keeps what the server warns of or calls a fault: the answers themselves tell nobody the cause. */
export function collectLog(): { readonly logger: ServerSettings["logger"]; readonly logged: string[] } {
  const logged: string[] = [];
  const silent = () => undefined;
  const keep = (fields: unknown, says?: string) => {
    const { stack, err } = (typeof fields === "object" && fields !== null ? fields : {}) as { stack?: string; err?: Error };
    logged.push([says ?? "", stack ?? err?.stack ?? JSON.stringify(fields)].join("\n"));
  };
  const logger = {
    level: "warn",
    info: silent,
    debug: silent,
    trace: silent,
    silent,
    warn: keep,
    error: keep,
    fatal: keep,
    child: () => logger,
  };
  return { logger, logged };
}
