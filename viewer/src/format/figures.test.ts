import { expect, test } from "vitest";

import { ago, duration, money, percent, plural, short } from "./figures";

test.each([
  [0.0002, "<1 ms"],
  [0.134, "134 ms"],
  [0.9999, "1.00 s"],
  [1.25, "1.25 s"],
  [42.04, "42.0 s"],
  [59.999, "1 min"],
  [125, "2 min 5 s"],
  [3600, "1 h"],
  [11_040, "3 h 4 min"],
  [90_000, "1 d 1 h"],
])("a duration of %d s reads %s", (seconds, text) => expect(duration(seconds)).toBe(text));

test.each([
  [0, "$0"],
  [0.00004, "<$0.0001"],
  [0.0031, "$0.0031"],
  [1.239, "$1.24"],
  [1204.4, "$1,204"],
])("%d dollars read %s", (dollars, text) => expect(money(dollars)).toBe(text));

test("shares keep a digit where it says something", () => {
  expect([0, 0.0004, 0.034, 0.42].map(percent)).toEqual(["0 %", "<0.1 %", "3.4 %", "42 %"]);
});

test("counts are whole until they are long", () => {
  expect([9_999, 12_345, 1_250_000].map(short)).toEqual(["9,999", "12.3K", "1.25M"]);
  expect([1, 2].map((value) => plural(value, "span"))).toEqual(["1 span", "2 spans"]);
});

test("times past are told in their largest unit", () => {
  expect([105, 100, 55, -200, -8000, -90_000].map((time) => ago(time, 100))).toEqual([
    "ahead",
    "just now",
    "45 s ago",
    "5 min ago",
    "2 h ago",
    "1 d ago",
  ]);
});
