// The whole session in a strip: where the spans are, what failed, and the part that is zoomed to, which one can draw.
import { type PointerEvent, useEffect, useRef, useState } from "react";

import { useTheme } from "../ui/theme";
import { useMedia } from "../ui/hooks";
import { failed, roleOf } from "./roles";
import type { Scale } from "./scale";
import { endOf, type Node, type Tree } from "./tree";

interface Props {
  tree: Tree;
  whole: Scale;
  from: number;
  to: number;
  selected: Node | undefined;
  setZoom: (from: number, to: number) => void;
}

const LANES = 9;
/** A drag over less of the width is a click: it moves the window there. */
const DRAG_MIN = 0.005;

export function Minimap({ tree, whole, from, to, selected, setZoom }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const inks = useRef<HTMLSpanElement>(null);
  const [drag, setDrag] = useState<readonly [number, number]>();
  const theme = useTheme();
  const dark = useMedia("(prefers-color-scheme: dark)");

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const draw = () => paint(element, inks.current, tree, whole);
    draw();
    const watch = new ResizeObserver(draw);
    watch.observe(element);
    return () => watch.disconnect();
  }, [tree, whole, theme, dark]);

  const place = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / Math.max(box.width, 1), 0), 1);
  };
  const release = () => {
    if (!drag) return;
    const [one, other] = drag.toSorted((a, b) => a - b) as [number, number];
    setDrag(undefined);
    if (other - one >= DRAG_MIN) {
      setZoom(whole.time(one), whole.time(other));
      return;
    }
    const half = (to - from) / 2;
    const middle = Math.min(Math.max(whole.time(one), tree.start + half), tree.end - half);
    setZoom(middle - half, middle + half);
  };
  const [left, right] = drag?.toSorted((a, b) => a - b) ?? [whole.at(from), whole.at(to)];
  const all = from <= tree.start && to >= tree.end && !drag;
  const percent = (share: number) => `${Math.min(Math.max(share, 0), 1) * 100}%`;
  return (
    <div
      className="minimap"
      title="Drag to zoom"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag([place(event), place(event)]);
      }}
      onPointerMove={(event) => drag && setDrag([drag[0], place(event)])}
      onPointerUp={release}
      onPointerCancel={() => setDrag(undefined)}
      onDoubleClick={() => setZoom(tree.start, tree.end)}
    >
      <canvas ref={canvas} aria-hidden="true" />
      <span ref={inks} hidden>
        {["agent", "inference", "tool", "other", "bad"].map((role) => (
          <span key={role} className={`role-dot role-${role}`} />
        ))}
      </span>
      {selected && (
        <span className="minimap-here" style={{ insetInlineStart: percent(whole.at(selected.span.start)) }} />
      )}
      {!all && (
        <>
          <span className="minimap-veil" style={{ insetInlineStart: 0, width: percent(left ?? 0) }} />
          <span
            className="minimap-veil"
            style={{ insetInlineStart: percent(right ?? 1), width: percent(1 - (right ?? 1)) }}
          />
        </>
      )}
    </div>
  );
}

/** Draw all spans, those that failed last; the page's own elements tell the colours. */
function paint(canvas: HTMLCanvasElement, inks: HTMLElement | null, tree: Tree, whole: Scale): void {
  const context = canvas.getContext("2d");
  if (!context || !inks) return;
  const density = devicePixelRatio;
  const width = Math.max(Math.round(canvas.clientWidth * density), 1);
  const height = Math.max(Math.round(canvas.clientHeight * density), 1);
  canvas.width = width;
  canvas.height = height;
  const [agent, inference, tool, other, bad] = Array.from(
    inks.children,
    (ink) => getComputedStyle(ink).backgroundColor,
  );
  const colours = { agent, inference, tool, other };
  const lane = height / LANES;
  const draw = (node: Node, colour: string | undefined, least: number) => {
    const left = whole.at(node.span.start) * width;
    const right = whole.at(endOf(node.span, tree.end)) * width;
    context.fillStyle = colour ?? "gray";
    context.fillRect(
      left,
      Math.min(node.depth, LANES - 1) * lane,
      Math.max(right - left, least),
      Math.max(lane - 1, 1),
    );
  };
  for (const node of tree.order) draw(node, colours[roleOf(node.span.op)], density);
  for (const node of tree.order) if (failed(node.span)) draw(node, bad, 2 * density);
}
