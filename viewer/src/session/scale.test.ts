import { describe, expect, test } from "vitest";

import { foldable, idle, scale, ticks } from "./scale";

test("idle time is what no span covers", () => {
  const spans = [
    { start: 10, end: 12 },
    { start: 0, end: 4 },
    { start: 3, end: 5 },
    { start: 100, end: 101 },
  ];
  expect(idle(spans)).toEqual([
    { start: 5, end: 10 },
    { start: 12, end: 100 },
  ]);
  expect(foldable(idle(spans), 0, 101)).toEqual([
    { start: 5, end: 10 },
    { start: 12, end: 100 },
  ]);
});

describe("a scale", () => {
  test("is even without gaps", () => {
    const even = scale(10, 20);
    expect([10, 15, 20].map(even.at)).toEqual([0, 0.5, 1]);
    expect(even.time(0.5)).toBe(15);
  });

  test("folds a gap to a sliver and keeps order and ends", () => {
    const folded = scale(0, 1000, [{ start: 10, end: 990 }]);
    const places = [0, 10, 500, 990, 1000].map(folded.at);
    expect(places[0]).toBe(0);
    expect(places[1]).toBeCloseTo(0.49);
    expect(places[2]).toBeCloseTo(0.5);
    expect(places[3]).toBeCloseTo(0.51);
    expect(places[4]).toBeCloseTo(1);
    for (const time of [3, 500, 995]) expect(folded.time(folded.at(time))).toBeCloseTo(time);
  });

  test("of a session without extent is finite", () => expect(scale(5, 5).at(5)).toBe(0));
});

test("ticks are round", () => {
  expect(ticks(0.13, 5)).toEqual([0, 0.05, 0.1]);
  expect(ticks(100, 5)).toEqual([0, 30, 60, 90]);
  expect(ticks(1_000_000, 5)[1]).toBe(259_200);
});
