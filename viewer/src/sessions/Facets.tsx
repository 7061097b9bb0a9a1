// The conditions of the query as clicks: time, status, and what stands in the sessions of that time.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { facetsQuery, type Parameters } from "../api/queries";
import { type Key, parse, replaced, STATUSES } from "../app/query";
import { short } from "../format/figures";
import { visible } from "../format/visible";
import { Icon } from "../ui/Icon";

interface Props {
  query: string;
  /** The time that the query is narrowed to, as the API takes it. */
  times: Parameters;
  isOn: (key: Key, value: string) => boolean;
  toggle: (key: Key, value: string) => void;
  setQuery: (query: string) => void;
}

const RANGES = ["1h", "24h", "7d"] as const;
const KINDS: readonly (readonly [key: Key, kind: string, title: string])[] = [
  ["assistant", "assistant", "Assistant"],
  ["agent", "agent", "Agent"],
  ["model", "model", "Model"],
  ["tool", "tool", "Tool"],
  ["error", "errorType", "Error"],
];
const SHOWN_MAX = 6;

export function Facets(props: Props) {
  const { query, isOn, toggle, setQuery } = props;
  const [open, setOpen] = useState(false);
  const conditions = parse(query).filter(({ text }) => text === undefined).length;
  const last = parse(query).find(({ condition }) => condition?.key === "last")?.condition?.value ?? "";
  return (
    <aside className={`facets ${open ? "facets-open" : ""}`} aria-label="Filters">
      <button type="button" className="button facets-toggle" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="filter" />
        Filters{conditions ? ` (${conditions})` : ""}
      </button>
      <div className="facets-groups">
        <div className="facet" role="group" aria-label="Started">
          <h2>Started</h2>
          <div className="segments">
            {RANGES.map((range) => (
              <button
                key={range}
                type="button"
                aria-pressed={last === range}
                onClick={() => setQuery(replaced(query, "last", range))}
              >
                {range}
              </button>
            ))}
            <button type="button" aria-pressed={last === ""} onClick={() => setQuery(replaced(query, "last", ""))}>
              Any
            </button>
          </div>
        </div>
        <div className="facet" role="group" aria-label="Status">
          <h2>Status</h2>
          {STATUSES.map((status) => (
            <Value key={status} name={status} on={isOn("status", status)} choose={() => toggle("status", status)} />
          ))}
        </div>
        {KINDS.map(([key, kind, title]) => (
          <Facet key={key} name={key} kind={kind} title={title} {...props} />
        ))}
      </div>
    </aside>
  );
}

function Facet(props: Props & { name: Key; kind: string; title: string }) {
  const { query, times, name, kind, title, isOn, toggle } = props;
  const { data } = useQuery({ ...facetsQuery(kind, times), placeholderData: (before) => before });
  const [all, setAll] = useState(false);
  const values = data?.values ?? [];
  const shown = all ? values : values.slice(0, SHOWN_MAX);
  // what the query holds is seen, and can be taken away, wherever it stands in the list
  const others = parse(query)
    .flatMap(({ condition }) => (condition?.key === name && condition.value ? [condition.value] : []))
    .filter((value, at, each) => each.indexOf(value) === at && !shown.some((one) => one.value === value))
    .map((value) => ({ value, count: values.find((one) => one.value === value)?.count }));
  if (!values.length && !others.length) return null;
  return (
    <div className="facet" role="group" aria-label={title}>
      <h2>{title}</h2>
      {[...shown, ...others].map(({ value, count }) => (
        <Value key={value} name={value} count={count} on={isOn(name, value)} choose={() => toggle(name, value)} />
      ))}
      {values.length > SHOWN_MAX && (
        <button type="button" className="facet-more" onClick={() => setAll(!all)}>
          {all ? "Fewer" : `${values.length - SHOWN_MAX} more`}
        </button>
      )}
    </div>
  );
}

function Value(props: { name: string; count?: number | undefined; on: boolean; choose: () => void }) {
  const { name, count, on, choose } = props;
  return (
    <button type="button" className="facet-value" aria-pressed={on} onClick={choose}>
      <span className="facet-check">{on && <Icon name="done" />}</span>
      <span className="cut" title={visible(name)} dir="auto">
        {visible(name)}
      </span>
      {count !== undefined && <span className="num faint">{short(count)}</span>}
    </button>
  );
}
