import { readFileSync } from "node:fs";

/** A file that pages load, with what it is served as. */
export interface Asset {
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

/** The one stylesheet of all pages. */
export const stylesheet: Asset = {
  path: "/assets/tranche.css",
  type: "text/css; charset=utf-8",
  text: readFileSync(new URL("style.css", import.meta.url), "utf8"),
};
