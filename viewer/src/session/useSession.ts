// A session's spans as they come, page after page, and again when they change.
import { useInfiniteQuery, useIsFetching, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { useChanges } from "../api/events";
import { conversationKey, outlineQuery, queries, sessionQuery, spansKey } from "../api/queries";
import type { Outlines, Session } from "../api/types";
import { failures, grow } from "./tree";

/** A session that changes is read again at most this often, and not more often than reading it takes. */
const AGAIN_MS = 1_000;

/** While spans come, the tree is made anew when there are so many times as many: of a huge session rarely enough. */
const GROWTH = 1.5;

const countOf = (pages: readonly Outlines[] | undefined): number =>
  (pages ?? []).reduce((sum, page) => sum + page.spans.length, 0);

export function useOutline(assistantId: string, sessionId: string) {
  const outline = useInfiniteQuery(outlineQuery(assistantId, sessionId));
  const { hasNextPage, isFetching, isError, fetchNextPage } = outline;
  // what is seen first comes first: further pages wait for the beginning of the conversation
  const reading = useIsFetching({ queryKey: conversationKey(assistantId, sessionId) }) > 0;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError && !reading) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, reading, fetchNextPage]);
  const pages = outline.data?.pages;
  const [shown, setShown] = useState(pages);
  const isMore = countOf(pages) >= GROWTH * countOf(shown);
  if (pages !== shown && (!hasNextPage || isMore || pages?.[0] !== shown?.[0])) setShown(pages);
  const tree = useMemo(() => grow(shown?.flatMap((page) => page.spans) ?? []), [shown]);
  const failing = useMemo(() => failures(tree), [tree]);
  return { outline, tree, failing, complete: outline.isSuccess && !hasNextPage };
}

export function useSession(assistantId: string, sessionId: string) {
  const session = useQuery(sessionQuery(assistantId, sessionId));
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const heard = useCallback(
    (changed: Session) => {
      if (changed.sessionId !== sessionId || changed.assistantId !== assistantId) return;
      timer.current ??= setTimeout(() => {
        const again = [
          outlineQuery(assistantId, sessionId).queryKey,
          conversationKey(assistantId, sessionId),
          spansKey(assistantId, sessionId), // of which the chosen one alone is read again
        ];
        void Promise.all(again.map((queryKey) => queries.invalidateQueries({ queryKey }))).finally(() => {
          timer.current = undefined;
        });
      }, AGAIN_MS);
    },
    [assistantId, sessionId],
  );
  useChanges(heard);
  useEffect(() => () => clearTimeout(timer.current), []);
  return session;
}
