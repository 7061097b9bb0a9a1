// Two sessions: their figures, their steps in line, what was said in line.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect, useMemo, useRef } from "react";

import { conversationQuery, sessionQuery } from "../api/queries";
import type { Session, Turn } from "../api/types";
import { count, duration, moment, money, short } from "../format/figures";
import { oneLine } from "../format/visible";
import { courseOf } from "../session/course";
import { failed, roleOf, titleOf } from "../session/roles";
import { endOf, type Node } from "../session/tree";
import { useOutline } from "../session/useSession";
import { useRows } from "../ui/hooks";
import { Mark } from "../ui/parts";
import { Failure, Loading } from "../ui/States";
import { align, keyOfMessage, type Pair, textOf } from "./align";
import { Difference } from "./Difference";
import { type Figures, FiguresTable } from "./FiguresTable";
import { type Place, Sides } from "./Sides";

interface Props {
  a: Place;
  b: Place;
  show: string | undefined;
  onlyDifferent: boolean;
  change: (changed: { show?: string | undefined; same?: string | undefined }) => void;
}

const FIGURES: Figures<Session> = [
  ["Duration", (session) => session.durationMs / 1000, duration],
  ["Turns", (session) => session.turns, count],
  ["Spans", (session) => session.spans, count],
  ["Calls of models", (session) => session.inferences, count],
  ["Calls of tools", (session) => Object.values(session.tools).reduce((sum, calls) => sum + calls, 0), count],
  ["Errors", (session) => session.errors, count],
  ["Input tokens", (session) => session.inputTokens, count],
  ["Cached tokens", (session) => session.cacheReadTokens, count],
  ["Output tokens", (session) => session.outputTokens, count],
  ["Total tokens", (session) => session.totalTokens, count],
  ["Cost", (session) => session.cost, money],
];

export function CompareSessions({ a, b, show, onlyDifferent, change }: Props) {
  const left = useQuery(sessionQuery(a.assistantId, a.sessionId));
  const right = useQuery(sessionQuery(b.assistantId, b.sessionId));
  const error = left.error ?? right.error;
  if (error) return <Failure error={error} />;
  if (!left.data || !right.data) return <Loading rows={10} />;
  return (
    <>
      <div className="compare-summary">
        <Sides
          sides={[
            { place: a, name: left.data.name, note: noteOf(left.data) },
            { place: b, name: right.data.name, note: noteOf(right.data) },
          ]}
        />
        <FiguresTable left={left.data} right={right.data} figures={FIGURES} />
      </div>
      <div className="flow-tools">
        <div className="segments" role="group" aria-label="What is compared">
          <button type="button" aria-pressed={show !== "said"} onClick={() => change({ show: undefined })}>
            Steps
          </button>
          <button type="button" aria-pressed={show === "said"} onClick={() => change({ show: "said" })}>
            What was said
          </button>
        </div>
        <button
          type="button"
          className="button button-plain"
          aria-pressed={onlyDifferent}
          onClick={() => change({ same: onlyDifferent ? undefined : "hide" })}
        >
          Only differences
        </button>
      </div>
      {show === "said" ? (
        <Said a={a} b={b} onlyDifferent={onlyDifferent} />
      ) : (
        <Steps a={a} b={b} onlyDifferent={onlyDifferent} />
      )}
    </>
  );
}

const noteOf = (session: Session): string => `${session.assistantName}, ${moment(session.startTimestamp)}`;

type PartProps = Pick<Props, "a" | "b" | "onlyDifferent">;

const nameOf = (node: Node): string => `${node.span.op} ${titleOf(node.span)}`;
const stateOf = (node: Node): string => `${nameOf(node)} ${node.span.status}`;

function Steps({ a, b, onlyDifferent }: PartProps) {
  const left = useOutline(a.assistantId, a.sessionId);
  const right = useOutline(b.assistantId, b.sessionId);
  const navigate = useNavigate();
  const pairs = useMemo(
    () => align(left.tree.order, right.tree.order, stateOf, (node) => roleOf(node.span.op)),
    [left.tree, right.tree],
  );
  const error = left.outline.error ?? right.outline.error;
  if (error) return <Failure error={error} />;
  // what has not come yet is no difference
  if (!left.complete || !right.complete) return <Loading rows={10} />;
  const open = (pair: Pair<Node>) => {
    const spans = [pair.left, pair.right].map((node) => node?.span.id);
    if (spans[0] && spans[1])
      void navigate({
        to: "/compare",
        search: { a: `${a.assistantId}/${a.sessionId}/${spans[0]}`, b: `${b.assistantId}/${b.sessionId}/${spans[1]}` },
      });
    else {
      const place = pair.left ? a : b;
      void navigate({
        to: "/sessions/$assistantId/$sessionId",
        params: { assistantId: place.assistantId, sessionId: place.sessionId },
        search: { span: spans[0] ?? spans[1] },
      });
    }
  };
  return (
    <Lines
      label="Steps of both sessions"
      items={onlyDifferent ? pairs.filter(({ same }) => !same) : pairs}
      estimate={1.9}
      render={(pair) => (
        <button type="button" className={`pair ${kindOf(pair)}`} onClick={() => open(pair)}>
          <Step node={pair.left} end={left.tree.end} />
          <Step node={pair.right} end={right.tree.end} />
          <Delta pair={pair} ends={[left.tree.end, right.tree.end]} />
        </button>
      )}
    />
  );
}

const kindOf = (pair: Pair<unknown>): string =>
  pair.left === undefined ? "pair-added" : pair.right === undefined ? "pair-removed" : pair.same ? "" : "pair-changed";

function Step({ node, end }: { node: Node | undefined; end: number }) {
  if (!node) return <span className="step step-none" />;
  const { span } = node;
  const total = span.tokens?.total;
  return (
    <span className="step" style={{ paddingInlineStart: `${0.5 + Math.min(node.depth, 8) * 0.7}rem` }}>
      <span className={`role-dot role-${failed(span) ? "bad" : roleOf(span.op)}`} />
      <span className="cut" dir="auto">
        {oneLine(titleOf(span), 100)}
      </span>
      <Mark kind={span.status} title={span.statusDescription} />
      <span className="spread" />
      {total ? <span className="faint num">{short(total)}</span> : null}
      <span className="num step-time">{duration(endOf(span, end) - span.start)}</span>
    </span>
  );
}

/** Differences in time below this say nothing. */
const SECONDS_MIN = 0.05;

function Delta({ pair, ends }: { pair: Pair<Node>; ends: readonly [number, number] }) {
  if (!pair.left || !pair.right) return <span className="delta" />;
  const seconds =
    endOf(pair.right.span, ends[1]) - pair.right.span.start - (endOf(pair.left.span, ends[0]) - pair.left.span.start);
  if (Math.abs(seconds) < SECONDS_MIN)
    return (
      <span className="delta faint" title="About as long">
        ≈
      </span>
    );
  return (
    <span className={`delta num ${seconds > 0 ? "bad" : "good"}`}>
      {seconds > 0 ? "+" : "−"}
      {duration(Math.abs(seconds))}
    </span>
  );
}

/** Turns of both that are compared: more are seldom read, and each is text. */
const TURNS_MAX = 2_000;

function useTurns(place: Place): { turns: Turn[]; complete: boolean; cut: boolean; error: Error | null } {
  const { data, hasNextPage, isFetching, isPending, error, fetchNextPage } = useInfiniteQuery(
    conversationQuery(place.assistantId, place.sessionId),
  );
  const all = useMemo(() => data?.pages.flatMap((page) => page.turns) ?? [], [data]);
  const turns = useMemo(() => all.slice(0, TURNS_MAX), [all]);
  const isMore = hasNextPage && all.length < TURNS_MAX;
  useEffect(() => {
    if (isMore && !isFetching && !error) void fetchNextPage();
  }, [isMore, isFetching, error, fetchNextPage]);
  return { turns, complete: !isPending && !isMore, cut: hasNextPage || turns.length < all.length, error };
}

const keyOfTurn = (turn: Turn): string =>
  `${turn.kind} ${keyOfMessage({ participant: turn.participant ?? "BOT", values: turn.values })}`;

function Said({ a, b, onlyDifferent }: PartProps) {
  const left = useTurns(a);
  const right = useTurns(b);
  const pairs = useMemo(
    () => align(left.turns, right.turns, keyOfTurn, (turn) => `${turn.kind} ${turn.participant}`),
    [left.turns, right.turns],
  );
  const error = left.error ?? right.error;
  if (error) return <Failure error={error} />;
  if (!left.complete || !right.complete) return <Loading rows={8} />;
  return (
    <>
      {(left.cut || right.cut) && (
        <p className="compare-cut warn" role="note">
          The first {count(TURNS_MAX)} turns of each are compared. What came later is not.
        </p>
      )}
      <Lines
        label="What was said in both sessions"
        items={onlyDifferent ? pairs.filter(({ same }) => !same) : pairs}
        estimate={5}
        render={(pair) => <Difference pair={pair} text={toldOf} who={whoOf} />}
      />
    </>
  );
}

const WHO = { CUSTOMER: "Customer", AGENT: "Agent", BOT: "Bot" } as const;

const whoOf = ({ participant = "BOT", agent }: Turn): string =>
  participant === "BOT" && agent ? agent : WHO[participant];

/** What a turn says, and what it changed of the course. */
const toldOf = (turn: Turn): string => [courseOf(turn), textOf(turn.values)].filter(Boolean).join("\n");

interface LinesProps<T> {
  label: string;
  items: readonly T[];
  estimate: number;
  render: (item: T) => ReactNode;
}

/** Lines of any number, those in sight drawn. */
function Lines<T>({ label, items, estimate, render }: LinesProps<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const { list, measure } = useRows(scroller, { count: items.length, rowRem: estimate, overscan: 20 });
  if (!items.length) return <p className="pane-empty muted">No differences.</p>;
  return (
    <div ref={scroller} className="compare-lines" tabIndex={0} role="group" aria-label={label}>
      <ul className="virtual" style={{ height: list.getTotalSize() }}>
        {list.getVirtualItems().map(({ index, start }) => (
          <li key={index} data-index={index} ref={measure} style={{ transform: `translateY(${start}px)` }}>
            {items[index] !== undefined && render(items[index])}
          </li>
        ))}
      </ul>
    </div>
  );
}
