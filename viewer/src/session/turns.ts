// The turns of a conversation and the spans that they belong to.
import type { Outline, Turn } from "../api/types";

/** Times are told to the millisecond. */
const TICK = 0.001;

/** What a turn is named by, while pages come and go around it. */
export const keyOf = (turn: Turn | undefined): string =>
  turn ? (turn.messageId ?? `${turn.kind} ${turn.spanId}`) : "";

/** Leave out turns that are there already: a session that grows moves pages on. */
export function once(turns: readonly Turn[]): Turn[] {
  return [...new Map(turns.map((turn) => [keyOf(turn), turn])).values()];
}

/** Whether a turn belongs to a span: said by it, or a call that it ran. */
export const belongs = (turn: Turn, span: string): boolean =>
  turn.spanId === span || (turn.calls ?? []).some((call) => call.spanId === span || call.result?.spanId === span);

/**
 * Return the number of a span's first turn. Of a span that said nothing it is the first turn while it ran, else the last
 * one before, and -1 where nothing is known of it.
 */
export function nearest(turns: readonly Turn[], id: string | undefined, span: Outline | undefined): number {
  if (id === undefined) return -1;
  const own = turns.findIndex((turn) => belongs(turn, id));
  if (own >= 0 || !span) return own;
  const end = span.end ?? Infinity;
  const during = turns.findIndex(({ timestamp }) => timestamp > span.start - TICK);
  if (during >= 0 && (turns[during]?.timestamp ?? Infinity) < end + TICK) return during;
  return during < 0 ? turns.length - 1 : Math.max(during - 1, 0);
}

/** Whether what was said when a span began is among these turns, before and after which there may be others. */
export function isWithin(
  turns: readonly Turn[],
  span: Outline | undefined,
  { hasPreviousPage, hasNextPage }: { hasPreviousPage: boolean; hasNextPage: boolean },
): boolean {
  if (!span) return false;
  const [first, last] = [turns[0]?.timestamp ?? 0, turns.at(-1)?.timestamp ?? 0];
  return (!hasPreviousPage || first < span.start + TICK) && (!hasNextPage || last > span.start - TICK);
}
