import { expect, test } from "vitest";

import type { Outline, Turn } from "../api/types";
import { isWithin, nearest, once } from "./turns";

const turn = (spanId: string, timestamp: number, more: Partial<Turn> = {}): Turn => ({
  kind: "message",
  spanId,
  timestamp,
  values: [],
  messageId: `${spanId}-${timestamp}`,
  ...more,
});
const span = (id: string, start: number, end: number): Outline => ({
  id,
  request: id,
  name: id,
  op: "inference",
  type: "CLIENT",
  start,
  end,
  status: "OK",
  messages: 0,
  newMessages: 0,
});
const call = { toolUseId: "1", name: "t", spanId: "tool" };
const turns = [turn("a", 10), turn("b", 20, { calls: [call] }), turn("c", 30)];

test("a span leads to what it said, or to the call that it ran", () => {
  expect(nearest(turns, "c", undefined)).toBe(2);
  expect(nearest(turns, "tool", span("tool", 21, 22))).toBe(1);
});

test("a span that said nothing leads to what was said while it ran, or before", () => {
  expect(nearest(turns, "x", span("x", 15, 40))).toBe(1);
  expect(nearest(turns, "x", span("x", 22, 25))).toBe(1);
  expect(nearest(turns, "x", span("x", 40, 41))).toBe(2);
  expect(nearest(turns, "x", span("x", 1, 2))).toBe(0);
  expect(nearest(turns, "x", undefined)).toBe(-1);
});

test("a span before or after all that is here is elsewhere, unless there is no more", () => {
  const [both, none] = [
    { hasPreviousPage: true, hasNextPage: true },
    { hasPreviousPage: false, hasNextPage: false },
  ];
  expect(isWithin(turns, span("x", 20, 21), both)).toBe(true);
  for (const start of [5, 35]) {
    expect(isWithin(turns, span("x", start, 99), both)).toBe(false);
    expect(isWithin(turns, span("x", start, 99), none)).toBe(true);
  }
});

test("a turn that two pages have is there once", () => {
  expect(once([...turns, turn("c", 30)])).toHaveLength(3);
});
