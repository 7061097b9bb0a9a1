// Who called whom, drawn: the customer at the left, then agents, then what they call.
import { useMemo, useRef } from "react";

import { duration, plural, short } from "../format/figures";
import { oneLine, visible } from "../format/visible";
import { useRem, useWidth } from "../ui/hooks";
import { type Actor, graph, type Line } from "./graph";
import type { Tree } from "./tree";

interface Props {
  tree: Tree;
  selected: string | undefined;
  onSelect: (span: string) => void;
}

/** In rem; columns are as wide as there is room for. */
const HEIGHT = 4.25;
const COLUMN_MIN = 13;
const COLUMN_MAX = 17;
const BETWEEN = 5;
const ROW = 5.25;
const MARGIN = 1.25;
/** Where a line's label stands: at 0.7 of the curve, in shares of its width and height. */
const ALONG = 0.658;
const DOWN = 0.784;

export function AgentGraph({ tree, onSelect }: Props) {
  const { actors, lines } = useMemo(() => graph(tree), [tree]);
  const rem = useRem();
  const pane = useRef<HTMLDivElement>(null);
  const room = useWidth(pane) / rem;
  const places = new Map(actors.map((actor) => [actor.id, actor]));
  const columns = Math.max(...actors.map(({ column }) => column)) + 1;
  const rows = Math.max(...actors.map(({ row }) => row)) + 1;
  const column = Math.min(Math.max((room - 2 * MARGIN + BETWEEN) / columns, COLUMN_MIN), COLUMN_MAX);
  const box = column - BETWEEN;
  const width = columns * column - BETWEEN + 2 * MARGIN;
  const height = (rows - 1) * ROW + HEIGHT + 2 * MARGIN;
  const top = ({ row }: Actor) => MARGIN + row * ROW;
  const left = (actor: Actor) => MARGIN + actor.column * column;
  const most = Math.max(...lines.map(({ calls }) => calls), 1);

  return (
    <div ref={pane} className="graph" tabIndex={0} role="group" aria-label="Agents, models and tools">
      <div className="graph-sheet" style={{ width: `${width}rem`, height: `${height}rem` }}>
        <svg
          width={width * rem}
          height={height * rem}
          viewBox={`0 0 ${width} ${height}`}
          className="graph-lines"
          aria-hidden="true"
        >
          {lines.map((line) => {
            const from = places.get(line.from);
            const to = places.get(line.to);
            if (!from || !to) return null;
            return (
              <path
                key={`${line.from} ${line.to}`}
                d={curve(left(from), top(from), left(to), top(to), box)}
                className={line.failures ? "line-bad" : ""}
                strokeWidth={0.07 + 0.16 * (line.calls / most)}
              />
            );
          })}
        </svg>
        {lines.map((line) => {
          const from = places.get(line.from);
          const to = places.get(line.to);
          if (!from || !to) return null;
          const back = to.column <= from.column;
          return (
            <button
              key={`${line.from} ${line.to}`}
              type="button"
              className="graph-call num"
              title={said(line, from, to)}
              style={{
                left: `${back ? left(from) + box + 1.5 : left(from) + box + ALONG * (left(to) - left(from) - box)}rem`,
                top: `${top(from) + (back ? 0.5 : DOWN) * (top(to) - top(from)) + HEIGHT / 2}rem`,
              }}
              onClick={() => onSelect(line.first)}
            >
              {short(line.calls)}×{line.modes.length > 0 && ` ${line.modes.join(", ").toLowerCase()}`}
            </button>
          );
        })}
        {actors.map((actor) => (
          <button
            key={actor.id}
            type="button"
            className={`actor actor-${actor.role}`}
            style={{ left: `${left(actor)}rem`, top: `${top(actor)}rem`, width: `${box}rem` }}
            onClick={() => onSelect(actor.firstFailure ?? actor.first)}
            title={actor.firstFailure ? "Opens the first call that failed" : "Opens the first call"}
          >
            <b className="cut" dir="auto">
              {oneLine(actor.name, 60)}
            </b>
            <span className="num cut">
              {actor.calls > 0 && `${plural(actor.calls, "call")}, ${duration(actor.seconds)}`}
            </span>
            {actor.tokens > 0 && <span className="num cut">{short(actor.tokens)} tokens</span>}
            {actor.failures > 0 && <span className="bad num">{short(actor.failures)} failed</span>}
          </button>
        ))}
      </div>
    </div>
  );
}

const said = (line: Line, from: Actor, to: Actor): string =>
  visible(
    `${from.name} → ${to.name}: ${plural(line.calls, "call")}, ${duration(line.seconds)}` +
      (line.failures ? `, ${line.failures} failed` : ""),
  );

function curve(fromLeft: number, fromTop: number, toLeft: number, toTop: number, width: number): string {
  const y1 = fromTop + HEIGHT / 2;
  const y2 = toTop + HEIGHT / 2;
  if (toLeft > fromLeft) {
    const x1 = fromLeft + width;
    const bend = (toLeft - x1) / 2;
    return `M${x1} ${y1}C${x1 + bend} ${y1} ${toLeft - bend} ${y2} ${toLeft} ${y2}`;
  }
  // back, or within a column: out to the right and in from there
  const x1 = fromLeft + width;
  const x2 = toLeft + width;
  return `M${x1} ${y1}C${x1 + 3} ${y1} ${x2 + 3} ${y2} ${x2} ${y2}`;
}
