/** A value of a form whose names have brackets: `a[b]=1`, `a[0][c]=2`, `a[]=3`. */
export type FormValue = string | FormValue[] | { [name: string]: FormValue };

type Tree = { [name: string]: string | Tree };

/** Reads such a form. What is numbered 0, 1, 2 … is a list. A name given twice keeps its last value. */
export function readForm(text: string): Record<string, FormValue> {
  const root: Tree = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.replaceAll("]", "").split("[");
    let at = root;
    for (const [depth, part] of path.entries()) {
      const key = part === "" && depth > 0 ? String(Object.keys(at).length) : part;
      if (depth === path.length - 1) at[key] = value;
      else {
        const next = at[key];
        const inner: Tree = typeof next === "object" ? next : Object.create(null);
        at[key] = inner;
        at = inner;
      }
    }
  }
  return Object.fromEntries(Object.entries(root).map(([name, value]) => [name, settle(value)]));
}

function settle(tree: string | Tree): FormValue {
  if (typeof tree === "string") return tree;
  const entries = Object.entries(tree);
  if (entries.length > 0 && entries.every(([key], at) => key === String(at))) return entries.map(([, value]) => settle(value));
  return Object.fromEntries(entries.map(([key, value]) => [key, settle(value)]));
}
