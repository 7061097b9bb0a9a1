// Who called whom: the agents, tools and models of a session, and how often and how long along each line.
import type { Outline } from "../api/types";
import { failed, roleOf, titleOf, type Role } from "./roles";
import { endOf, type Node, type Tree } from "./tree";

export interface Actor {
  id: string;
  role: Role;
  name: string;
  calls: number;
  seconds: number;
  failures: number;
  tokens: number;
  /** The first span of it, and the first that failed. */
  first: string;
  firstFailure?: string;
  column: number;
  row: number;
}

export interface Line {
  from: string;
  to: string;
  calls: number;
  seconds: number;
  failures: number;
  /** How agents pass a conversation on: DELEGATE, HANDOFF, ESCALATE. */
  modes: string[];
  first: string;
}

export interface Graph {
  actors: Actor[];
  lines: Line[];
}

const CUSTOMER = "customer";
/** Where agents are unnamed, all calls belong to the session. */
const UNNAMED = "unnamed agent";

/** Gather the tree's spans into actors and lines; layers run from the customer to what was called last. */
export function graph(tree: Tree): Graph {
  const actors = new Map<string, Actor>();
  const lines = new Map<string, Line>();
  const callers = new Map<Node, string>();
  const customer = actor(actors, CUSTOMER, "other", "Customer", tree.order[0]?.span.id ?? "");

  for (const node of tree.order) {
    const { span } = node;
    const role = roleOf(span.op);
    const caller = (node.parent && callers.get(node.parent)) ?? customer.id;
    callers.set(node, caller);
    if (role === "other") continue;
    let from = caller;
    if (role !== "agent" && caller === CUSTOMER) {
      // a call without an agent above it still belongs to the agent that it names
      const name = span.agent ?? UNNAMED;
      from = actor(actors, `agent ${name}`, "agent", name, span.id).id;
      if (!lines.has(`${CUSTOMER}\n${from}`)) join(lines, CUSTOMER, from, span, 0);
    }
    const name = role === "agent" ? (span.agent ?? titleOf(span)) : titleOf(span);
    const one = actor(actors, `${role} ${name}`, role, name, span.id);
    const seconds = endOf(span, tree.end) - span.start;
    one.calls++;
    one.seconds += seconds;
    one.tokens += role === "inference" ? (span.tokens?.total ?? 0) : 0;
    if (failed(span)) {
      one.failures++;
      one.firstFailure ??= span.id;
    }
    if (role === "agent") callers.set(node, one.id);
    if (one.id !== from) join(lines, from, one.id, span, seconds);
  }
  arrange(actors, lines);
  return { actors: [...actors.values()], lines: [...lines.values()] };
}

function actor(actors: Map<string, Actor>, id: string, role: Role, name: string, first: string): Actor {
  const known = actors.get(id);
  if (known) return known;
  const made: Actor = { id, role, name, calls: 0, seconds: 0, failures: 0, tokens: 0, first, column: 0, row: 0 };
  actors.set(id, made);
  return made;
}

function join(lines: Map<string, Line>, from: string, to: string, span: Outline, seconds: number): void {
  const key = `${from}\n${to}`;
  const line = lines.get(key) ?? { from, to, calls: 0, seconds: 0, failures: 0, modes: [], first: span.id };
  lines.set(key, line);
  line.calls++;
  line.seconds += seconds;
  line.failures += failed(span) ? 1 : 0;
  const mode = span.returnReason === "ESCALATE" ? "ESCALATE" : span.interactionMode;
  if (mode && !line.modes.includes(mode)) line.modes.push(mode);
}

/** Put each actor in the column after its nearest caller's, as near to its callers' rows as there is room. */
function arrange(actors: Map<string, Actor>, lines: Map<string, Line>): void {
  const next = new Map<string, string[]>();
  for (const { from, to } of lines.values()) next.set(from, [...(next.get(from) ?? []), to]);
  const columns: Actor[][] = [];
  const callers = new Map<Actor, Actor[]>();
  const placed = new Set([CUSTOMER]);
  const waiting = [CUSTOMER];
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
    const one = actors.get(id);
    if (!one) continue;
    (columns[one.column] ??= []).push(one);
    for (const to of next.get(id) ?? []) {
      const called = actors.get(to);
      if (!called) continue;
      if (!placed.has(to)) {
        placed.add(to);
        called.column = one.column + 1;
        waiting.push(to);
      }
      if (called.column > one.column) callers.set(called, [...(callers.get(called) ?? []), one]);
    }
  }
  for (const column of columns) stack(column, (one) => mean((callers.get(one) ?? []).map(({ row }) => row)));
  const top = Math.min(...[...actors.values()].map(({ row }) => row));
  for (const one of actors.values()) one.row -= top;
}

const mean = (values: readonly number[]): number =>
  values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;

/** Give the actors of a column rows of their own, around those where they want to be. */
function stack(column: Actor[], wanted: (one: Actor) => number): void {
  const wishes = column.map((one) => ({ one, row: wanted(one) })).sort((a, b) => a.row - b.row);
  let free = -Infinity;
  for (const { one, row } of wishes) {
    one.row = Math.max(row, free);
    free = one.row + 1;
  }
  const off = mean(wishes.map(({ one, row }) => one.row - row));
  for (const { one } of wishes) one.row -= off;
}
