import { sha256 } from "./canonical.ts";

/** One balance that is owed, with the salt that hides it from whoever does not hold its receipt. `amount` in minor units, above 0. */
export interface Leaf {
  readonly holder: string;
  readonly amount: bigint;
  /** 32 hex digits, random, never used twice. */
  readonly salt: string;
}

/** A place in the tree: its hash, and the sum of everything owed below it. */
export interface Node {
  readonly hash: string;
  readonly sum: bigint;
}

/** The node beside the way from a leaf to the root. */
export interface Step extends Node {
  readonly side: "left" | "right";
}

/** The root of a tree without leaves. */
export const emptyRoot: Node = { hash: sha256("tranche-solvency-empty-v1"), sum: 0n };

/** A leaf's place in the tree of a currency. The first line differs from a node's, so that no node can be shown as a leaf. */
export function leafNode(currency: string, leaf: Leaf): Node {
  return { hash: sha256(`tranche-solvency-leaf-v1\n${currency}\n${leaf.salt}\n${leaf.holder}\n${leaf.amount}`), sum: leaf.amount };
}

/** Both sums stand in the hash, not only their total: with the total alone one sum could be shown small and the other large. */
export function parentNode(left: Node, right: Node): Node {
  return { hash: sha256(`tranche-solvency-node-v1\n${left.hash}\n${left.sum}\n${right.hash}\n${right.sum}`), sum: left.sum + right.sum };
}

export interface Tree {
  readonly root: Node;
  /** In the order of their hashes: with salts, a place says nothing about whose it is. */
  readonly leaves: readonly Leaf[];
  path(index: number): Step[];
}

/** The tree of one currency. A row's odd last node moves up as it is, never doubled. */
export function buildTree(currency: string, given: readonly Leaf[]): Tree {
  const sorted = given.map((leaf) => ({ leaf, node: leafNode(currency, leaf) })).toSorted((a, b) => (a.node.hash < b.node.hash ? -1 : 1));
  const rows: Node[][] = [sorted.map(({ node }) => node)];
  for (let row = rows[0] ?? []; row.length > 1; ) {
    const above: Node[] = [];
    for (let at = 0; at < row.length; at += 2) {
      const left = row[at] ?? emptyRoot;
      const right = row[at + 1];
      above.push(right === undefined ? left : parentNode(left, right));
    }
    rows.push(above);
    row = above;
  }
  return {
    root: rows.at(-1)?.[0] ?? emptyRoot,
    leaves: sorted.map(({ leaf }) => leaf),
    path: (index) =>
      rows.slice(0, -1).flatMap((row, height) => {
        const at = Math.floor(index / 2 ** height);
        const beside = row[at % 2 === 0 ? at + 1 : at - 1];
        return beside === undefined ? [] : [{ side: at % 2 === 0 ? ("right" as const) : ("left" as const), ...beside }];
      }),
  };
}

/** On which sides the nodes beside the way of leaf number `index` of `count` stand: the tree's shape leaves no choice. */
export function sidesOf(index: number, count: number): ("left" | "right")[] {
  const sides: ("left" | "right")[] = [];
  for (let at = index, width = count; width > 1; at = Math.floor(at / 2), width = Math.ceil(width / 2)) {
    if (at % 2 === 1) sides.push("left");
    else if (at + 1 < width) sides.push("right");
  }
  return sides;
}

/** Walks from a leaf to the root. */
export function climb(start: Node, path: readonly Step[]): Node {
  return path.reduce<Node>((here, step) => (step.side === "left" ? parentNode(step, here) : parentNode(here, step)), start);
}
