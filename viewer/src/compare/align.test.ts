import { describe, expect, test } from "vitest";

import { align, textOf, words } from "./align";

const drawn = (left: string, right: string) =>
  align(
    left.split(","),
    right.split(",").filter(Boolean),
    (letter) => letter,
    (letter) => (/[a-z]/.test(letter) ? "letter" : "digit"),
  )
    .map((pair) => `${pair.left ?? "."}${pair.right ?? "."}${pair.same ? "=" : ""}`)
    .join(" ");

describe("two sequences", () => {
  test("that are the same pair one to one", () => expect(drawn("a,b,c", "a,b,c")).toBe("aa= bb= cc="));
  test("show what one has more", () => expect(drawn("a,c", "a,b,c")).toBe("aa= .b cc="));
  test("pair what was replaced by its like", () => expect(drawn("a,x,c", "a,y,c")).toBe("aa= xy cc="));
  test("do not pair what is unlike", () => expect(drawn("a,x,c", "a,1,c")).toBe("aa= x. .1 cc="));
  test("of which one is empty stand alone", () => expect(drawn("a,b", "")).toBe("a. b."));
  test("that differ throughout are paired in order, in bounded time", () => {
    const left = Array.from({ length: 6_000 }, (_, index) => `l${index}`);
    const right = left.map((name) => name.replace("l", "r"));
    const pairs = align(left, right, (name) => name);
    expect(pairs).toHaveLength(6_000);
    expect(pairs[17]).toEqual({ left: "l17", right: "r17", same: false });
  });
});

test("texts tell calls and results as they can be read", () => {
  const values = [
    { text: { value: "Hm." } },
    { toolUse: { toolUseId: "1", name: "find", arguments: { a: 1 } } },
    { toolResult: { toolUseId: "1", values: [{ text: { value: "none" } }], error: "gone" } },
  ];
  expect(textOf(values)).toBe('Hm.\nfind({\n "a": 1\n})\n→ gone none');
});

test("words that changed are told", () => {
  const pieces = words("in two days", "in three days").map(({ text, change }) => `${change}:${text}`);
  expect(pieces).toEqual(["same:in ", "removed:two", "added:three", "same: days"]);
  expect(words("nothing alike", "at all").map(({ change }) => change)).toEqual(["removed", "added"]);
  expect(words("x".repeat(15_000), "y".repeat(15_000)).map(({ change }) => change)).toEqual(["removed", "added"]);
});
