import { expect, test } from "vitest";

import type { Outline } from "../api/types";
import { graph } from "./graph";
import { grow } from "./tree";

const span = (id: string, parent: string | undefined, told: Partial<Outline>): Outline => ({
  id,
  ...(parent === undefined ? {} : { parent }),
  request: "r",
  op: "",
  messages: 0,
  newMessages: 0,
  name: id,
  type: "INTERNAL",
  start: 0,
  end: 1,
  status: "OK",
  ...told,
});

const drawn = (spans: Outline[]) => {
  const { actors, lines } = graph(grow(spans));
  return {
    actors: actors.map(({ name, calls, column, row }) => `${name} ×${calls} at ${column},${row}`),
    lines: lines.map(({ from, to, calls, failures, modes }) => [from, to, calls, failures, ...modes].join(" | ")),
  };
};

test("agents, their tools and models, and hand-offs", () => {
  const spans = [
    span("1", undefined, { op: "invoke_agent", agent: "desk" }),
    span("2", "1", { op: "inference", model: "m" }),
    span("3", "1", { op: "execute_tool", tool: "find", status: "ERROR" }),
    span("4", "1", { op: "execute_tool", tool: "find" }),
    span("5", "1", { op: "cycle", name: "cycle" }),
    span("6", "5", { op: "invoke_agent", agent: "refunds", interactionMode: "HANDOFF" }),
    span("7", "6", { op: "inference", model: "m" }),
  ];
  expect(drawn(spans)).toEqual({
    actors: ["Customer ×0 at 0,1", "desk ×1 at 1,1", "m ×2 at 2,0", "find ×2 at 2,1", "refunds ×1 at 2,2"],
    lines: [
      "customer | agent desk | 1 | 0",
      "agent desk | inference m | 1 | 0",
      "agent desk | tool find | 2 | 1",
      "agent desk | agent refunds | 1 | 0 | HANDOFF",
      "agent refunds | inference m | 1 | 0",
    ],
  });
});

test("calls without an agent belong to one that they name, or to an unnamed one", () => {
  const spans = [
    span("1", undefined, { op: "inference", model: "m", agent: "named" }),
    span("2", undefined, { op: "execute_tool", tool: "t" }),
  ];
  expect(drawn(spans).lines).toEqual([
    "customer | agent named | 1 | 0",
    "agent named | inference m | 1 | 0",
    "customer | agent unnamed agent | 1 | 0",
    "agent unnamed agent | tool t | 1 | 0",
  ]);
});

test("what one agent calls stands beside it", () => {
  const spans = [
    span("1", undefined, { op: "invoke_agent", agent: "desk" }),
    span("2", "1", { op: "execute_tool", tool: "a" }),
    span("3", "1", { op: "execute_tool", tool: "b" }),
    span("4", "1", { op: "invoke_agent", agent: "other" }),
    span("5", "4", { op: "execute_tool", tool: "c" }),
  ];
  expect(drawn(spans).actors.slice(-2)).toEqual(["other ×1 at 2,2", "c ×1 at 3,2"]);
});
