// Marks the words that were sought wherever they stand in an element, without touching its elements.
import { type RefObject, useEffect } from "react";

import { parse } from "../app/query";

/** The name by which styles know the marks. */
const NAME = "sought";
/** Marks at most, and characters of one text that are looked through: beyond these the page would be held up. */
const MARKS_MAX = 1_000;
const TEXT_CHARS_MAX = 100_000;

/** Return what finds the words of a query, undefined if it has none. */
export function finder(query: string): RegExp | undefined {
  const words = parse(query).flatMap(({ text = "" }) => text.match(/[\p{L}\p{N}]+/gu) ?? []);
  return words.length ? new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join("|")})(?![\\p{L}\\p{N}])`, "giu") : undefined;
}

function ranges(element: Node, found: RegExp): Range[] {
  const marks: Range[] = [];
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (texts.nextNode() && marks.length < MARKS_MAX) {
    const node = texts.currentNode;
    for (const { index, 0: word } of (node.nodeValue ?? "").slice(0, TEXT_CHARS_MAX).matchAll(found)) {
      const range = new Range();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      marks.push(range);
    }
  }
  return marks;
}

/** Mark the words of a query in an element, also in what comes into it later; browsers that cannot leave it be. */
export function useMarks(element: RefObject<HTMLElement | null>, query: string | undefined, drawn: boolean): void {
  useEffect(() => {
    const found = finder(query ?? "");
    const root = element.current;
    if (!found || !root || !("highlights" in CSS)) return;
    let frame = 0;
    const mark = () => {
      frame = 0;
      CSS.highlights.set(NAME, new Highlight(...ranges(root, found)));
    };
    const watch = new MutationObserver(() => {
      frame ||= requestAnimationFrame(mark);
    });
    watch.observe(root, { childList: true, subtree: true, characterData: true });
    mark();
    return () => {
      watch.disconnect();
      cancelAnimationFrame(frame);
      CSS.highlights.delete(NAME);
    };
  }, [element, query, drawn]);
}
