import { describe, expect, test } from "vitest";

import { has, parameters, parse, replaced, toggled, written } from "./query";

const NOW = Date.parse("2026-11-25T12:00:00Z");

describe("a query becomes the API's parameters", () => {
  test.each([
    ["umbrella paris", { q: "umbrella paris" }],
    ["agent:planner agent:booker", { agent: ["planner", "booker"] }],
    ['tool:"get weather" rain', { tool: ["get weather"], q: "rain" }],
    ["status:error error:ValueError", { status: ["error"], errorType: ["ValueError"] }],
    ["duration>2s duration<1.5min", { minDurationMs: "2000", maxDurationMs: "90000" }],
    ["tokens>10k", { minTokens: "10000" }],
    ["last:24h", { from: String(NOW / 1000 - 86_400) }],
    ["from:2026-11-25T00:00:00Z", { from: String(Date.parse("2026-11-25T00:00:00Z") / 1000) }],
    ["http://example.com a:b", { q: "http://example.com a:b" }],
    ["STATUS:ok", { status: ["ok"] }],
  ])("%s", (query, told) => expect(parameters(query, NOW)).toEqual(told));
});

test.each(["status:fine", "last:soon", "from:yesterday", "duration>fast", "tokens<", "agent:"])(
  "%s is named as a problem and left out",
  (query) => {
    expect(parse(query)[0]?.problem).toBeTruthy();
    expect(parameters(query, NOW)).toEqual({});
  },
);

test("a condition is written so that it is read again", () => {
  for (const value of ["plain", "two words", 'a "quoted" \\ one'])
    expect(parse(written("agent", value))[0]?.condition).toEqual({ key: "agent", value });
});

test("clicks add, take away and replace conditions and leave the rest", () => {
  expect(toggled("rain", "status", "error")).toBe("status:error rain");
  expect(toggled("status:error rain agent:a", "status", "error")).toBe("rain agent:a");
  expect(replaced("last:1h rain last:7d", "last", "24h")).toBe("last:24h rain");
  expect(replaced("last:1h rain", "last", "")).toBe("rain");
  expect(has("status:error rain", "status", "error")).toBe(true);
});
