// A session as a small picture: its spans side by side, each as wide as its share of the time.
import type { StripCell } from "../api/types";
import { GAP, roleOf } from "../session/roles";

const HEIGHT = 16;
const WIDTH = 240;

export function Strip({ cells }: { cells: readonly StripCell[] }) {
  const total = cells.reduce((sum, [, , share]) => sum + share, 0) || 1;
  const ends = runningSums(cells.map(([, , share]) => (share / total) * WIDTH));
  return (
    <svg className="strip" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {cells.map(([role, status, share], index) => {
        const width = (share / total) * WIDTH;
        const left = (ends[index] ?? 0) - width;
        if (role === GAP) return null;
        const bad = status === "ERROR" || status === "TIMEOUT";
        return (
          <rect
            key={index}
            x={left}
            y={bad ? 0 : 4}
            width={Math.max(width - 0.75, bad ? 2.5 : 0.75)}
            height={bad ? HEIGHT : HEIGHT - 8}
            className={bad ? "fill-bad" : `fill-${roleOf(role)}`}
          />
        );
      })}
    </svg>
  );
}

function runningSums(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => (sum += value));
}
