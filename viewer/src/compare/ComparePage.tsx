// Two sessions, or two spans, beside each other.
import { useNavigate, useSearch } from "@tanstack/react-router";

import { useCommands } from "../commands/registry";
import { useTitle } from "../ui/hooks";
import { Button } from "../ui/parts";
import { CompareSessions } from "./CompareSessions";
import { CompareSpans } from "./CompareSpans";
import { Picker } from "./Picker";
import { type Place, PlaceLink } from "./Sides";
import "./compare.css";

/** Read `assistant/session` or `assistant/session/span`. */
function placeOf(text: string | undefined): Place | undefined {
  const [assistantId, sessionId, spanId] = text?.split("/") ?? [];
  return assistantId && sessionId ? { assistantId, sessionId, ...(spanId ? { spanId } : {}) } : undefined;
}

export function ComparePage() {
  const search = useSearch({ from: "/compare" });
  const navigate = useNavigate({ from: "/compare" });
  const change = (changed: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...changed }), replace: true });
  const swap = () => change({ a: search.b, b: search.a });
  useCommands({ compareThis: swap });
  useTitle("Compare");
  const a = placeOf(search.a);
  const b = placeOf(search.b);
  const placed = a ?? b;
  if (!a || !b)
    return (
      <div className="compare-pick">
        <h1>Compare</h1>
        <p className="muted">
          Two sessions or two spans beside each other: what was said, what was called, what it took.
        </p>
        {a && (
          <p>
            <PlaceLink place={a} name="A" /> is chosen. Choose what it is compared with:
          </p>
        )}
        {b && (
          <p>
            <PlaceLink place={b} name="B" /> is chosen. Choose what it is compared with:
          </p>
        )}
        <Picker
          wantsSpan={(a ?? b)?.spanId !== undefined}
          chosen={placed && `${placed.assistantId}/${placed.sessionId}`}
          choose={(text) => change(a ? { b: text } : { a: text })}
        />
      </div>
    );
  const bothSpans = a.spanId !== undefined && b.spanId !== undefined;
  return (
    <div className="compare">
      <header className="compare-header">
        <h1>{bothSpans ? "Two spans" : "Two sessions"}</h1>
        <span className="spread" />
        <span className="compare-actions">
          <Button onClick={swap}>Swap</Button>
          <Button onClick={() => change({ b: undefined })}>Change B</Button>
        </span>
      </header>
      {bothSpans ? (
        <CompareSpans a={{ ...a, spanId: a.spanId ?? "" }} b={{ ...b, spanId: b.spanId ?? "" }} />
      ) : (
        <CompareSessions a={a} b={b} show={search.show} onlyDifferent={search.same === "hide"} change={change} />
      )}
    </div>
  );
}
