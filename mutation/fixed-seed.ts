import { configureGlobal } from "fast-check";

// A mutant lives or dies by its own change: with seeds drawn anew, the same mutant could survive today and die tomorrow. Fewer runs, because
// these tests run thousands of times.
configureGlobal({ seed: 20_260_101, numRuns: 200 });
