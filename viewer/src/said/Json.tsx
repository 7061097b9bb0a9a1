// A JSON value as a tree that opens level by level; only what is open is drawn.
import { useState } from "react";

import { oneLine, visible } from "../format/visible";
import { BigText } from "./BigText";

/** Members of one level that are drawn before one asks for more. */
const MEMBERS_STEP = 100;
const LINE_CHARS = 72;

type Entry = readonly [name: string, value: unknown];

const entriesOf = (value: object): Entry[] =>
  Array.isArray(value) ? value.map((item: unknown, index): Entry => [String(index), item]) : Object.entries(value);

/** Draw a JSON value; `open` is how many levels are open at first. */
export function Json({ value, open = 1 }: { value: unknown; open?: number }) {
  return (
    <div className="json" dir="ltr">
      <Member value={value} open={open} />
    </div>
  );
}

function Member({ name, value, open }: { name?: string; value: unknown; open: number }) {
  const nested = typeof value === "object" && value !== null && entriesOf(value).length > 0;
  const line = nested ? oneLine(JSON.stringify(value), LINE_CHARS + 1) : "";
  const [isOpen, setOpen] = useState(open > 0 && (line.length > LINE_CHARS || name === undefined));
  const label = name !== undefined && <span className="json-name">{visible(name)}</span>;
  if (!nested)
    return (
      <div className="json-member">
        {label}
        <Leaf value={value} />
      </div>
    );
  return (
    <div className="json-member">
      <button type="button" className="json-toggle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {label}
        <span className="faint">{isOpen ? (Array.isArray(value) ? "[" : "{") : line}</span>
      </button>
      {isOpen && (
        <>
          <Members entries={entriesOf(value)} open={open - 1} />
          <span className="faint">{Array.isArray(value) ? "]" : "}"}</span>
        </>
      )}
    </div>
  );
}

function Members({ entries, open }: { entries: readonly Entry[]; open: number }) {
  const [shown, setShown] = useState(MEMBERS_STEP);
  return (
    <div className="json-members">
      {entries.slice(0, shown).map(([name, value]) => (
        <Member key={name} name={name} value={value} open={open} />
      ))}
      {entries.length > shown && (
        <button type="button" className="button button-plain" onClick={() => setShown(shown + 10 * MEMBERS_STEP)}>
          {entries.length - shown} more
        </button>
      )}
    </div>
  );
}

function Leaf({ value }: { value: unknown }) {
  if (typeof value === "string") return <BigText text={value} className="json-text" />;
  const text = typeof value === "object" && value !== null ? (Array.isArray(value) ? "[]" : "{}") : String(value);
  return <span className="json-value">{text}</span>;
}
