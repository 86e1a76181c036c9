import type { Measure } from "./bench.ts";
import { cost } from "./measures/cost.ts";
import { engine } from "./measures/engine.ts";
import { http } from "./measures/http.ts";
import { integrity } from "./measures/integrity.ts";
import { kysely } from "./measures/kysely.ts";
import { lifeBytes } from "./measures/life-bytes.ts";
import { list } from "./measures/list.ts";
import { oneSeller } from "./measures/one-seller.ts";
import { pgledger } from "./measures/pgledger.ts";
import { postgres15 } from "./measures/postgres-15.ts";
import { railEvents } from "./measures/rail-events.ts";
import { sameRows } from "./measures/same-rows.ts";
import { single } from "./measures/single.ts";
import { start } from "./measures/start.ts";
import { verify } from "./measures/verify.ts";

/** Every measure, in the order in which a round takes them. */
export const all: readonly Measure[] = [
  engine,
  sameRows,
  kysely,
  pgledger,
  http,
  list,
  oneSeller,
  integrity,
  postgres15,
  single,
  cost,
  lifeBytes,
  verify,
  railEvents,
  start,
];
