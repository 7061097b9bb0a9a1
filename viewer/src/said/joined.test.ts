import { expect, test } from "vitest";

import { joined, whole } from "./joined";

const text = (value: string, more = {}) => ({ text: { value, ...more } });
const FULL = "x".repeat(4_096);
const LINES = `${"x".repeat(3_500)}\n`;

test("a text that was cut is one again, with what its end cites", () => {
  const citations = [{ title: "terms" }];
  expect(joined([text(FULL), text(LINES), text("end", { citations }), text("next")])).toEqual([
    text(`${FULL}${LINES}end`, { citations }),
    text("next"),
  ]);
});

test("texts that are long by themselves stay apart", () => {
  const values = [text("x".repeat(3_500)), text("y")];
  expect(joined(values)).toEqual(values);
});

test("what stands between, or nothing after, ends a text", () => {
  const reasoning = { reasoning: { value: "hm" } };
  expect(joined([text(FULL), reasoning, text(FULL)])).toEqual([text(FULL), reasoning, text(FULL)]);
});

test("messages that one was cut into are one again, others are not", () => {
  const full = { participant: "BOT", values: Array.from({ length: 10 }, () => text(FULL)) };
  const messages = whole([
    full,
    full,
    { participant: "BOT", values: [text("end")] },
    { participant: "BOT", values: [] },
  ]);
  expect(messages.map(({ values }) => values.length)).toEqual([21, 0]);
  expect(whole([full, { participant: "CUSTOMER", values: [text("no")] }])).toHaveLength(2);
});
