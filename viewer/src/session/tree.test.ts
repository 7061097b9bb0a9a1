import { describe, expect, test } from "vitest";

import type { Outline } from "../api/types";
import { criticalPath, failures, grow, pathTo, unfolded } from "./tree";

const span = (
  id: string,
  parent: string | undefined,
  start: number,
  end: number,
  status: Outline["status"] = "OK",
): Outline => ({
  id,
  ...(parent === undefined ? {} : { parent }),
  request: "r",
  op: "",
  messages: 0,
  newMessages: 0,
  name: id,
  type: "INTERNAL",
  start,
  end,
  status,
});
const ids = (nodes: readonly { span: Outline }[]) => nodes.map((node) => node.span.id).join(" ");

const SESSION = [
  span("agent", undefined, 0, 10, "ERROR"),
  span("plan", "agent", 0, 3),
  span("search", "agent", 3, 9, "ERROR"),
  span("fetch", "search", 4, 8, "TIMEOUT"),
  span("log", "search", 4, 5),
  span("orphan", "never came", 11, 12),
];

describe("a tree of spans", () => {
  const tree = grow(SESSION);

  test("has each span once, children below their parents, orphans as roots", () => {
    expect(ids(tree.order)).toBe("agent plan search fetch log orphan");
    expect(tree.order.map((node) => node.depth)).toEqual([0, 1, 1, 2, 2, 0]);
    expect([tree.start, tree.end]).toEqual([0, 12]);
  });

  test("counts what is below", () => {
    const agent = tree.nodes.get("agent");
    expect([agent?.below, agent?.failedBelow]).toEqual([4, 2]);
  });

  test("leaves out what is folded", () => {
    expect(ids(unfolded(tree, (node) => node.span.id === "search"))).toBe("agent plan search orphan");
    expect(ids(unfolded(tree, () => true))).toBe("agent orphan");
  });

  test("knows which step failed, not what passed it on", () => expect(ids(failures(tree))).toBe("fetch"));

  test("knows what the duration is made of", () => {
    expect([...criticalPath(tree)].sort().join(" ")).toBe("agent fetch orphan plan search");
  });

  test("leads from a root to a span", () => expect(ids(pathTo(tree.nodes.get("fetch")))).toBe("agent search fetch"));
});

test("a cycle of parents is cut, and every span is there once", () => {
  const tree = grow([span("a", "c", 0, 1), span("b", "a", 0, 1), span("c", "b", 0, 1), span("self", "self", 0, 1)]);
  expect(ids(tree.order)).toBe("self a b c");
  expect(tree.order.map((node) => node.depth)).toEqual([0, 0, 1, 2]);
});

test("100,000 levels need no stack", () => {
  const deep = Array.from({ length: 100_000 }, (_, level) =>
    span(String(level), level ? String(level - 1) : undefined, level, level + 1),
  );
  const tree = grow(deep);
  expect(tree.order.at(-1)?.depth).toBe(99_999);
  expect(tree.roots[0]?.below).toBe(99_999);
});
