// One span: what is new in it first, all else a key away.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { identityQuery, spanQuery } from "../api/queries";
import type { Message, SpanPage, Value } from "../api/types";
import { useCommands } from "../commands/registry";
import { count, duration, moment, money, plural } from "../format/figures";
import { oneLine, visible } from "../format/visible";
import { BigText } from "../said/BigText";
import { Json } from "../said/Json";
import { whole } from "../said/joined";
import { Fold, Values } from "../said/Values";
import { Guardrails } from "../session/Conversation";
import { failed, roleOf } from "../session/roles";
import type { Tree } from "../session/tree";
import { Button, Copy, Figure, IconButton, Mark } from "../ui/parts";
import { Failure, Loading } from "../ui/States";
import { asBoto3, asCli, asCurl } from "./copyAs";
import { inWords, parametersOf, tokenParts } from "./figures";
import { Mapping } from "./Mapping";
import "./span.css";

interface Props {
  assistantId: string;
  sessionId: string;
  spanId: string;
  tree: Tree;
  show: string | undefined;
  context: string | undefined;
  change: (changed: { show?: string | undefined; context?: string | undefined }) => void;
  onSelect: (span: string | undefined) => void;
}

const TABS = [
  [undefined, "Messages"],
  ["details", "Details"],
  ["mapping", "Mapping"],
  ["raw", "Raw"],
] as const;

export function SpanPanel(props: Props) {
  const { assistantId, sessionId, spanId, show, context, change, onSelect } = props;
  const { data, error, refetch } = useQuery(spanQuery(assistantId, sessionId, spanId));
  const identity = useQuery(identityQuery());
  const navigate = useNavigate();
  useCommands({
    closeSpan: () => onSelect(undefined),
    context: () => change({ context: context ? undefined : "all" }),
    mapping: () => change({ show: show === "mapping" ? undefined : "mapping" }),
    raw: () => change({ show: show === "raw" ? undefined : "raw" }),
  });
  if (error)
    return (
      <>
        <IconButton icon="close" label="Close the span (Esc)" onClick={() => onSelect(undefined)} />
        <Failure error={error} retry={() => void refetch()} />
      </>
    );
  if (!data) return <Loading rows={8} label="Loading the span" />;
  const { span } = data;
  const { attributes } = span;
  const role = roleOf(attributes.operationName ?? "");
  const end = span.endTimestamp;
  const place = { origin: location.origin, assistantId, sessionId, spanId, keys: identity.data?.auth === "keys" };
  return (
    <div className="span">
      <header className="span-header">
        <div className="span-name">
          <span className={`role-dot role-${failed(span) ? "bad" : role}`} />
          <h2 className="cut" dir="auto" title={visible(span.spanName)}>
            {oneLine(span.spanName, 120)}
          </h2>
          <Mark kind={end === undefined ? "RUNNING" : span.status} title={span.statusDescription} />
          <span className="spread" />
          <IconButton
            icon="compare"
            label="Compare this span with another"
            onClick={() => void navigate({ to: "/compare", search: { a: `${assistantId}/${sessionId}/${spanId}` } })}
          />
          <Copy text={() => location.href} label="Copy a link to this span (y)" />
          <IconButton icon="close" label="Close the span (Esc)" onClick={() => onSelect(undefined)} />
        </div>
        {failed(span) && (
          <p className="span-error" role="note">
            {attributes.errorType && <b>{visible(attributes.errorType)} </b>}
            <BigText text={span.statusDescription ?? (attributes.errorType ? "" : "No description was given.")} />
          </p>
        )}
        <dl className="figures">
          <Figure name="Took">{end === undefined ? "running" : duration(end - span.startTimestamp)}</Figure>
          {attributes.timeToFirstTokenMs != null && (
            <Figure name="First token">{duration(attributes.timeToFirstTokenMs / 1000)}</Figure>
          )}
          {attributes.usageTotalTokens != null && <Figure name="Tokens">{count(attributes.usageTotalTokens)}</Figure>}
          {data.cost !== undefined && <Figure name="Cost">{money(data.cost)}</Figure>}
          <Figure name="Began">{moment(span.startTimestamp, true).slice(11)}</Figure>
        </dl>
        <div className="span-tabs">
          <div className="segments" role="group" aria-label="Parts of the span">
            {TABS.map(([tab, title]) => (
              <button key={title} type="button" aria-pressed={show === tab} onClick={() => change({ show: tab })}>
                {title}
              </button>
            ))}
          </div>
          <span className="spread" />
          <span className="span-copies">
            <Copy text={asBoto3(place)} label="Copy as Python with boto3">
              boto3
            </Copy>
            <Copy text={asCli(place)} label="Copy as a command of the AWS CLI">
              CLI
            </Copy>
            <Copy text={asCurl(place)} label="Copy as a curl command">
              curl
            </Copy>
          </span>
        </div>
      </header>
      <div className="span-body" tabIndex={0} role="group" aria-label="Of this span">
        {show === "raw" ? (
          <Raw page={data} />
        ) : show === "details" ? (
          <Details page={data} />
        ) : show === "mapping" ? (
          <Mapping assistantId={assistantId} sessionId={sessionId} spanId={spanId} />
        ) : (
          <Said {...props} page={data} />
        )}
      </div>
    </div>
  );
}

function Said({ page, tree, context, change, onSelect }: Props & { page: SpanPage }) {
  const { span, previous } = page;
  const { inputMessages, outputMessages, systemInstructions, guardrailAssessments } = span.attributes;
  const inputs = inputMessages ?? [];
  const outputs = outputMessages ?? [];
  const instructions = [...(systemInstructions ?? []), ...(span.systemInstructionsRest ?? [])];
  const old = Math.min(previous?.inputs ?? 0, inputs.length);
  const all = context === "all";
  const before = previous && tree.nodes.get(previous.spanId);
  if (!inputs.length && !outputs.length && !instructions.length)
    return <p className="muted">Nothing was said in this span. What came in stands under Details.</p>;
  return (
    <>
      {instructions.length > 0 && (
        <Part title="System instructions" note={firstLine(instructions)} folded={old > 0 || inputs.length > 0}>
          <Values values={instructions} />
        </Part>
      )}
      {inputs.length > 0 && (
        <section className="part">
          <h3>
            Input{" "}
            <span className="faint">
              {old > 0 ? `${inputs.length - old} new of ${inputs.length}` : plural(inputs.length, "message")}
            </span>
          </h3>
          {old > 0 && (
            <div className="part-old">
              <Button
                className="button-plain"
                icon={all ? "down" : "right"}
                aria-expanded={all}
                title="Whole context, or only what is new (n)"
                onClick={() => change({ context: all ? undefined : "all" })}
              >
                {plural(old, "message")} as in the call before
              </Button>
              {before && (
                <button type="button" className="said-open" onClick={() => onSelect(before.span.id)}>
                  Open that call
                </button>
              )}
            </div>
          )}
          <Messages messages={all ? inputs : inputs.slice(old)} newFrom={all ? old : 0} mark={old > 0} />
          {old === inputs.length && !all && <p className="faint">Nothing new: the same messages again.</p>}
        </section>
      )}
      {outputs.length > 0 && (
        <section className="part">
          <h3>Output</h3>
          <Messages messages={outputs} newFrom={0} mark={false} />
        </section>
      )}
      {guardrailAssessments && guardrailAssessments.length > 0 && (
        <section className="part">
          <h3>Guardrails</h3>
          <Guardrails assessments={guardrailAssessments} />
        </section>
      )}
    </>
  );
}

const firstLine = (values: readonly Value[]): string =>
  oneLine(values.map(({ text, reasoning }) => text?.value ?? reasoning?.value ?? "").join(" "), 100);

function Part(props: { title: string; note: string; folded: boolean; children: React.ReactNode }) {
  const { title, note, folded, children } = props;
  return (
    <section className="part">
      <Fold title={title} note={note} open={!folded}>
        {children}
      </Fold>
    </section>
  );
}

const SPEAKERS: Record<Message["participant"], string> = { CUSTOMER: "Customer", AGENT: "Agent", BOT: "Bot" };

function Messages({ messages, newFrom, mark }: { messages: readonly Message[]; newFrom: number; mark: boolean }) {
  const parts = [
    ...whole(messages.slice(0, newFrom)).map((message) => ({ message, isNew: false })),
    ...whole(messages.slice(newFrom)).map((message) => ({ message, isNew: true })),
  ];
  return (
    <ol className="messages">
      {parts.map(({ message, isNew }, index) => (
        <li
          key={`${message.messageId}-${index}`}
          className={`message message-${message.participant} ${mark && isNew ? "message-new" : ""}`}
        >
          <p className="message-who">{SPEAKERS[message.participant]}</p>
          <Values values={message.values} />
        </li>
      ))}
    </ol>
  );
}

function Details({ page }: { page: SpanPage }) {
  const { span, unclaimed } = page;
  const parts = tokenParts(span.attributes, unclaimed);
  const sum = parts.reduce((total, { tokens }) => total + tokens, 0);
  const ids = {
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    requestId: span.requestId,
    originRequestId: span.originRequestId,
    spanType: span.spanType,
  };
  return (
    <>
      {parts.length > 0 && (
        <section className="part">
          <h3>Tokens</h3>
          <div className="token-bar" aria-hidden="true">
            {parts.map(({ name, tokens, className }) => (
              <span key={name} className={className} style={{ width: `${(tokens / sum) * 100}%` }} />
            ))}
          </div>
          <dl className="pairs">
            {parts.map(({ name, tokens, className }) => (
              <div key={name}>
                <dt>
                  <span className={`token-dot ${className}`} /> {name}
                </dt>
                <dd className="num">{count(tokens)}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      <Pairs title="Parameters" pairs={parametersOf(span.attributes).map(([name, value]) => [inWords(name), value])} />
      <Pairs title="Identity" pairs={Object.entries(ids).map(([name, value]) => [inWords(name), value])} />
      <Pairs title="Attributes that became no member" pairs={Object.entries(unclaimed)} mono />
      {Object.keys(span.detail).length > 0 && (
        <section className="part">
          <h3>All that came in beside the members</h3>
          <Json value={span.detail} open={1} />
        </section>
      )}
    </>
  );
}

function Pairs({ title, pairs, mono = false }: { title: string; pairs: [string, unknown][]; mono?: boolean }) {
  const told = pairs.filter(([, value]) => value !== undefined && value !== null);
  if (!told.length) return null;
  return (
    <section className="part">
      <h3>{title}</h3>
      <dl className="pairs">
        {told.map(([name, value]) => (
          <div key={name}>
            <dt className={mono ? "mono" : ""}>{visible(name)}</dt>
            <dd>
              {typeof value === "object" ? (
                <Json value={value} open={0} />
              ) : (
                <BigText text={typeof value === "string" ? value : JSON.stringify(value)} />
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Raw({ page }: { page: SpanPage }) {
  const raw = page.raw ?? page.span;
  return (
    <section className="part">
      <h3 className="raw-head">
        {page.raw ? "As ListSpans gives it" : "As it is kept: ListSpans leaves running spans out"}
        <Copy text={() => JSON.stringify(raw, undefined, 2)} label="Copy the JSON" />
      </h3>
      <Json value={raw} open={3} />
    </section>
  );
}
