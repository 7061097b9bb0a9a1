// Time to place: a session lasts hours and works for seconds, so idle time can be folded to a sliver.

export interface Gap {
  start: number;
  end: number;
}

export interface Scale {
  /** Place of a time, 0 to 1 over all that is shown; outside of it beyond. */
  at: (time: number) => number;
  /** Time at a place. */
  time: (place: number) => number;
  /** Idle times that are folded. */
  gaps: readonly Gap[];
}

/** Idle time is folded where it is this share of the whole at least. */
const GAP_SHARE_MIN = 0.04;
/** What a folded gap takes of all that is shown. */
const SLIVER = 0.02;

/** Return the times in which nothing ran, given spans in any order. */
export function idle(spans: readonly { start: number; end: number }[]): Gap[] {
  const sorted = spans.toSorted((one, other) => one.start - other.start);
  const gaps: Gap[] = [];
  let busyUntil = sorted[0]?.start ?? 0;
  for (const { start, end } of sorted) {
    if (start > busyUntil) gaps.push({ start: busyUntil, end: start });
    busyUntil = Math.max(busyUntil, end);
  }
  return gaps;
}

/** Return the gaps worth folding: those long enough to be in the way. */
export function foldable(gaps: readonly Gap[], start: number, end: number): Gap[] {
  return gaps.filter((gap) => gap.end - gap.start > GAP_SHARE_MIN * (end - start));
}

/** Make a scale from `start` to `end`, with some gaps folded. */
export function scale(start: number, end: number, gaps: readonly Gap[] = []): Scale {
  const inside = gaps.filter((gap) => gap.start >= start && gap.end <= end);
  const extent = Math.max(end - start, 1e-6);
  const folded = inside.reduce((sum, gap) => sum + gap.end - gap.start, 0);
  const share = Math.min(SLIVER, 0.5 / Math.max(inside.length, 1));
  const rate = (1 - share * inside.length) / Math.max(extent - folded, 1e-6);
  // pieces of the axis: from a time and a place on, with a rate
  const pieces: { time: number; place: number; rate: number }[] = [{ time: start, place: 0, rate }];
  let place = 0;
  let time = start;
  for (const gap of inside) {
    place += (gap.start - time) * rate;
    pieces.push({ time: gap.start, place, rate: share / Math.max(gap.end - gap.start, 1e-9) });
    place += share;
    time = gap.end;
    pieces.push({ time, place, rate });
  }
  const piece = (of: "time" | "place", value: number) => {
    let low = 0;
    let high = pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((pieces[middle]?.[of] ?? 0) <= value) low = middle;
      else high = middle - 1;
    }
    return pieces[low] ?? { time: start, place: 0, rate };
  };
  return {
    at: (value) => {
      const found = piece("time", value);
      return found.place + (value - found.time) * found.rate;
    },
    time: (value) => {
      const found = piece("place", value);
      return found.time + (value - found.place) / found.rate;
    },
    gaps: inside,
  };
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400];

/** Return about so many round times, in seconds from the start of an extent of some seconds. */
export function ticks(extent: number, about: number): number[] {
  const rough = extent / Math.max(about, 1);
  const step =
    rough < 0.5
      ? (STEPS.find((ms) => ms / 1000 >= rough) ?? 500) / 1000
      : (SECONDS.find((seconds) => seconds >= rough) ?? Math.ceil(rough / 86_400) * 86_400);
  return Array.from({ length: Math.floor(extent / step) + 1 }, (_, index) => index * step);
}
