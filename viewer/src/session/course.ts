// Turns that change the course of a conversation, in words.
import type { Turn } from "../api/types";
import { oneLine, visible } from "../format/visible";

const EVENTS: Record<string, string> = {
  escalate_agent: "escalated",
  return_to_agent: "returned to the agent before",
  barge_in: "was interrupted",
  hand_off: "handed over",
  delegate: "delegated",
};

/** Say what a turn changed, without who it was: `handed over to billing`; nothing for what is only said. */
export const courseOf = ({ kind, agent, targetAgentId }: Turn): string => {
  if (kind === "message") return "";
  // some tell of a hand-over where it arrives: the agent is its target
  if (kind === "hand_off" && targetAgentId !== undefined && targetAgentId === agent) return "took over";
  return (EVENTS[kind] ?? visible(kind)) + (targetAgentId ? ` to ${oneLine(targetAgentId, 80)}` : "");
};
