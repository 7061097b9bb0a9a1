// What happens on the server while the page is open: sessions that are new or changed, as server-sent events.
import { type InfiniteData } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { queries, type Parameters } from "./queries";
import type { Session, Sessions } from "./types";

const AGAIN_MS = 10_000;
/** Lists that cannot be patched are asked for again at most this often. */
const REFRESH_MS = 2_000;
/** What sessions have is counted again at most this often. */
const RECOUNT_MS = 15_000;

type Heard = (session: Session) => void;
const hearers = new Set<Heard>();

/** Listen for changes of sessions while a view is shown. */
export function useChanges(heard: Heard): void {
  useEffect(() => {
    hearers.add(heard);
    return () => {
      hearers.delete(heard);
    };
  }, [heard]);
}

/** Keep a stream of events open; returns whether it is. Without one, lists are asked for again now and then. */
export function useEvents(): boolean {
  const [live, setLive] = useState(false);
  useEffect(() => {
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const connect = () => {
      source = new EventSource("/api/events");
      source.addEventListener("open", () => setLive(true));
      source.addEventListener("session", (event: MessageEvent<string>) => arrived(JSON.parse(event.data) as Session));
      source.addEventListener("gone", () => refresh());
      // what happened before the stream began, or while it was cut for long, was not told
      source.addEventListener("reset", () => refresh());
      source.addEventListener("error", () => {
        setLive(false);
        if (source?.readyState !== EventSource.CLOSED) return;
        timer = setTimeout(connect, AGAIN_MS);
        refresh();
      });
    };
    connect();
    return () => {
      source?.close();
      clearTimeout(timer);
    };
  }, []);
  return live;
}

const same = (one: Session, other: Session) =>
  one.sessionId === other.sessionId && one.assistantId === other.assistantId;

/** Put a session that is new or changed into all lists that are shown. */
export function arrived(session: Session): void {
  queries.setQueryData<Session>(["session", session.assistantId, session.sessionId], session);
  for (const [key, data] of queries.getQueriesData<InfiniteData<Sessions>>({ queryKey: ["sessions"] })) {
    if (!data) continue;
    const patched = merged(data, session, Object.keys(key[1] as Parameters).length === 0);
    if (patched) queries.setQueryData(key, patched);
    else refresh();
  }
  recount();
  for (const heard of hearers) heard(session);
}

/** Return the list with the session in its place; undefined where only the server knows whether it belongs there. */
export function merged(
  data: InfiniteData<Sessions>,
  session: Session,
  everything: boolean,
): InfiniteData<Sessions> | undefined {
  const there = data.pages.some((page) => page.sessions.some((each) => same(each, session)));
  if (!everything && !there) return undefined;
  const pages = data.pages.map((page) => ({
    ...page,
    sessions: page.sessions.map((each) => (same(each, session) ? { ...each, ...session } : each)),
  }));
  if (there) return { ...data, pages };
  const newer = (each: Session) => each.startTimestamp <= session.startTimestamp;
  const at = pages.findIndex((page) => page.sessions.some(newer));
  const page = pages[at === -1 ? pages.length - 1 : at];
  if (!page || (at === -1 && page.nextCursor)) return data;
  const before = page.sessions.findIndex(newer);
  page.sessions.splice(before === -1 ? page.sessions.length : before, 0, session);
  return { ...data, pages };
}

let counted = 0;
let counting: ReturnType<typeof setTimeout> | undefined;

/** Count the values of filters again: at once after a while of quiet, later while much arrives. */
function recount(): void {
  counting ??= setTimeout(
    () => {
      counting = undefined;
      counted = Date.now();
      void queries.invalidateQueries({ queryKey: ["facets"] });
    },
    Math.max(counted + RECOUNT_MS - Date.now(), 0),
  );
}

let due: ReturnType<typeof setTimeout> | undefined;

function refresh(): void {
  due ??= setTimeout(() => {
    due = undefined;
    void queries.invalidateQueries({ queryKey: ["sessions"] });
  }, REFRESH_MS);
}
