// What a span does, by its operation: what it is drawn in, and what it is called.
import type { Outline } from "../api/types";

export type Role = "agent" | "inference" | "tool" | "other";

const ROLES: Record<string, Role> = {
  agent: "agent",
  invoke_agent: "agent",
  create_agent: "agent",
  escalate_agent: "agent",
  invoke_workflow: "agent",
  inference: "inference",
  chat: "inference",
  text_completion: "inference",
  generate_content: "inference",
  embeddings: "inference",
  tool: "tool",
  execute_tool: "tool",
};

/** What a cell of a session's strip is drawn in; a gap is drawn in nothing. */
export const GAP = "gap";

export const roleOf = (operation: string | undefined): Role => ROLES[operation ?? ""] ?? "other";

/** Call a span by what it is about: the tool, the agent or the model; else by its own name. */
export function titleOf(span: Outline): string {
  const role = roleOf(span.op);
  const about =
    role === "tool" ? span.tool : role === "inference" ? span.model : role === "agent" ? span.agent : undefined;
  if (about) return about;
  const { op, name } = span;
  return op && name.startsWith(op) && name.length > op.length ? name.slice(op.length).trim() || name : name;
}

export const failed = (span: { status: string }): boolean => span.status === "ERROR" || span.status === "TIMEOUT";
