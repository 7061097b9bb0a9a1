// One session: what was said and what ran side by side, and the chosen span beside both.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo } from "react";

import { FAILING } from "../app/places";
import { useCommands } from "../commands/registry";
import { duration, moment, money, plural, short } from "../format/figures";
import { oneLine, visible } from "../format/visible";
import { SpanPanel } from "../span/SpanPanel";
import { useMedia, useTitle } from "../ui/hooks";
import { copied, Copy, Figure, IconButton, Mark } from "../ui/parts";
import { Failure, Loading } from "../ui/States";
import { Conversation } from "./Conversation";
import { Flow } from "./Flow";
import { useOutline, useSession } from "./useSession";
import "./session.css";
import "./conversation.css";
import "./flow.css";
import "./graph.css";

type Side = "conversation" | "flow" | "span";
const SIDES: readonly (readonly [side: Side, title: string])[] = [
  ["conversation", "Conversation"],
  ["flow", "Flow"],
  ["span", "Span"],
];

/** Windows in which all three stand side by side, two of them, or one. */
const WIDE = "(width >= 84rem)";
const NARROW = "(width < 60rem)";

export function SessionPage() {
  const { assistantId, sessionId } = useParams({ from: "/sessions/$assistantId/$sessionId" });
  const search = useSearch({ from: "/sessions/$assistantId/$sessionId" });
  const navigate = useNavigate({ from: "/sessions/$assistantId/$sessionId" });
  const session = useSession(assistantId, sessionId);
  const { outline, tree, failing, complete } = useOutline(assistantId, sessionId);
  const wide = useMedia(WIDE);
  const narrow = useMedia(NARROW);

  const change = useCallback(
    (changed: Partial<typeof search>) =>
      void navigate({ search: (before) => ({ ...before, ...changed }), replace: true }),
    [navigate],
  );
  const select = useCallback((span: string | undefined) => change({ span, side: span ? "span" : undefined }), [change]);

  // which step failed is known once the spans are here; a session without one opens as it is
  const [firstFailing] = failing;
  useEffect(() => {
    if (search.span === FAILING && (firstFailing || complete)) select(firstFailing?.span.id);
  }, [search.span, firstFailing, complete, select]);

  const selected = search.span === FAILING ? undefined : search.span;
  const step = (by: number) => {
    const at = failing.findIndex((node) => node.span.id === selected);
    select(failing[(at + by + failing.length) % failing.length]?.span.id);
  };
  useCommands({
    nextFailure: () => step(1),
    previousFailure: () => step(selected ? -1 : 0),
    compareThis: () => void navigate({ to: "/compare", search: { a: place } }),
    copyLink: () => void copied(location.href),
  });
  const place = [assistantId, sessionId, ...(selected ? [selected] : [])].join("/");
  const told = session.data;
  const name = told ? oneLine(told.name) || sessionId : "";
  useTitle(name);

  const wanted = (search.side ?? "conversation") as Side;
  const side = wanted === "span" && !selected ? "conversation" : wanted;
  const shown = useMemo(
    () => ({
      conversation: narrow ? side === "conversation" : wide || !selected || side !== "span",
      flow: !narrow || side === "flow",
      span: selected !== undefined && (narrow ? side === "span" : wide || side === "span"),
    }),
    [narrow, wide, side, selected],
  );

  const broken = session.error ? session : outline.error && !outline.data ? outline : undefined;
  if (broken?.error)
    return (
      <>
        <h1 className="hidden-visually">Session</h1>
        <Failure error={broken.error} retry={() => void broken.refetch()} />
      </>
    );
  const sides = SIDES.filter(([each]) => (each === "span" ? selected : narrow || each === "conversation"));
  return (
    <div className="session">
      <header className="session-header">
        <div className="session-title">
          <Link to="/" search={search.q ? { q: search.q } : {}} className="back" aria-label="All sessions">
            ←
          </Link>
          <div>
            <h1 className="cut" dir="auto" title={told && visible(told.name)}>
              {name || <span className="faint">Session</span>}
            </h1>
            <p className="faint cut">
              {told && (
                <>
                  <span dir="auto">{oneLine(told.assistantName)}</span> · {moment(told.startTimestamp)}{" "}
                  {told.running > 0 && <Mark kind="RUNNING" title={`${plural(told.running, "span")} running`} />}
                </>
              )}
            </p>
          </div>
        </div>
        {told && (
          <dl className="figures">
            <Figure name="Duration">{duration(told.durationMs / 1000)}</Figure>
            <Figure name="Turns">{short(told.turns)}</Figure>
            <Figure name="Spans">{short(told.spans)}</Figure>
            <Figure name="Tokens">{short(told.totalTokens)}</Figure>
            {told.cost !== undefined && <Figure name="Cost">{money(told.cost)}</Figure>}
            <Figure name="Errors" tone={told.errors ? "bad" : ""}>
              {short(told.errors)}
            </Figure>
          </dl>
        )}
        <div className="session-actions">
          {failing.length > 0 && (
            <button type="button" className="button" onClick={() => step(1)} title="Next step that failed (e)">
              <span className="bad">●</span> {plural(failing.length, "failing step")}
            </button>
          )}
          <IconButton
            icon="compare"
            label="Compare this with another (c)"
            onClick={() => void navigate({ to: "/compare", search: { a: place } })}
          />
          <Copy text={() => location.href} label="Copy a link to what is shown (y)" />
        </div>
      </header>
      {!wide && sides.length > 1 && (
        <div className="segments session-sides" role="group" aria-label="What is shown">
          {sides.map(([each, title]) => (
            <button key={each} type="button" aria-pressed={shown[each]} onClick={() => change({ side: each })}>
              {title}
            </button>
          ))}
        </div>
      )}
      <div className={`panes ${shown.span ? "panes-span" : ""}`}>
        {shown.conversation && (
          <section className="pane pane-conversation" aria-label="Conversation">
            <Conversation
              key={sessionId}
              assistantId={assistantId}
              sessionId={sessionId}
              tree={tree}
              selected={selected}
              query={search.q}
              onSelect={select}
            />
          </section>
        )}
        {shown.flow && (
          <section className="pane pane-flow" aria-label="Flow" aria-busy={!complete}>
            {outline.isPending ? (
              <Loading rows={9} label="Loading spans" />
            ) : (
              <Flow
                tree={tree}
                complete={complete}
                total={told?.spans}
                search={search}
                selected={selected}
                change={change}
                onSelect={select}
              />
            )}
          </section>
        )}
        {shown.span && selected && (
          <aside className="pane pane-span" aria-label="Span">
            <SpanPanel
              key={selected}
              assistantId={assistantId}
              sessionId={sessionId}
              spanId={selected}
              tree={tree}
              show={search.show}
              context={search.context}
              change={change}
              onSelect={select}
            />
          </aside>
        )}
      </div>
    </div>
  );
}
