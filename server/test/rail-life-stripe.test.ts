import { railLife } from "./setup/rail-life.ts";

railLife("stripe", { pageLapses: true });
