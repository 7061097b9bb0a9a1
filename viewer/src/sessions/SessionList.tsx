// The rows of the list, only those in sight and a few around them.
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import type { Excerpt, Session } from "../api/types";
import { useCommands } from "../commands/registry";
import { ago, count, duration, moment, money, plural, short } from "../format/figures";
import { oneLine, visible } from "../format/visible";
import { useNow, useRows } from "../ui/hooks";
import { Mark } from "../ui/parts";
import { Opening } from "./Opening";
import { Strip } from "./Strip";

interface Props {
  sessions: readonly Session[];
  query: string;
  more: (() => void) | undefined;
  loadingMore: boolean;
}

/** Assistants may have sessions of one id. */
const keyOf = (session: Session | undefined) => session && `${session.assistantId}/${session.sessionId}`;

const ROW_REM = 3.5;
const OVERSCAN = 12;
const EXCERPTS_MAX = 3;

export function SessionList({ sessions, query, more, loadingMore }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const now = useNow(10);
  const [chosen, setChosen] = useState(-1);
  const navigate = useNavigate();
  const { list, measure } = useRows(scroller, {
    count: sessions.length,
    rowRem: ROW_REM,
    overscan: OVERSCAN,
    keyOf: (index) => keyOf(sessions[index]) ?? index,
  });
  const items = list.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= sessions.length - OVERSCAN && !loadingMore) more?.();
  }, [last, sessions.length, more, loadingMore]);

  const step = (by: number) => {
    const at = Math.min(Math.max(chosen + by, 0), sessions.length - 1);
    setChosen(at);
    list.scrollToIndex(at);
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${at}"] a`)?.focus());
  };
  useCommands({
    nextSession: () => step(1),
    previousSession: () => step(-1),
    compareThis: () => {
      const session = sessions[chosen];
      if (session) void navigate({ to: "/compare", search: { a: `${session.assistantId}/${session.sessionId}` } });
    },
  });

  return (
    <>
      <div className="session-row session-head" aria-hidden="true">
        <span>Started</span>
        <span>Session</span>
        <span>What happened</span>
        <span>Turns</span>
        <span>Spans</span>
        <span>Duration</span>
        <span>Tokens</span>
        <span>Cost</span>
        <span>Errors</span>
      </div>
      <div ref={scroller} className="sessions-scroll" tabIndex={-1}>
        <ul style={{ height: list.getTotalSize() }} className="virtual">
          {items.map(({ index, key, start }) => {
            const session = sessions[index];
            return (
              session && (
                <li
                  key={key}
                  data-index={index}
                  ref={measure}
                  style={{ transform: `translateY(${start}px)` }}
                  onFocus={() => setChosen(index)}
                >
                  <Row session={session} now={now} query={query} />
                </li>
              )
            );
          })}
        </ul>
        {loadingMore && (
          <p className="sessions-more muted" role="status">
            Loading older sessions
          </p>
        )}
      </div>
    </>
  );
}

const names = (counts: Record<string, number>): string[] =>
  Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([name]) => visible(name));

function Row({ session, now, query }: { session: Session; now: number; query: string }) {
  const { assistantId, sessionId, startTimestamp } = session;
  const agents = names(session.agents);
  const models = names(session.models);
  return (
    <article className="session-row">
      <time
        className="session-time"
        dateTime={new Date(startTimestamp * 1000).toISOString()}
        title={moment(startTimestamp, true)}
      >
        {ago(startTimestamp, now)}
        <span className="faint num">{moment(startTimestamp).slice(5, 16)}</span>
      </time>
      <div className="session-what">
        <Link
          to="/sessions/$assistantId/$sessionId"
          params={{ assistantId, sessionId }}
          search={session.excerpts && query ? { q: query } : {}}
          className="session-name cut"
          dir="auto"
          title={visible(session.name)}
        >
          {oneLine(session.name) || sessionId}
        </Link>
        <p className="session-who cut faint">
          <span dir="auto">{oneLine(session.assistantName)}</span>
          {agents.length > 0 && (
            <>
              {" "}
              <span className="agent-names">{agents.slice(0, 3).join(", ")}</span>
            </>
          )}
          {models.length > 0 && (
            <>
              {" "}
              <span>{models.slice(0, 2).join(", ")}</span>
            </>
          )}
        </p>
      </div>
      <div className="session-strip">
        <Strip cells={session.strip} />
        <Opening session={session} />
      </div>
      <Cell label={session.turns === 1 ? "turn" : "turns"}>{short(session.turns)}</Cell>
      <Cell label={session.spans === 1 ? "span" : "spans"}>{short(session.spans)}</Cell>
      <Cell label="">{duration(session.durationMs / 1000)}</Cell>
      <Cell label="tokens" faint={!session.totalTokens}>
        {session.totalTokens ? short(session.totalTokens) : "–"}
      </Cell>
      <Cell label="" faint={session.cost === undefined}>
        {session.cost === undefined ? <span title="A model of it has no price">–</span> : money(session.cost)}
      </Cell>
      <Outcome session={session} />
      {session.excerpts?.slice(0, EXCERPTS_MAX).map((excerpt, index) => (
        <Link
          key={index}
          to="/sessions/$assistantId/$sessionId"
          params={{ assistantId, sessionId }}
          search={{ q: query, span: excerpt.spanId }}
          className="session-excerpt"
          dir="auto"
        >
          <Marked excerpt={excerpt} />
        </Link>
      ))}
    </article>
  );
}

function Cell({ label, faint = false, children }: { label: string; faint?: boolean; children: React.ReactNode }) {
  return (
    <span className={`session-figure num ${faint ? "faint" : ""}`}>
      {children}
      {label && <span className="session-label"> {label}</span>}
    </span>
  );
}

function Outcome({ session }: { session: Session }) {
  const types = Object.entries(session.errorTypes).sort(([, one], [, other]) => other - one);
  const [first] = types;
  return (
    <span className="session-outcome">
      {session.running > 0 && <Mark kind="RUNNING" title={`${plural(session.running, "span")} running`} />}
      {session.errors > 0 && (
        <span className="bad cut" title={types.map(([type, times]) => `${visible(type)}: ${count(times)}`).join("\n")}>
          <span className="num">{short(session.errors)}</span> {first ? visible(first[0]) : "failed"}
        </span>
      )}
    </span>
  );
}

/** A piece of what was said, the words that were sought marked. */
export function Marked({ excerpt: { text, marks } }: { excerpt: Excerpt }) {
  const parts: React.ReactNode[] = [];
  let at = 0;
  for (const [start, end] of marks) {
    parts.push(visible(text.slice(at, start)), <mark key={start}>{visible(text.slice(start, end))}</mark>);
    at = end;
  }
  return [...parts, visible(text.slice(at))];
}
