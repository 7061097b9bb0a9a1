// Two spans: their figures and parameters, and their prompts and messages in line.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { spanQuery } from "../api/queries";
import type { Message, SpanPage, Value } from "../api/types";
import { count, duration, money } from "../format/figures";
import { inWords, parametersOf } from "../span/figures";
import { Failure, Loading } from "../ui/States";
import { align, keyOfMessage, textOf } from "./align";
import { Difference } from "./Difference";
import { type Figures, FiguresTable } from "./FiguresTable";
import { type Place, Sides } from "./Sides";

type Spot = Place & { spanId: string };

const FIGURES: Figures<SpanPage> = [
  [
    "Took",
    ({ span }) => (span.endTimestamp === undefined ? undefined : span.endTimestamp - span.startTimestamp),
    duration,
  ],
  ["First token after", ({ span }) => (span.attributes.timeToFirstTokenMs ?? NaN) / 1000 || undefined, duration],
  ["Input messages", ({ span }) => span.attributes.inputMessages?.length, count],
  ["Input tokens", ({ span }) => span.attributes.usageInputTokens, count],
  ["Cached tokens", ({ span }) => span.attributes.cacheReadInputTokens, count],
  ["Output tokens", ({ span }) => span.attributes.usageOutputTokens, count],
  ["Total tokens", ({ span }) => span.attributes.usageTotalTokens, count],
  ["Cost", ({ cost }) => cost, money],
];

export function CompareSpans({ a, b }: { a: Spot; b: Spot }) {
  const left = useQuery(spanQuery(a.assistantId, a.sessionId, a.spanId));
  const right = useQuery(spanQuery(b.assistantId, b.sessionId, b.spanId));
  const error = left.error ?? right.error;
  if (error) return <Failure error={error} />;
  if (!left.data || !right.data) return <Loading rows={10} />;
  const [one, other] = [left.data, right.data];
  return (
    <div className="compare-spans" tabIndex={0} role="group" aria-label="Both spans">
      <Sides
        sides={[
          { place: a, name: one.span.spanName, note: `session ${a.sessionId}` },
          { place: b, name: other.span.spanName, note: `session ${b.sessionId}` },
        ]}
      />
      <FiguresTable left={one} right={other} figures={FIGURES} />
      <Parameters one={one} other={other} />
      <Instructions one={one} other={other} />
      <Messages title="Input" one={one.span.attributes.inputMessages} other={other.span.attributes.inputMessages} />
      <Messages title="Output" one={one.span.attributes.outputMessages} other={other.span.attributes.outputMessages} />
    </div>
  );
}

function Parameters({ one, other }: { one: SpanPage; other: SpanPage }) {
  const [left, right] = [one, other].map(({ span }) => new Map(parametersOf(span.attributes)));
  const names = [...new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])];
  const told = (value: unknown) =>
    value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value);
  return (
    <section className="part">
      <h2>Parameters</h2>
      <table className="figures-table compare-parameters">
        <thead>
          <tr>
            <th scope="col">Parameter</th>
            <th scope="col">A</th>
            <th scope="col">B</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => {
            const pair = [told(left?.get(name)), told(right?.get(name))] as const;
            return (
              <tr key={name} className={pair[0] === pair[1] ? "" : "row-differs"}>
                <th scope="row">{inWords(name)}</th>
                <td>{pair[0]}</td>
                <td>{pair[1]}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

const instructionsOf = ({ span }: SpanPage): Value[] => [
  ...(span.attributes.systemInstructions ?? []),
  ...(span.systemInstructionsRest ?? []),
];

function Instructions({ one, other }: { one: SpanPage; other: SpanPage }) {
  const [left, right] = [textOf(instructionsOf(one)), textOf(instructionsOf(other))];
  if (!left && !right) return null;
  return (
    <section className="part">
      <h2>System instructions</h2>
      <Difference pair={{ left, right, same: left === right }} text={(text) => text} who={() => "Instructions"} />
    </section>
  );
}

const WHO = { CUSTOMER: "Customer", AGENT: "Agent", BOT: "Bot" } as const;

type Said = Message[] | null | undefined;

function Messages({ title, one, other }: { title: string; one: Said; other: Said }) {
  const pairs = useMemo(
    () => align(one ?? [], other ?? [], keyOfMessage, (message) => message.participant),
    [one, other],
  );
  if (!pairs.length) return null;
  return (
    <section className="part">
      <h2>{title}</h2>
      <ul className="differences">
        {pairs.map((pair, index) => (
          <li key={index}>
            <Difference
              pair={pair}
              text={(message) => textOf(message.values)}
              who={({ participant }) => WHO[participant]}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
