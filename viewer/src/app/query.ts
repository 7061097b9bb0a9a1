// The query of the sessions, one text: `agent:planner status:error duration>2s last:24h umbrella`. Read, and changed by clicks.

/** The words that begin a condition, each with the parameter of the API that it becomes and what it is for. */
export const KEYS = {
  assistant: { parameter: "assistantId", hint: "whose sessions", facet: "assistant" },
  agent: { parameter: "agent", hint: "an agent took part", facet: "agent" },
  model: { parameter: "model", hint: "a model was called", facet: "model" },
  tool: { parameter: "tool", hint: "a tool was called", facet: "tool" },
  status: { parameter: "status", hint: "ok, error, timeout or running", facet: undefined },
  error: { parameter: "errorType", hint: "a type of error occurred", facet: "errorType" },
  last: { parameter: "from", hint: "time range back from now, as 30min, 24h or 7d", facet: undefined },
  from: { parameter: "from", hint: "started at or after, as 2026-11-25 or 2026-11-25T14:00", facet: undefined },
  to: { parameter: "to", hint: "started before", facet: undefined },
} as const;

export type Key = keyof typeof KEYS;
export const STATUSES = ["ok", "error", "timeout", "running"] as const;

/** The figures that can be bounded, each with its parameters and the factor to the API's unit. */
const BOUNDS = {
  duration: { min: "minDurationMs", max: "maxDurationMs" },
  tokens: { min: "minTokens", max: "maxTokens" },
} as const;

const DURATIONS: Record<string, number> = {
  ms: 1,
  s: 1e3,
  min: 6e4,
  m: 6e4,
  h: 36e5,
  d: 864e5,
  w: 6048e5,
  y: 31_536e6,
};
const COUNTS: Record<string, number> = { "": 1, k: 1e3, m: 1e6 };

export interface Condition {
  key: Key;
  value: string;
}

export interface Bound {
  figure: keyof typeof BOUNDS;
  sign: "<" | ">";
  value: string;
}

/** A part of the query with its place in the text; `problem` says why it cannot be used. */
export interface Token {
  start: number;
  end: number;
  condition?: Condition;
  bound?: Bound;
  text?: string;
  problem?: string;
}

const TOKEN = /(?:([a-z]+)([:<>])("(?:[^"\\]|\\.)*"?|\S*))|("[^"]*"?|\S+)/gi;

/** Split a query into its parts; words that belong to no condition are text to search for. */
export function parse(query: string): Token[] {
  return Array.from(query.matchAll(TOKEN), (match) => {
    const [whole, key = "", sign = "", value = ""] = match;
    const place = { start: match.index, end: match.index + whole.length };
    const name = key.toLowerCase();
    if (sign === ":" && name in KEYS) return checked(place, { key: name as Key, value: unquoted(value) });
    if ((sign === "<" || sign === ">") && name in BOUNDS) {
      const bound: Bound = { figure: name as Bound["figure"], sign, value };
      return { ...place, bound, ...(amount(bound) === undefined ? { problem: `${value || "?"}: no ${name}` } : {}) };
    }
    return { ...place, text: whole };
  });
}

function checked(place: { start: number; end: number }, condition: Condition): Token {
  const { key, value } = condition;
  const usable =
    value !== "" &&
    (key === "status" ? (STATUSES as readonly string[]).includes(value) : true) &&
    (key === "last" ? milliseconds(value) !== undefined : true) &&
    (key === "from" || key === "to" ? !Number.isNaN(Date.parse(value)) : true);
  return usable ? { ...place, condition } : { ...place, condition, problem: `${key}: ${KEYS[key].hint}` };
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.replace(/^"|"$/g, "").replace(/\\(.)/g, "$1") : value;
}

function milliseconds(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(text);
  const unit = DURATIONS[match?.[2]?.toLowerCase() ?? ""];
  return match && unit !== undefined ? Number(match[1]) * unit : undefined;
}

function amount({ figure, value }: Bound): number | undefined {
  if (figure === "duration") return milliseconds(value);
  const match = /^(\d+(?:\.\d+)?)([km]?)$/i.exec(value);
  return match ? Number(match[1]) * (COUNTS[match[2]?.toLowerCase() ?? ""] ?? 1) : undefined;
}

/** Write a condition as it stands in a query. */
export function written(key: Key, value: string): string {
  return /[\s"]/.test(value) ? `${key}:"${value.replace(/[\\"]/g, "\\$&")}"` : `${key}:${value}`;
}

export const has = (query: string, key: Key, value: string): boolean =>
  parse(query).some(({ condition }) => condition?.key === key && condition.value === value);

/** Add a condition, or take it away if it is there. */
export function toggled(query: string, key: Key, value: string): string {
  const there = parse(query).filter(({ condition }) => condition?.key === key && condition.value === value);
  return there.length ? without(query, there) : `${written(key, value)} ${query}`.trim();
}

/** Put one condition in the place of all with the same key; an empty value takes them away. */
export function replaced(query: string, key: Key, value: string): string {
  const rest = without(
    query,
    parse(query).filter(({ condition }) => condition?.key === key),
  );
  return value ? `${written(key, value)} ${rest}`.trim() : rest;
}

function without(query: string, tokens: readonly Token[]): string {
  let rest = query;
  for (const { start, end } of tokens.toReversed()) rest = rest.slice(0, start) + rest.slice(end);
  return rest.replace(/\s+/g, " ").trim();
}

/** Return the API's parameters; `last` counts back from `now`, in milliseconds. Unusable parts are left out. */
export function parameters(query: string, now: number): Record<string, string | string[]> {
  const told: Record<string, string | string[]> = {};
  const words: string[] = [];
  for (const { condition, bound, text, problem } of parse(query)) {
    if (problem) continue;
    if (text !== undefined) words.push(text);
    if (bound) told[BOUNDS[bound.figure][bound.sign === ">" ? "min" : "max"]] = String(amount(bound));
    if (condition?.key === "last") told.from = String((now - (milliseconds(condition.value) ?? 0)) / 1000);
    else if (condition?.key === "from" || condition?.key === "to")
      told[condition.key] = String(Date.parse(condition.value) / 1000);
    else if (condition) {
      const { parameter } = KEYS[condition.key];
      told[parameter] = [told[parameter] ?? [], condition.value].flat();
    }
  }
  if (words.length) told.q = words.join(" ");
  return told;
}
