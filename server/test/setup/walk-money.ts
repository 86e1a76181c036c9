import type { World } from "./world.ts";
export const moneyWalks: { name: string; run(world: World): Promise<void> }[] = [];
