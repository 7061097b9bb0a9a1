// A text as it is meant: JSON as a tree, Markdown laid out, anything else as it stands; plain on demand.
import { lazy, Suspense, useMemo, useState } from "react";

import { BigText } from "./BigText";
import { Json } from "./Json";

const Markdown = lazy(() => import("./Markdown"));

/** Longer texts are shown plain: laying them out would stop the page. */
const RICH_CHARS_MAX = 100_000;
const MARKDOWN = /^#{1,6} |^\s*[-*+] |^\s*\d+\. |\*\*\S|`\S|^>|^\|.*\||\]\(https?:/m;

function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function Prose({ text }: { text: string }) {
  const [plain, setPlain] = useState(false);
  const json = useMemo(() => (text.length <= 10 * RICH_CHARS_MAX ? parsed(text) : undefined), [text]);
  const markdown = json === undefined && text.length <= RICH_CHARS_MAX && MARKDOWN.test(text);
  const rich = json !== undefined || markdown;
  const asItStands = <BigText text={text} />;
  return (
    <div className="prose">
      {rich && (
        <button type="button" className="prose-plain" aria-pressed={plain} onClick={() => setPlain(!plain)}>
          Plain
        </button>
      )}
      {plain || !rich ? (
        asItStands
      ) : json !== undefined ? (
        <Json value={json} />
      ) : (
        <Suspense fallback={asItStands}>
          <Markdown text={text} />
        </Suspense>
      )}
    </div>
  );
}
