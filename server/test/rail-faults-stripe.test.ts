import { railFaults } from "./setup/rail-faults.ts";

railFaults("stripe");
