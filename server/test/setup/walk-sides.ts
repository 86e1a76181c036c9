import type { World } from "./world.ts";
export const sideWalks: { name: string; run(world: World): Promise<void> }[] = [];
