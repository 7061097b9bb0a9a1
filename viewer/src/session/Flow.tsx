// What ran: the tools above, then the waterfall or the graph.
import { useCallback, useEffect, useMemo, useRef } from "react";

import { useCommands } from "../commands/registry";
import { count, plural } from "../format/figures";
import { IconButton } from "../ui/parts";
import { AgentGraph } from "./AgentGraph";
import { Minimap } from "./Minimap";
import { roleOf } from "./roles";
import { foldable, idle, scale } from "./scale";
import { criticalPath, endOf, type Node, pathTo, type Tree, unfolded } from "./tree";
import { Waterfall } from "./Waterfall";

export interface FlowSearch {
  view?: string | undefined;
  fold?: string | undefined;
  zoom?: string | undefined;
  axis?: string | undefined;
}

interface Props {
  tree: Tree;
  complete: boolean;
  total: number | undefined;
  search: FlowSearch;
  selected: string | undefined;
  change: (changed: FlowSearch) => void;
  onSelect: (span: string | undefined) => void;
}

/** Folded spans stand in the address by the beginnings of their ids, as many as an address has room for. */
const FOLD_CHARS = 8;
const FOLDS_MAX = 100;
const ALL = "all";

const keyOf = (node: Node): string => node.span.id.slice(0, FOLD_CHARS);

export function Flow({ tree, complete, total, search, selected, change, onSelect }: Props) {
  const { view, fold = "", zoom, axis } = search;
  const isGraph = view === "graph";
  const keys = useMemo(() => new Set(fold.split(",").filter(Boolean)), [fold]);
  const isFolded = useCallback((node: Node) => keys.has(ALL) !== keys.has(keyOf(node)), [keys]);
  const rows = useMemo(() => unfolded(tree, isFolded), [tree, isFolded]);
  const path = useMemo(() => criticalPath(tree), [tree]);

  const gaps = useMemo(() => {
    const leaves = tree.order.filter((node) => !node.below || roleOf(node.span.op) !== "other");
    const busy = leaves.map(({ span }) => ({ start: span.start, end: endOf(span, tree.end) }));
    return foldable(idle(busy), tree.start, tree.end);
  }, [tree]);
  const folds = gaps.length > 0 && axis !== "wall";
  const whole = useMemo(() => scale(tree.start, tree.end, folds ? gaps : []), [tree, folds, gaps]);
  const [from, to] = useMemo(() => window_(zoom, tree), [zoom, tree]);
  const shown = useMemo(() => scale(from, to, folds ? gaps : []), [from, to, folds, gaps]);
  const setZoom = useCallback(
    (start: number, end: number) => {
      const all = start <= tree.start && end >= tree.end;
      const ms = (time: number) => Math.round((time - tree.start) * 1000);
      change({ zoom: all || ms(end) <= ms(start) ? undefined : `${ms(start)}-${ms(end)}` });
    },
    [tree, change],
  );

  const toggle = useCallback(
    (node: Node) => {
      const key = keyOf(node);
      const next = keys.has(key) ? [...keys].filter((each) => each !== key) : [...keys, key];
      change({ fold: next.slice(-FOLDS_MAX).join(",") || undefined });
    },
    [keys, change],
  );
  const node = selected === undefined ? undefined : tree.nodes.get(selected);
  // a span chosen elsewhere may be folded away: what hides it is unfolded
  const chosen = useRef<string>(undefined);
  useEffect(() => {
    if (!node || chosen.current === selected) return;
    chosen.current = selected;
    const hiding = pathTo(node.parent).filter(isFolded);
    if (!hiding.length) return;
    const next = new Set(keys);
    for (const each of hiding) if (!next.delete(keyOf(each))) next.add(keyOf(each));
    change({ fold: [...next].slice(-FOLDS_MAX).join(",") || undefined });
  }, [node, selected, isFolded, keys, change]);

  const move = (by: number) => {
    const at = rows.findIndex((row) => row.span.id === selected);
    onSelect(rows[Math.min(Math.max(at + by, 0), rows.length - 1)]?.span.id);
  };
  const zoomTo = () => {
    if (!node) return;
    const end = endOf(node.span, tree.end);
    const margin = Math.max((end - node.span.start) * 0.1, 0.001);
    setZoom(Math.max(node.span.start - margin, tree.start), Math.min(end + margin, tree.end));
  };
  useCommands({
    view: () => change({ view: isGraph ? undefined : "graph" }),
    nextSpan: () => move(1),
    previousSpan: () => move(-1),
    foldAll: () => change({ fold: ALL }),
    unfoldAll: () => change({ fold: undefined }),
    zoomIn: zoomTo,
    zoomOut: () => change({ zoom: undefined }),
    axis: () => change({ axis: axis === "wall" ? undefined : "wall" }),
  });

  return (
    <>
      <div className="flow-tools">
        <div className="segments" role="group" aria-label="View">
          <button type="button" aria-pressed={!isGraph} onClick={() => change({ view: undefined })}>
            Flow
          </button>
          <button type="button" aria-pressed={isGraph} onClick={() => change({ view: "graph" })}>
            Graph
          </button>
        </div>
        <span className="flow-count faint num" role="status">
          {complete ? plural(tree.order.length, "span") : `${count(tree.order.length)} of ${count(total ?? 0)} spans`}
        </span>
        <span className="spread" />
        {!isGraph && (
          <>
            {gaps.length > 0 && (
              <button
                type="button"
                className="button button-plain"
                aria-pressed={folds}
                title="Idle time folded to a sliver (i)"
                onClick={() => change({ axis: folds ? "wall" : undefined })}
              >
                Fold idle
              </button>
            )}
            <IconButton icon="fold" label="Fold all ([)" onClick={() => change({ fold: ALL })} />
            <IconButton icon="unfold" label="Unfold all (])" onClick={() => change({ fold: undefined })} />
            <IconButton icon="zoomIn" label="Zoom to the chosen span (z)" disabled={!node} onClick={zoomTo} />
            <IconButton
              icon="zoomOut"
              label="Show the whole time (0)"
              disabled={zoom === undefined}
              onClick={() => change({ zoom: undefined })}
            />
          </>
        )}
      </div>
      {isGraph ? (
        <AgentGraph tree={tree} selected={selected} onSelect={onSelect} />
      ) : (
        <>
          <Minimap tree={tree} whole={whole} from={from} to={to} selected={node} setZoom={setZoom} />
          <Waterfall
            tree={tree}
            rows={rows}
            scale={shown}
            from={from}
            to={to}
            path={path}
            selected={selected}
            isFolded={isFolded}
            toggle={toggle}
            onSelect={onSelect}
          />
        </>
      )}
    </>
  );
}

/** Read a zoom, `from-to` in milliseconds after the session's start, as times; all of it where there is none. */
function window_(zoom: string | undefined, tree: Tree): [from: number, to: number] {
  const match = /^(\d{1,12})-(\d{1,12})$/.exec(zoom ?? "");
  if (!match || Number(match[2]) <= Number(match[1])) return [tree.start, tree.end];
  return [tree.start + Number(match[1]) / 1000, tree.start + Number(match[2]) / 1000];
}
