import { expect, test } from "vitest";

import { pieces } from "./BigText";

test("pieces end at lines, never within a character, and lose nothing", () => {
  expect(pieces("ab\ncd\nef", 5)).toEqual(["ab\n", "cd\nef"]);
  expect(pieces("ab👍c", 3)).toEqual(["ab", "👍c"]);
  const text = "x".repeat(95);
  expect(pieces(text, 10).join("")).toBe(text);
});
