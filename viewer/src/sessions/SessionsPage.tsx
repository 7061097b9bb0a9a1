// All sessions, newest first: a query, its conditions as clicks, and a list that grows as one scrolls.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useDeferredValue, useMemo } from "react";

import { ApiError } from "../api/client";
import { facetsQuery, type Parameters, sessionsQuery } from "../api/queries";
import { has, parameters, parse, toggled } from "../app/query";
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
  const empty = sessions.isSuccess && list.length === 0;
  return (
    <div className="sessions">
      <h1 className="hidden-visually">Sessions</h1>
      <QueryBox query={q} setQuery={setQuery} />
      <div className="sessions-body">
        <Facets query={q} toggle={toggle} setQuery={setQuery} isOn={(key, value) => has(q, key, value)} />
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

/** An assistant may be given by its id, too; a name that nothing has stands for nobody. */
const nobodyOr = (name: string): string =>
  /^[0-9a-f-]{36}$/i.test(name) ? name : "00000000-0000-0000-0000-000000000000";

/** Return the API's parameters for a query; assistants are asked for by the ids of their names, once known. */
function useAsked(query: string, now: number): Parameters | undefined {
  const named = parse(query).some(({ condition }) => condition?.key === "assistant");
  const assistants = useQuery({ ...facetsQuery("assistant"), enabled: named });
  const ready = !named || assistants.isFetched;
  return useMemo(() => {
    if (!ready) return undefined;
    const told = parameters(query, now);
    const names = told.assistantId;
    if (Array.isArray(names)) {
      told.assistantId = names.map(
        (name) => assistants.data?.values.find(({ value }) => value === name)?.id ?? nobodyOr(name),
      );
    }
    return told;
  }, [query, now, ready, assistants.data]);
}
