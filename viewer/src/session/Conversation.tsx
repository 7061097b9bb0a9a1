// What was said, as a person reads it: turns in order, tools with their results, what passed between agents.
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { conversationQuery } from "../api/queries";
import type { Conversation as Page, GuardrailAssessment, Turn } from "../api/types";
import { clock } from "../format/figures";
import { oneLine, visible } from "../format/visible";
import { whole } from "../said/joined";
import { Fold, Values } from "../said/Values";
import { useRows } from "../ui/hooks";
import { Icon } from "../ui/Icon";
import { Mark } from "../ui/parts";
import { Failure, Loading } from "../ui/States";
import { courseOf } from "./course";
import { failed } from "./roles";
import type { Tree } from "./tree";
import { belongs, isWithin, keyOf, nearest, once } from "./turns";
import { useMarks } from "./useMarks";

interface Props {
  assistantId: string;
  sessionId: string;
  tree: Tree;
  selected: string | undefined;
  query: string | undefined;
  onSelect: (span: string) => void;
}

const TURN_REM = 6;
const OVERSCAN = 6;
/** Pages that are held: beyond, those farthest from where one reads are let go. */
const PAGES_MAX = 15;

/** Turns from an end of what is here at which more is asked for: half of the page there, so that it is here in time. */
const ahead = (page: Page | undefined): number => Math.max(OVERSCAN, (page?.turns.length ?? 0) / 2);

const SPEAKERS = { CUSTOMER: "Customer", AGENT: "Agent", BOT: "Bot" } as const;
export function Conversation({ assistantId, sessionId, tree, selected, query, onSelect }: Props) {
  // where it is read from: a span that a link named, or that was chosen far from all that is here
  const [around, setAround] = useState({ span: selected ?? "", jump: 0 });
  const conversation = useInfiniteQuery({
    ...conversationQuery(assistantId, sessionId, around.span, around.jump),
    maxPages: PAGES_MAX,
    placeholderData: keepPreviousData,
  });
  const { data, hasNextPage, hasPreviousPage, isFetching, isError, isPlaceholderData } = conversation;
  const { fetchNextPage, fetchPreviousPage } = conversation;
  const turns = useMemo(() => once(whole(data?.pages.flatMap((page) => page.turns) ?? [])), [data]);
  const scroller = useRef<HTMLDivElement>(null);
  const { list, measure } = useRows(scroller, {
    count: turns.length,
    rowRem: TURN_REM,
    overscan: OVERSCAN,
    keyOf: useCallback((index: number) => keyOf(turns[index]), [turns]),
  });
  const items = list.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  const isBackward = list.scrollDirection === "backward";
  const isNearFirst = first < ahead(data?.pages[0]);
  const isNearLast = last >= turns.length - ahead(data?.pages.at(-1));
  useEffect(() => {
    if (isFetching || isError) return;
    if (isBackward && isNearFirst && hasPreviousPage) void fetchPreviousPage();
    else if (isNearLast && hasNextPage) void fetchNextPage();
  }, [
    isNearFirst,
    isNearLast,
    turns.length,
    isBackward,
    isFetching,
    isError,
    hasPreviousPage,
    hasNextPage,
    fetchPreviousPage,
    fetchNextPage,
  ]);

  useMarks(scroller, query, turns.length > 0);

  // a link to a span that is gone leaves the conversation as it begins
  if (around.span && isError && !data) setAround({ span: "", jump: around.jump });

  // the turn of the chosen span comes into sight; of a span that said nothing, what was said when it ran
  const own = useRef<string>(undefined);
  const node = tree.nodes.get(selected ?? "");
  const near = useMemo(() => nearest(turns, selected, node?.span), [turns, selected, node]);
  const turn = turns[near];
  const isHere =
    turn !== undefined &&
    ((selected !== undefined && belongs(turn, selected)) ||
      isWithin(turns, node?.span, { hasPreviousPage, hasNextPage }));
  useEffect(() => {
    if (!isHere || isPlaceholderData || own.current === selected) return;
    own.current = selected;
    list.scrollToIndex(near, { align: around.span === selected ? "center" : "auto" });
  }, [near, isHere, selected, around, isPlaceholderData, list]);
  const [sought, setSought] = useState(selected);
  if (selected !== sought && !isPlaceholderData && (isHere || node || selected === undefined)) {
    setSought(selected);
    if (selected !== undefined && !isHere) setAround({ span: selected, jump: around.jump + 1 });
  }

  if (conversation.isPending) return <Loading rows={8} label="Loading the conversation" />;
  if (conversation.error && !turns.length)
    return <Failure error={conversation.error} retry={() => void conversation.refetch()} />;
  if (!turns.length)
    return <p className="pane-empty muted">Nothing was said in this session, or the agent does not tell it.</p>;
  return (
    <div ref={scroller} className="conversation" tabIndex={0} role="group" aria-label="Turns">
      <ol className="virtual" style={{ height: list.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const turn = turns[index];
          return (
            turn && (
              <li key={keyOf(turn)} data-index={index} ref={measure} style={{ transform: `translateY(${start}px)` }}>
                <OneTurn
                  turn={turn}
                  answered={turns[index + 1]?.spanId === turn.spanId}
                  chosen={selected !== undefined && (belongs(turn, selected) || (isHere && index === near))}
                  onSelect={(span) => {
                    own.current = span;
                    onSelect(span);
                  }}
                />
              </li>
            )
          );
        })}
      </ol>
    </div>
  );
}

interface TurnProps {
  turn: Turn;
  /** Whether what its span heard, or said, goes on after it. */
  answered: boolean;
  chosen: boolean;
  onSelect: (span: string) => void;
}

function OneTurn({ turn, answered, chosen, onSelect }: TurnProps) {
  const { kind, participant, spanId, timestamp, output = true } = turn;
  // what was heard did not fail, what was to answer it did: the last of it says so
  const unanswered = !output && !answered && failed({ status: turn.status ?? "" });
  const open = () => {
    if (getSelection()?.isCollapsed !== false) onSelect(spanId);
  };
  if (kind !== "message")
    return (
      <div className={`turn-event ${chosen ? "turn-chosen" : ""}`}>
        <button type="button" onClick={() => onSelect(spanId)}>
          <Icon name="next" />
          <span>
            <b dir="auto">{oneLine(turn.agent ?? "The agent", 80)}</b> {courseOf(turn)}
          </span>
          {(kind === "escalate_agent" || turn.returnReason === "ESCALATE") && <Mark kind="ESCALATE" />}
          <Mark kind={turn.status ?? ""} title={turn.statusDescription} />
        </button>
        {turn.values.length > 0 && <Values values={turn.values} />}
      </div>
    );
  const who = participant === "BOT" ? (turn.agent ?? SPEAKERS.BOT) : SPEAKERS[participant ?? "BOT"];
  return (
    <article className={`turn turn-${participant ?? "BOT"} ${chosen ? "turn-chosen" : ""}`} onClick={open}>
      <header>
        <button type="button" className="turn-who" onClick={() => onSelect(spanId)} title="Show its span">
          <b dir="auto">{oneLine(who, 60)}</b>
        </button>
        {turn.interrupted && <span className="mark mark-warn">interrupted</span>}
        {output && <Mark kind={turn.status ?? ""} title={turn.statusDescription} />}
        <time className="faint num">{clock(timestamp)}</time>
      </header>
      <Values values={turn.values} calls={turn.calls ?? []} onSpan={onSelect} />
      <Guardrails assessments={turn.guardrailAssessments ?? []} />
      {unanswered && (
        <p className="turn-failed">
          <Mark kind={turn.status ?? ""} />
          <span className="bad">{oneLine(turn.statusDescription ?? "What was to answer this failed.", 200)}</span>
        </p>
      )}
    </article>
  );
}

const ACTIONS: Record<string, string> = { BLOCKED: "blocked", MASKED: "masked", NONE: "let pass" };

/** What guardrails made of a call: each policy with its verdict. */
export function Guardrails({ assessments }: { assessments: readonly GuardrailAssessment[] }) {
  return assessments.map((assessment, index) => {
    const { guardrailName, source, action, policies } = assessment;
    const title = `${visible(guardrailName)} ${ACTIONS[action] ?? action} the ${source.toLowerCase()}`;
    return (
      <Fold key={index} icon="warning" title={title} className={action === "NONE" ? "" : "guardrail-acted"}>
        <ul className="policies">
          {(policies ?? []).map((policy, at) => (
            <li key={at}>
              <span className={`mark ${policy.action === "NONE" ? "" : "mark-warn"}`}>{policy.action}</span>{" "}
              {policy.policyType.toLowerCase().replaceAll("_", " ")}
              {policy.details && <span className="muted"> {visible(policy.details)}</span>}
            </li>
          ))}
        </ul>
      </Fold>
    );
  });
}
