// The spans of a session as a tree: rows in order, what is folded away, what failed, what the time was spent on.
// Sessions have 100,000 spans and 400 levels, so nothing here recurses, and all is linear or sorts once.
import type { Outline } from "../api/types";
import { failed } from "./roles";

export interface Node {
  span: Outline;
  parent: Node | undefined;
  children: Node[];
  depth: number;
  /** Spans below this one. */
  below: number;
  /** Spans below this one that failed. */
  failedBelow: number;
}

export interface Tree {
  roots: Node[];
  nodes: Map<string, Node>;
  /** All nodes, parents before children, as they stand when nothing is folded. */
  order: Node[];
  start: number;
  end: number;
}

/** Return when a span ended; one that runs lasts until `now`, the latest time that is known. */
export const endOf = (span: Outline, now: number): number => span.end ?? Math.max(span.start, now);

/** Lay spans, in order of their start, out as a tree. Without its parent a span is a root; cycles begin with their first. */
export function grow(spans: readonly Outline[]): Tree {
  const nodes = new Map<string, Node>();
  let start = Infinity;
  let end = -Infinity;
  for (const span of spans) {
    nodes.set(span.id, { span, parent: undefined, children: [], depth: 0, below: 0, failedBelow: 0 });
    start = Math.min(start, span.start);
    end = Math.max(end, span.end ?? span.start);
  }
  const roots: Node[] = [];
  for (const node of nodes.values()) {
    const parent = node.span.parent === undefined ? undefined : nodes.get(node.span.parent);
    if (parent && parent !== node) {
      node.parent = parent;
      parent.children.push(node);
    } else roots.push(node);
  }
  const order: Node[] = [];
  const placed = new Set<Node>();
  for (const root of [...roots, ...nodes.values()]) {
    if (placed.has(root)) continue;
    if (root.parent) {
      // only a cycle is not reached from a root: it is cut before its first span
      root.parent.children.splice(root.parent.children.indexOf(root), 1);
      root.parent = undefined;
      roots.push(root);
    }
    const waiting = [root];
    for (let node = waiting.pop(); node; node = waiting.pop()) {
      placed.add(node);
      node.depth = node.parent ? node.parent.depth + 1 : 0;
      order.push(node);
      for (const child of node.children.toReversed()) waiting.push(child);
    }
  }
  for (const node of order.toReversed()) {
    if (!node.parent) continue;
    node.parent.below += node.below + 1;
    node.parent.failedBelow += node.failedBelow + (failed(node.span) ? 1 : 0);
  }
  return { roots, nodes, order, start: spans.length ? start : 0, end: spans.length ? end : 0 };
}

/** Return the rows that are seen when some nodes are folded. */
export function unfolded(tree: Tree, folded: (node: Node) => boolean): Node[] {
  const rows: Node[] = [];
  let hidden = 0;
  for (const node of tree.order) {
    if (hidden > 0) {
      hidden--;
      continue;
    }
    rows.push(node);
    if (node.below && folded(node)) hidden = node.below;
  }
  return rows;
}

/** Return the steps that failed by themselves: not those that only pass on what failed below them. */
export function failures(tree: Tree): Node[] {
  return tree.order
    .filter((node) => failed(node.span) && !node.failedBelow)
    .sort((one, other) => one.span.start - other.span.start);
}

/**
 * Return the spans that each root's duration is made of: from its end backwards, the child that ended last before, and
 * so on. Shortening any other span would not have made it faster.
 */
export function criticalPath(tree: Tree): Set<string> {
  const path = new Set<string>();
  const waiting: [node: Node, until: number][] = tree.roots.map((root) => [root, endOf(root.span, tree.end)]);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [node, until] = next;
    path.add(node.span.id);
    let left = until;
    const children = node.children.toSorted((one, other) => endOf(other.span, tree.end) - endOf(one.span, tree.end));
    for (const child of children) {
      const end = endOf(child.span, tree.end);
      if (end > left || child.span.start >= left) continue;
      waiting.push([child, end]);
      left = child.span.start;
    }
  }
  return path;
}

/** Return the nodes from a root down to one. */
export function pathTo(node: Node | undefined): Node[] {
  const path: Node[] = [];
  for (let at = node; at; at = at.parent) path.unshift(at);
  return path;
}
