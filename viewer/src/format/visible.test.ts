import { expect, test } from "vitest";

import { oneLine, visible } from "./visible";

test("what a browser drops or obeys is spelled out", () => {
  expect(visible("\u001b[31mred\u0000\u007f\u009b\u202etxt.exe\ufeff")).toBe("␛[31mred␀␡\\x9b\\u202etxt.exe\\ufeff");
});

test("lines, tabs, emoji and other scripts stay as they are", () => {
  const text = "a\tb\nשלום 👩‍👩‍👧 مرحبا";
  expect(visible(text)).toBe(text);
});

test("one line never ends within a character", () => {
  expect(oneLine("  a \n b  ")).toBe("a b");
  expect(oneLine("ab👍👍", 3)).toBe("ab…");
});
