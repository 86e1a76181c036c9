import { railLife } from "./setup/rail-life.ts";

railLife("flutterwave");
