import { expect, test } from "vitest";

import { inWords, parametersOf, tokenParts } from "./figures";

test("tokens are told kind by kind, reasoning out of the output", () => {
  const attributes = { usageInputTokens: 10, usageOutputTokens: 50, cacheReadInputTokens: 100, usageTotalTokens: 160 };
  const parts = tokenParts(attributes, { "gen_ai.usage.reasoning.output_tokens": 20 });
  expect(parts.map(({ name, tokens }) => `${name} ${tokens}`)).toEqual([
    "Read from cache 100",
    "Input 10",
    "Output 30",
    "Reasoning 20",
  ]);
});

test("reasoning that is no part of the output is left out", () => {
  expect(tokenParts({ usageOutputTokens: 5 }, { "x.reasoning_tokens": 20 })).toHaveLength(1);
});

test("parameters are members without a place of their own, in words", () => {
  expect(parametersOf({ requestModel: "m", usageInputTokens: 1, aiAgentId: null })).toEqual([["requestModel", "m"]]);
  expect(["requestModel", "aiAgentName", "timeToFirstTokenMs", "promptArn"].map(inWords)).toEqual([
    "Request model",
    "AI agent name",
    "Time to first token ms",
    "Prompt ARN",
  ]);
});
