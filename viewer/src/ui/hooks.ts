// What views need of the window: its width, its type size, the time, the rows in sight.
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useState, useSyncExternalStore } from "react";

/** Whether a media query holds, now and as it changes. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = matchMedia(query);
      list.addEventListener("change", changed);
      return () => list.removeEventListener("change", changed);
    },
    () => matchMedia(query).matches,
  );
}

/** Pixels of one rem, which grows with the window and with what the user has set. */
export function useRem(): number {
  return useSyncExternalStore(
    (changed) => {
      addEventListener("resize", changed);
      return () => removeEventListener("resize", changed);
    },
    () => parseFloat(getComputedStyle(document.documentElement).fontSize),
  );
}

/** The time in seconds since the epoch, anew every so many seconds. */
export function useNow(seconds: number): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
  return now;
}

/** Width of an element in pixels, 0 before it is known. */
export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!element.current) return;
    const watch = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    watch.observe(element.current);
    return () => watch.disconnect();
  }, [element]);
  return width;
}

interface Rows {
  count: number;
  /** What a row takes as long as it has not been measured, in rem. */
  rowRem: number;
  /** Rows drawn beyond both edges. */
  overscan: number;
  /** With it rows keep their place in sight where others come or go before them. */
  keyOf?: (index: number) => string | number;
}

/** The rows of a list in sight, which alone are drawn, and what each is measured by as its `ref`. */
export function useRows<E extends HTMLElement>(
  scroller: RefObject<E | null>,
  { count, rowRem, overscan, keyOf }: Rows,
) {
  const rem = useRem();
  const list = useVirtualizer<E, HTMLElement>({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowRem * rem,
    overscan,
    // a list that is shorter than its place stands at its end already, and would stay there as its rows grow
    ...(keyOf && { getItemKey: keyOf, anchorTo: "end", scrollEndThreshold: -1 }),
    // a timer may fire between a move and its event on a slow machine, and the rows of that frame come too late
    useScrollendEvent: true,
  });
  // A row is measured as it is drawn. A list that scrolls would leave that to the end of the frame: before it, rows that
  // came above those in sight may be scrolled into sight, and what they are taller than estimated would move all others.
  const measure = useCallback(
    (row: HTMLElement | null) => {
      list.getVirtualItems(); // of rows that are drawn at once, each moves those that follow
      const { isScrolling } = list;
      list.isScrolling = false;
      list.measureElement(row);
      list.isScrolling = isScrolling;
    },
    [list],
  );
  return { list, measure };
}

/** Set the title of the window. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Spanglass` : "Spanglass";
  }, [title]);
}
