// All sessions, newest first: a query, its conditions as clicks, and a list that grows as one scrolls.
import { useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useDeferredValue } from "react";

import { ApiError } from "../api/client";
import { facetsQuery, type Parameters, sessionsQuery } from "../api/queries";
import { has, parameters, toggled } from "../app/query";
import { useNow, useTitle } from "../ui/hooks";
import { Button } from "../ui/parts";
import { Failure, Loading, Notice } from "../ui/States";
import { Facets } from "./Facets";
import { FirstSpan } from "./FirstSpan";
import { QueryBox } from "./QueryBox";
import { SessionList } from "./SessionList";
import "./sessions.css";

/** Times that count back from now move on in steps, so that a page asks the same question for a while. */
const STEP_SECONDS = 30;

export function SessionsPage() {
  const { q = "" } = useSearch({ from: "/" });
  const navigate = useNavigate({ from: "/" });
  const step = Math.floor(useNow(STEP_SECONDS) / STEP_SECONDS);
  const asked = useAsked(useDeferredValue(q), step * STEP_SECONDS * 1000);
  const sessions = useInfiniteQuery({
    ...sessionsQuery(asked ?? {}),
    enabled: asked !== undefined,
    placeholderData: (before) => before,
  });
  const setQuery = (query: string) => void navigate({ search: query ? { q: query } : {}, replace: true });
  const toggle: (key: Parameters_<typeof toggled>, value: string) => void = (key, value) =>
    setQuery(toggled(q, key, value));
  useTitle("Sessions");

  const list = sessions.data?.pages.flatMap((page) => page.sessions) ?? [];
  // a page may hold none while there is more to look at
  const empty = sessions.isSuccess && list.length === 0 && !sessions.hasNextPage;
  return (
    <div className="sessions">
      <h1 className="hidden-visually">Sessions</h1>
      <QueryBox query={q} setQuery={setQuery} />
      <div className="sessions-body">
        <Facets
          query={q}
          times={timesOf(asked)}
          toggle={toggle}
          setQuery={setQuery}
          isOn={(key, value) => has(q, key, value)}
        />
        <section className="sessions-list" aria-label="Sessions, newest first" aria-busy={sessions.isFetching}>
          {sessions.isPending ? (
            <Loading rows={10} label="Loading sessions" />
          ) : sessions.error && !(sessions.error instanceof ApiError && sessions.error.status === 401) ? (
            <Failure error={sessions.error} retry={() => void sessions.refetch()} />
          ) : empty && q ? (
            <Notice
              title="No session is like that"
              actions={<Button onClick={() => setQuery("")}>All sessions</Button>}
            >
              <p className="muted">Take a condition away, or look in a longer time.</p>
            </Notice>
          ) : empty ? (
            <FirstSpan />
          ) : (
            <SessionList
              sessions={list}
              query={q}
              more={sessions.hasNextPage ? () => void sessions.fetchNextPage() : undefined}
              loadingMore={sessions.isFetchingNextPage}
            />
          )}
        </section>
      </div>
    </div>
  );
}

type Parameters_<F> = F extends (query: string, key: infer Key, value: string) => string ? Key : never;

/** The part of a question that narrows the time. */
const timesOf = ({ from, to }: Parameters = {}): Parameters => ({ ...(from && { from }), ...(to && { to }) });

/** A name that no assistant has stands for nobody. */
const NOBODY = "00000000-0000-0000-0000-000000000000";
const IS_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Return the API's parameters for a query; assistants may be named by their ids, or by names, once their ids are known. */
function useAsked(query: string, now: number): Parameters | undefined {
  const told = parameters(query, now);
  const named = Array.isArray(told.assistantId) ? told.assistantId : [];
  const names = named.filter((name) => !IS_ID.test(name));
  const found = useQueries({ queries: names.map((name) => facetsQuery("assistant", { prefix: name, limit: "200" })) });
  if (!named.length) return told;
  if (!found.every(({ isFetched }) => isFetched)) return undefined;
  const ids = found.flatMap(({ data }, at) =>
    (data?.values ?? []).flatMap(({ value, id }) => (value === names[at] && id ? [id] : [])),
  );
  const assistantId = [...named.filter((name) => IS_ID.test(name)), ...ids];
  return { ...told, assistantId: assistantId.length ? assistantId : [NOBODY] };
}
