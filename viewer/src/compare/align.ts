// Two sequences beside each other: what is in both stands on one line, what is in one stands alone.
import { diffArrays, diffWordsWithSpace } from "diff";

import type { Message, Value } from "../api/types";
import { joined } from "../said/joined";

export interface Pair<T> {
  left?: T;
  right?: T;
  /** Whether both are the same by their keys; pairs of different ones stand in for each other. */
  same: boolean;
}

/** Differences beyond this are not sought on: the rest is paired in order. */
const EDITS_MAX = 4_000;
const WORDS_CHARS_MAX = 20_000;
/** Texts that have less than this share in common are other texts: their words are not compared. */
const KEPT_MIN = 0.3;

/**
 * Align two sequences by their keys. What was taken out and put in at one place is paired if `kind` is the same for
 * both: it is then the same step, done otherwise.
 */
export function align<T>(
  left: readonly T[],
  right: readonly T[],
  key: (item: T) => string,
  kind: (item: T) => string = () => "",
): Pair<T>[] {
  const changes = diffArrays(left.map(key), right.map(key), { maxEditLength: EDITS_MAX });
  const pairs: Pair<T>[] = [];
  let l = 0;
  let r = 0;
  // diffArrays gives up with undefined; its types do not say so in all versions
  for (const change of changes ?? inOrder(left.length, right.length)) {
    const count = change.value.length;
    if (change.removed) for (let n = 0; n < count; n++) pairs.push({ left: left[l++], same: false });
    else if (change.added) for (let n = 0; n < count; n++) pairs.push({ right: right[r++], same: false });
    else
      for (let n = 0; n < count; n++) {
        const both = { left: left[l++] as T, right: right[r++] as T };
        pairs.push({ ...both, same: key(both.left) === key(both.right) });
      }
  }
  return paired(pairs, kind);
}

/** As if both were the same as far as the shorter goes. */
function inOrder(left: number, right: number): { value: unknown[]; removed?: boolean; added?: boolean }[] {
  const both = Math.min(left, right);
  return [
    { value: new Array(both) },
    { value: new Array(left - both), removed: true },
    { value: new Array(right - both), added: true },
  ];
}

function paired<T>(pairs: readonly Pair<T>[], kind: (item: T) => string): Pair<T>[] {
  const told: Pair<T>[] = [];
  let waiting: Pair<T>[] = [];
  for (const pair of pairs) {
    if (pair.right !== undefined && pair.left === undefined) {
      const at = waiting.findIndex((each) => each.left !== undefined && kind(each.left) === kind(pair.right as T));
      const match = waiting[at];
      if (match?.left !== undefined) {
        // those before it have no partner any more: order is kept
        waiting = waiting.slice(at + 1);
        told[told.indexOf(match)] = { left: match.left, right: pair.right, same: false };
        continue;
      }
    }
    if (pair.left !== undefined && pair.right === undefined) waiting.push(pair);
    else if (pair.left !== undefined) waiting = [];
    told.push(pair);
  }
  return told;
}

/** Return what a message or value says, as text that can be compared and read. */
export function textOf(values: readonly Value[]): string {
  return joined(values)
    .map(({ text, toolUse, toolResult, reasoning }) => {
      if (text) return text.value;
      if (reasoning) return `(thinks) ${reasoning.value}`;
      if (toolUse) return `${toolUse.name}(${JSON.stringify(toolUse.arguments, undefined, 1)})`;
      return toolResult ? `→ ${[toolResult.error, textOf(toolResult.values)].filter(Boolean).join(" ")}` : "";
    })
    .join("\n");
}

export const keyOfMessage = (message: Pick<Message, "participant" | "values">): string =>
  `${message.participant} ${textOf(message.values)}`;

export interface Piece {
  text: string;
  change: "same" | "removed" | "added";
}

/** Return the words of two texts with what was taken out and put in; long or unlike ones are told whole. */
export function words(left: string, right: string): Piece[] {
  const whole: Piece[] = [
    { text: left, change: "removed" },
    { text: right, change: "added" },
  ];
  if (left.length + right.length > WORDS_CHARS_MAX) return whole;
  const pieces = diffWordsWithSpace(left, right).map(
    ({ value, added, removed }) =>
      ({
        text: value,
        change: added ? "added" : removed ? "removed" : "same",
      }) satisfies Piece,
  );
  const kept = pieces.reduce((sum, { text, change }) => sum + (change === "same" ? text.length : 0), 0);
  return kept > KEPT_MIN * Math.min(left.length, right.length) ? pieces : whole;
}
