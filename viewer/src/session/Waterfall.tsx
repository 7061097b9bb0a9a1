// The tree of spans with their bars on one time axis. Only rows in sight are drawn, and a few around them.
import { type KeyboardEvent, memo, useEffect, useRef } from "react";

import { duration, short } from "../format/figures";
import { oneLine, visible } from "../format/visible";
import { useRem, useRows, useWidth } from "../ui/hooks";
import { Icon } from "../ui/Icon";
import { Mark } from "../ui/parts";
import { failed, roleOf, titleOf } from "./roles";
import { type Scale, ticks } from "./scale";
import { endOf, type Node, type Tree } from "./tree";

interface Props {
  tree: Tree;
  rows: readonly Node[];
  scale: Scale;
  from: number;
  to: number;
  path: ReadonlySet<string>;
  selected: string | undefined;
  isFolded: (node: Node) => boolean;
  toggle: (node: Node) => void;
  onSelect: (span: string) => void;
}

const ROW_REM = 1.75;
/** Rows drawn beyond both edges: a fast wheel turns less in the time of a few frames. */
const OVERSCAN = 40;
/** Levels that are indented; deeper ones tell their level instead. */
const INDENT_MAX = 14;
const TICKS = 5;

export function Waterfall(props: Props) {
  const { tree, rows, scale, from, to, path, selected, isFolded, toggle, onSelect } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const rem = useRem();
  const { list } = useRows(scroller, { count: rows.length, rowRem: ROW_REM, overscan: OVERSCAN });
  useEffect(() => list.measure(), [rem, list]);

  // what was chosen, here or elsewhere, comes into sight once
  const seen = useRef<string>(undefined);
  const at = selected === undefined ? -1 : rows.findIndex((row) => row.span.id === selected);
  useEffect(() => {
    if (at >= 0 && seen.current !== selected) {
      seen.current = selected;
      list.scrollToIndex(at, { align: "auto" });
    }
  }, [at, selected, list]);

  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[at];
    const last = rows.length - 1;
    const moves: Record<string, number | undefined> = {
      ArrowDown: Math.min(at + 1, last),
      ArrowUp: Math.max(at - 1, 0),
      Home: 0,
      End: last,
      PageDown: Math.min(at + 15, last),
      PageUp: Math.max(at - 15, 0),
    };
    const target = moves[event.key];
    if (target !== undefined) {
      const next = rows[target];
      if (next) onSelect(next.span.id);
    } else if (row && event.key === "ArrowRight") {
      if (row.below && isFolded(row)) toggle(row);
      else if (row.children[0]) onSelect(row.children[0].span.id);
    } else if (row && event.key === "ArrowLeft") {
      if (row.below && !isFolded(row)) toggle(row);
      else if (row.parent) onSelect(row.parent.span.id);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="waterfall">
      <Axis scale={scale} from={from} to={to} start={tree.start} />
      <div
        ref={scroller}
        className="waterfall-scroll"
        role="tree"
        aria-label="Spans"
        tabIndex={0}
        aria-activedescendant={at >= 0 ? `row-${selected ?? ""}` : undefined}
        onKeyDown={onKeyDown}
      >
        <div role="none" className="virtual" style={{ height: list.getTotalSize() }}>
          {list.getVirtualItems().map(({ index, start }) => {
            const node = rows[index];
            return (
              node && (
                <Row
                  key={node.span.id}
                  node={node}
                  top={start}
                  scale={scale}
                  end={endOf(node.span, tree.end)}
                  critical={path.has(node.span.id)}
                  chosen={node.span.id === selected}
                  folded={node.below > 0 && isFolded(node)}
                  toggle={toggle}
                  onSelect={onSelect}
                />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface RowProps {
  node: Node;
  top: number;
  scale: Scale;
  end: number;
  critical: boolean;
  chosen: boolean;
  folded: boolean;
  toggle: (node: Node) => void;
  onSelect: (span: string) => void;
}

const Row = memo(function Row(props: RowProps) {
  const { node, top, scale, end, critical, chosen, folded, toggle, onSelect } = props;
  const { span, depth, below, failedBelow } = node;
  const role = roleOf(span.op);
  const bad = failed(span);
  const running = span.end === undefined;
  const escalated = span.returnReason === "ESCALATE" || span.op === "escalate_agent";
  const told = [span.errorType, span.statusDescription].filter(Boolean).join(": ");
  const total = span.tokens?.total;
  return (
    <div
      id={`row-${span.id}`}
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={chosen}
      aria-expanded={below ? !folded : undefined}
      className={`row ${bad ? "row-bad" : ""}`}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onSelect(span.id)}
    >
      <span
        className="row-name"
        style={{ paddingInlineStart: `min(${0.5 + Math.min(depth, INDENT_MAX) * 0.8}rem, 18%)` }}
      >
        {below ? (
          <button
            type="button"
            tabIndex={-1}
            className="row-fold"
            aria-label={folded ? "Unfold" : "Fold"}
            onClick={(event) => {
              event.stopPropagation();
              toggle(node);
            }}
          >
            <Icon name={folded ? "right" : "down"} />
          </button>
        ) : (
          <span className="row-fold" />
        )}
        {depth > INDENT_MAX && <span className="faint num row-level">{depth}</span>}
        <span className={`role-dot role-${bad ? "bad" : role}`} />
        <span className="row-title cut" dir="auto" title={visible(`${span.name}${told ? `\n${told}` : ""}`)}>
          {oneLine(titleOf(span), 120)}
        </span>
        <Mark kind={running ? "RUNNING" : span.status} title={told || undefined} />
        {escalated && <Mark kind="ESCALATE" title={span.targetAgentId} />}
        {span.interactionMode && <span className="chip chip-agent">{span.interactionMode.toLowerCase()}</span>}
        {folded && (
          <span className={`chip num ${failedBelow ? "bad" : ""}`}>
            {short(below)}
            {failedBelow > 0 && `, ${short(failedBelow)} failed`}
          </span>
        )}
        {bad && told && <span className="row-told cut bad">{oneLine(told, 100)}</span>}
      </span>
      <span className="row-bars" aria-hidden="true">
        <Bar
          scale={scale}
          start={span.start}
          end={end}
          first={span.ttftMs}
          role={bad ? "bad" : role}
          faded={!critical}
        />
      </span>
      <span className="row-tokens num faint">{total ? short(total) : ""}</span>
      <span className={`row-time num ${running ? "faint" : ""}`}>{duration(end - span.start)}</span>
    </div>
  );
});

interface BarProps {
  scale: Scale;
  start: number;
  end: number;
  first: number | undefined;
  role: string;
  faded: boolean;
}

function Bar({ scale, start, end, first, role, faded }: BarProps) {
  const left = Math.max(scale.at(start), 0);
  const right = Math.min(scale.at(end), 1);
  if (left > 1 || right < 0) return null;
  const told = first === undefined ? undefined : Math.min(scale.at(start + first / 1000), right);
  const percent = (share: number) => `${(share * 100).toFixed(3)}%`;
  return (
    <>
      <span
        className={`bar-span role-${role} ${faded ? "bar-faded" : ""}`}
        style={{ insetInlineStart: percent(left), width: percent(Math.max(right - left, 0)) }}
      />
      {told !== undefined && told > left && (
        <span
          className="bar-first"
          title={`first token after ${first} ms`}
          style={{ insetInlineStart: percent(left), width: percent(told - left) }}
        />
      )}
    </>
  );
}

/** What the time at a tick takes of the axis, in rem. */
const TICK_REM = 4;

function apartOf(times: readonly number[], scale: Scale, share: number): number[] {
  const apart: number[] = [];
  let last = -Infinity;
  for (const time of times) {
    const place = scale.at(time);
    const idle = scale.gaps.some((gap) => time > gap.start && time < gap.end);
    if (idle || place - last < share || place > 1 - share / 2) continue;
    last = place;
    apart.push(time);
  }
  return apart;
}

/** Where idle time is folded no step is round for all of the axis: times at even places then. */
const evenly = (scale: Scale): number[] => Array.from({ length: TICKS }, (_, index) => scale.time(index / TICKS));

function Axis({ scale, from, to, start }: { scale: Scale; from: number; to: number; start: number }) {
  const place = useRef<HTMLSpanElement>(null);
  const width = useWidth(place);
  const share = (TICK_REM * useRem()) / Math.max(width, 1);
  const times = scale.gaps.length ? evenly(scale) : ticks(to - from, TICKS).map((seconds) => from + seconds);
  return (
    <div className="axis" aria-hidden="true">
      <span className="axis-name faint">Span</span>
      <span ref={place} className="axis-ticks">
        {apartOf(times, scale, share).map((time) => (
          <span key={time} className="axis-tick faint num" style={{ insetInlineStart: `${scale.at(time) * 100}%` }}>
            {time - start < 0.0005 ? "0" : duration(time - start)}
          </span>
        ))}
        {scale.gaps.map((gap) => (
          <span
            key={gap.start}
            className="axis-gap"
            title={`${duration(gap.end - gap.start)} idle`}
            style={{
              insetInlineStart: `${scale.at(gap.start) * 100}%`,
              width: `${(scale.at(gap.end) - scale.at(gap.start)) * 100}%`,
            }}
          />
        ))}
      </span>
      <span className="row-tokens faint">Tokens</span>
      <span className="row-time faint">Time</span>
    </div>
  );
}
