// Text of any length: what is long is folded, and drawn in pieces that the browser lays out only in sight.
import { useState } from "react";

import { short } from "../format/figures";
import { visible } from "../format/visible";
import "./said.css";

const FOLD_CHARS = 4_000;
const PIECE_CHARS = 20_000;

/** Cut a text into pieces at line ends where there are some. */
export function pieces(text: string, chars = PIECE_CHARS): string[] {
  const cut: string[] = [];
  for (let at = 0; at < text.length;) {
    let end = Math.min(at + chars, text.length);
    const line = text.lastIndexOf("\n", end - 1);
    if (end < text.length && line > at) end = line + 1;
    else if (end < text.length && /[\ud800-\udbff]/.test(text.charAt(end - 1))) end--;
    cut.push(text.slice(at, end));
    at = end;
  }
  return cut;
}

export function BigText({ text, className = "" }: { text: string; className?: string }) {
  const [all, setAll] = useState(false);
  const folded = text.length > 1.25 * FOLD_CHARS && !all;
  const [first = ""] = folded ? pieces(text.slice(0, FOLD_CHARS + 1), FOLD_CHARS) : [];
  return (
    <>
      <span className={`big-text ${className}`} dir="auto">
        {folded
          ? visible(first)
          : text.length <= PIECE_CHARS
            ? visible(text)
            : pieces(text).map((piece, index) => (
                <span key={index} className="big-piece">
                  {visible(piece)}
                </span>
              ))}
      </span>
      {text.length > 1.25 * FOLD_CHARS && (
        <button type="button" className="button big-more" onClick={() => setAll(!all)}>
          {all ? "Show less" : `Show all ${short(text.length)} characters`}
        </button>
      )}
    </>
  );
}
