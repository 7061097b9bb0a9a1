// The figures of one span that its members and attributes tell.
import type { SpanAttributes } from "../api/types";

export interface TokenPart {
  name: string;
  tokens: number;
  className: string;
}

const REASONING = /reasoning.*tokens$/i;

/** Return the tokens of a call, kind by kind, as far as they were told: AWS counts input without cache. */
export function tokenParts(attributes: SpanAttributes, unclaimed: Record<string, unknown>): TokenPart[] {
  const told: readonly (readonly [string, number | null | undefined, string])[] = [
    ["Read from cache", attributes.cacheReadInputTokens, "part-cached"],
    ["Written to cache", attributes.cacheWriteInputTokens, "part-written"],
    ["Input", attributes.usageInputTokens, "part-input"],
    ["Output", attributes.usageOutputTokens, "part-output"],
  ];
  const parts = told.flatMap(([name, tokens, className]) => (tokens ? [{ name, tokens, className }] : []));
  // models that reason count that in their output; frameworks tell it beside
  const reasoning = Object.entries(unclaimed).find(([name, value]) => REASONING.test(name) && Number(value) > 0);
  const output = parts.find(({ name }) => name === "Output");
  if (reasoning && output && Number(reasoning[1]) <= output.tokens) {
    output.tokens -= Number(reasoning[1]);
    parts.push({ name: "Reasoning", tokens: Number(reasoning[1]), className: "part-reasoning" });
  }
  return parts.filter(({ tokens }) => tokens > 0);
}

/** Members that have a place of their own; the others are the parameters. */
const PLACED = new Set([
  "inputMessages",
  "outputMessages",
  "systemInstructions",
  "guardrailAssessments",
  "usageInputTokens",
  "usageOutputTokens",
  "usageTotalTokens",
  "cacheReadInputTokens",
  "cacheWriteInputTokens",
]);

/** Return the members without a place of their own, in their order. */
export const parametersOf = (attributes: SpanAttributes): [name: string, value: unknown][] =>
  Object.entries(attributes).filter(([name, value]) => !PLACED.has(name) && value !== null);

/** Write a member's name as words: `aiAgentName` is `AI agent name`. */
export function inWords(member: string): string {
  const words = member.replace(/([A-Z])/g, " $1").toLowerCase();
  return (words.charAt(0).toUpperCase() + words.slice(1)).replace(/\b(ai|id|arn|ms)\b/gi, (word) =>
    word.toLowerCase() === "ms" ? "ms" : word.toUpperCase(),
  );
}
