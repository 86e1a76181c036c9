import { verifyBooks } from "../../server/src/ledger/verify.ts";
import type { Measure } from "../bench.ts";

/** Replays every book of the run. A finding ends the run: fast and wrong is not a result. */
export const verify: Measure = {
  name: "verify",
  round: async (bench) => {
    const began = performance.now();
    const report = await verifyBooks(bench.parts.pool);
    const seconds = (performance.now() - began) / 1000;
    if (!report.ok) throw new Error(`the books do not verify: ${report.findings[0]?.says ?? "no finding named"}`);
    return { verified: report.entries / seconds };
  },
};
