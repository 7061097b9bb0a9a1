// What views ask of the API, each with the key that it is cached by.
import { infiniteQueryOptions, QueryCache, QueryClient, queryOptions } from "@tanstack/react-query";

import { ApiError, get } from "./client";
import type {
  Conversation,
  Explanation,
  Facets,
  Finds,
  Identity,
  Opening,
  Outlines,
  Overview,
  Session,
  Sessions,
  SpanPage,
} from "./types";

const TRIES_MAX = 2;
const SESSIONS_PAGE = 60;

/** Errors that asking again may mend. */
const passing = (error: Error) => error instanceof ApiError && (error.status === 0 || error.status >= 500);

/** Called when the server wants to know who asks; the shell sends people to the login page. */
export const onUnauthorized = { call: (): void => undefined };

export const queries = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (error instanceof ApiError && error.status === 401) onUnauthorized.call();
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < TRIES_MAX && passing(error),
      retryDelay: (failure) => 300 * 2 ** failure,
    },
  },
});

export type Parameters = Record<string, string | string[]>;

const OUTLINE_PAGE = 5_000;
/** The first page is small: what is seen at once comes at once. */
const OUTLINE_FIRST = 500;
const TURNS_PAGE = 200;

const sessionPath = (assistantId: string, sessionId: string): string =>
  `/api/assistants/${encodeURIComponent(assistantId)}/sessions/${encodeURIComponent(sessionId)}`;

export const sessionsQuery = (parameters: Parameters) =>
  infiniteQueryOptions({
    queryKey: ["sessions", parameters],
    queryFn: ({ pageParam, signal }) =>
      get<Sessions>("/api/sessions", { ...parameters, limit: SESSIONS_PAGE, cursor: pageParam }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
  });

export const sessionQuery = (assistantId: string, sessionId: string) =>
  queryOptions({
    queryKey: ["session", assistantId, sessionId],
    queryFn: ({ signal }) => get<Session>(sessionPath(assistantId, sessionId), {}, signal),
  });

/** What begins the keys of all spans of a session. */
export const spansKey = (assistantId: string, sessionId: string) => ["span", assistantId, sessionId] as const;

export const spanQuery = (assistantId: string, sessionId: string, spanId: string) =>
  queryOptions({
    queryKey: [...spansKey(assistantId, sessionId), spanId],
    queryFn: ({ signal }) =>
      get<SpanPage>(`${sessionPath(assistantId, sessionId)}/spans/${encodeURIComponent(spanId)}`, {}, signal),
    staleTime: 60_000,
    gcTime: 60_000, // spans can be large
  });

export const explanationQuery = (assistantId: string, sessionId: string, spanId: string) =>
  queryOptions({
    queryKey: ["explanation", assistantId, sessionId, spanId],
    queryFn: ({ signal }) =>
      get<Explanation>(
        `${sessionPath(assistantId, sessionId)}/spans/${encodeURIComponent(spanId)}/explain`,
        {},
        signal,
      ),
    staleTime: 60_000,
    gcTime: 60_000, // messages spread over attributes make thousands of claims
  });

export const outlineQuery = (assistantId: string, sessionId: string) =>
  infiniteQueryOptions({
    queryKey: ["outline", assistantId, sessionId],
    queryFn: ({ pageParam, signal }) =>
      get<Outlines>(
        `${sessionPath(assistantId, sessionId)}/outline`,
        { limit: pageParam ? OUTLINE_PAGE : OUTLINE_FIRST, cursor: pageParam },
        signal,
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
  });

export const conversationKey = (assistantId: string, sessionId: string) => ["conversation", assistantId, sessionId];

/** A conversation from its beginning, or from the time at which a span began, to be read on both ways; anew each jump. */
export const conversationQuery = (assistantId: string, sessionId: string, around = "", jump = 0) =>
  infiniteQueryOptions({
    queryKey: [...conversationKey(assistantId, sessionId), around, jump],
    queryFn: ({ pageParam: [name, value], signal }) =>
      get<Conversation>(
        `${sessionPath(assistantId, sessionId)}/conversation`,
        { limit: TURNS_PAGE, [name]: value },
        signal,
      ),
    initialPageParam: ["span", around] as readonly [name: "span" | "cursor", value: string],
    getNextPageParam: ({ nextCursor }) => (nextCursor === undefined ? undefined : (["cursor", nextCursor] as const)),
    getPreviousPageParam: ({ previousCursor }) =>
      previousCursor === undefined ? undefined : (["cursor", previousCursor] as const),
    gcTime: 60_000, // pages can be large
  });

/** How a session begins, which hardly ever changes. */
export const openingQuery = (assistantId: string, sessionId: string) =>
  queryOptions({
    queryKey: ["opening", assistantId, sessionId],
    queryFn: ({ signal }) => get<Opening>(`${sessionPath(assistantId, sessionId)}/opening`, {}, signal),
    staleTime: Infinity,
  });

export const overviewQuery = (parameters: Parameters) =>
  queryOptions({
    queryKey: ["overview", parameters],
    queryFn: ({ signal }) => get<Overview>("/api/overview", parameters, signal),
    staleTime: 30_000,
  });

export const facetsQuery = (kind: string, parameters: Parameters = {}) =>
  queryOptions({
    queryKey: ["facets", kind, parameters],
    queryFn: ({ signal }) => get<Facets>("/api/facets", { kind, ...parameters }, signal),
    staleTime: 30_000,
  });

/** Whether the server asks for keys, and whose was shown. */
export const identityQuery = () =>
  queryOptions({
    queryKey: ["identity"],
    queryFn: ({ signal }) => get<Identity>("/api/identity", {}, signal),
    staleTime: 60_000,
  });

export const findQuery = (id: string) =>
  queryOptions({
    queryKey: ["find", id],
    queryFn: ({ signal }) => get<Finds>("/api/find", { id }, signal),
    staleTime: 10_000,
  });

const SAID_MAX = 6;

/** A few sessions in which something was said, for the palette. */
export const saidQuery = (q: string) =>
  queryOptions({
    queryKey: ["said", q],
    queryFn: ({ signal }) => get<Sessions>("/api/sessions", { q, limit: SAID_MAX }, signal),
  });
