// A range of time at a glance; every figure leads to the sessions behind it.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { facetsQuery, overviewQuery } from "../api/queries";
import type { Overview, Percentiles, ToolUsage, Usage } from "../api/types";
import { type Key, written } from "../app/query";
import { count, duration, money, percent, short } from "../format/figures";
import { oneLine } from "../format/visible";
import { useNow, useTitle } from "../ui/hooks";
import { Figure } from "../ui/parts";
import { Failure, Loading, Notice } from "../ui/States";
import { Chart } from "./Chart";
import { type Columns, SortedTable } from "./SortedTable";
import "./overview.css";

/** Ranges back from now, in seconds. */
const RANGES = { "1h": 3_600, "24h": 86_400, "7d": 604_800, "30d": 2_592_000, "1y": 31_536_000 } as const;
type Range = keyof typeof RANGES;
const BUCKETS = 48;
const STEP_SECONDS = 60;

export function OverviewPage() {
  const search = useSearch({ from: "/overview" });
  const navigate = useNavigate({ from: "/overview" });
  const range: Range = search.last !== undefined && search.last in RANGES ? (search.last as Range) : "7d";
  const now = Math.floor(useNow(STEP_SECONDS) / STEP_SECONDS) * STEP_SECONDS;
  const overview = useQuery({
    ...overviewQuery({
      from: String(now - RANGES[range]),
      to: String(now + STEP_SECONDS),
      ...(search.assistant ? { assistantId: search.assistant } : {}),
      buckets: String(BUCKETS),
    }),
    placeholderData: (before) => before,
  });
  const assistants = useQuery(facetsQuery("assistant", { limit: "200" }));
  const assistant = assistants.data?.values.find(({ id }) => id === search.assistant)?.value ?? search.assistant;
  const whose = assistant ? written("assistant", assistant) : "";
  const base = [`last:${range}`, whose].filter(Boolean).join(" ");
  const change = (changed: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...changed }), replace: true });
  useTitle("Overview");
  const { data, error } = overview;
  return (
    <div className="overview" aria-busy={overview.isFetching}>
      <header className="overview-header">
        <h1>Overview</h1>
        <div className="segments" role="group" aria-label="Range of time">
          {Object.keys(RANGES).map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === range}
              onClick={() => change({ last: each === "7d" ? undefined : each })}
            >
              {each}
            </button>
          ))}
        </div>
        {(assistants.data?.values.length ?? 0) > 1 && (
          <select
            className="button"
            aria-label="Assistant"
            value={search.assistant ?? ""}
            onChange={(event) => change({ assistant: event.target.value || undefined })}
          >
            <option value="">All assistants</option>
            {assistants.data?.values.map(({ value, id }) => (
              <option key={id ?? value} value={id}>
                {oneLine(value, 60)}
              </option>
            ))}
          </select>
        )}
      </header>
      {error ? (
        <Failure error={error} retry={() => void overview.refetch()} />
      ) : !data ? (
        <Loading rows={10} />
      ) : data.sessions === 0 ? (
        <Notice title="No sessions in this time" actions={<Link to="/">All sessions</Link>}>
          <p className="muted">Choose a longer range.</p>
        </Notice>
      ) : (
        <Body overview={data} base={base} whose={whose} />
      )}
    </div>
  );
}

/** A link to the sessions behind a figure: the range, and one condition more. */
function Behind({ base, also, children }: { base: string; also: string; children: ReactNode }) {
  return (
    <Link to="/" search={{ q: [base, also].filter(Boolean).join(" ") }}>
      {children}
    </Link>
  );
}

function Body({ overview, base, whose }: { overview: Overview; base: string; whose: string }) {
  const { sessions, failed, timedOut, running, sessionMs, totalTokens, cost, read, complete } = overview;
  return (
    <>
      <dl className="figures overview-figures">
        <Figure name="Sessions">
          <Behind base={base} also="">
            {count(sessions)}
          </Behind>
        </Figure>
        <Figure name="Failed" tone={failed ? "bad" : ""}>
          <Behind base={base} also="status:error">
            {percent(failed / sessions)} ({short(failed)})
          </Behind>
        </Figure>
        {timedOut > 0 && (
          <Figure name="Timed out" tone="warn">
            <Behind base={base} also="status:timeout">
              {short(timedOut)}
            </Behind>
          </Figure>
        )}
        {running > 0 && (
          <Figure name="Running">
            <Behind base={base} also="status:running">
              {short(running)}
            </Behind>
          </Figure>
        )}
        <Figure name="Half take up to">
          <Behind base={base} also={`duration<${Math.ceil(sessionMs.p50)}ms`}>
            {duration(sessionMs.p50 / 1000)}
          </Behind>
        </Figure>
        <Figure name="One in 20 takes over">
          <Behind base={base} also={`duration>${Math.floor(sessionMs.p95)}ms`}>
            {duration(sessionMs.p95 / 1000)}
          </Behind>
        </Figure>
        <Figure name="Tokens">{short(totalTokens)}</Figure>
        <Figure name="Cost">{cost === undefined ? <span title="A model has no price">–</span> : money(cost)}</Figure>
      </dl>
      {(!complete || read < sessions) && (
        <p className="muted overview-note">
          {complete
            ? `Times by operation, tokens and cost are summed over a sample of ${count(read)} sessions.`
            : `More sessions than can be summed: these are the newest ${count(sessions)}.`}
        </p>
      )}
      <Chart buckets={overview.buckets} end={overview.end} query={whose} />
      <div className="overview-tables">
        <Section title="Models">
          <UsageTable label="Models" usage={overview.models} base={base} condition="model" />
        </Section>
        <Section title="Agents">
          <UsageTable label="Agents" usage={overview.agents} base={base} condition="agent" />
        </Section>
        <Section title="Tools">
          <SortedTable label="Tools" data={overview.tools} columns={toolColumns(base)} by="p95" />
        </Section>
        <Section title="How long operations take">
          <SortedTable label="Operations" data={operations(overview)} columns={OPERATIONS} by="p95" />
        </Section>
        {overview.errorTypes.length > 0 && (
          <Section title="Errors">
            <ul className="errors">
              {overview.errorTypes.map(({ name, sessions: times }) => (
                <li key={name}>
                  <Behind base={base} also={written("error", name)}>
                    <span className="cut" dir="auto">
                      {oneLine(name, 80)}
                    </span>
                  </Behind>
                  <span className="num faint">{count(times)}</span>
                </li>
              ))}
            </ul>
          </Section>
        )}
      </div>
    </>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="overview-section">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

interface UsageProps {
  label: string;
  usage: Usage[];
  base: string;
  condition: Key;
}

function UsageTable({ label, usage, base, condition }: UsageProps) {
  const columns: Columns<Usage> = [
    nameColumn(base, condition),
    {
      id: "sessions",
      header: "Sessions",
      accessorFn: (row) => row.sessions,
      // only sessions that name one are counted by it
      cell: ({ row }) => (row.original.name ? short(row.original.sessions) : "–"),
    },
    {
      id: "calls",
      header: "Calls",
      accessorFn: (row) => row.inferences,
      cell: ({ row }) => short(row.original.inferences),
    },
    {
      id: "tokens",
      header: "Tokens",
      accessorFn: (row) => row.tokens.total,
      cell: ({ row }) => short(row.original.tokens.total),
    },
    {
      id: "cached",
      header: "From cache",
      accessorFn: cachedShare,
      cell: ({ row }) => percent(cachedShare(row.original)),
    },
    {
      id: "cost",
      header: "Cost",
      accessorFn: (row) => row.cost ?? -1,
      cell: ({ row }) => (row.original.cost === undefined ? "–" : money(row.original.cost)),
    },
  ];
  return <SortedTable label={label} data={usage} columns={columns} by="tokens" />;
}

function cachedShare({ tokens }: Usage): number {
  const input = tokens.input + tokens.cacheRead + tokens.cacheWrite;
  return input ? tokens.cacheRead / input : 0;
}

function nameColumn<T extends { name: string }>(base: string, condition: Key): Columns<T>[number] {
  return {
    id: "name",
    header: "Name",
    accessorFn: (row) => row.name,
    cell: ({ row: { original } }) =>
      original.name ? (
        <Behind base={base} also={written(condition, original.name)}>
          <span dir="auto">{oneLine(original.name, 60)}</span>
        </Behind>
      ) : (
        <span className="faint">unnamed</span>
      ),
  };
}

const toolColumns = (base: string): Columns<ToolUsage> => [
  nameColumn(base, "tool"),
  { id: "calls", header: "Calls", accessorFn: (row) => row.calls, cell: ({ row }) => short(row.original.calls) },
  {
    id: "failed",
    header: "Failed",
    accessorFn: (row) => row.errors,
    cell: ({ row: { original } }) => (
      <span className={original.errors ? "bad" : "faint"}>
        {percent(original.errors / Math.max(original.calls, 1))}
      </span>
    ),
  },
  {
    id: "p95",
    header: "95 % within",
    accessorFn: (row) => row.durationMs.p95,
    cell: ({ row }) => duration(row.original.durationMs.p95 / 1000),
  },
  {
    id: "total",
    header: "In all",
    accessorFn: (row) => row.totalMs,
    cell: ({ row }) => duration(row.original.totalMs / 1000),
  },
  {
    id: "bytes",
    header: "Results, bytes",
    accessorFn: (row) => row.resultBytes,
    cell: ({ row }) => <span title="Later calls of the model pay for them">{short(row.original.resultBytes)}</span>,
  },
];

type Operation = Percentiles & { name: string };

const operations = ({ operationMs }: Overview): Operation[] =>
  Object.entries(operationMs).map(([name, percentiles]) => ({ name, ...percentiles }));

const OPERATIONS: Columns<Operation> = [
  { id: "name", header: "Operation", accessorFn: (row) => row.name, cell: ({ row }) => oneLine(row.original.name, 60) },
  { id: "count", header: "Times", accessorFn: (row) => row.count, cell: ({ row }) => short(row.original.count) },
  ...(["p50", "p90", "p95", "p99"] as const).map((name): Columns<Operation>[number] => ({
    id: name,
    header: `${name.slice(1)} %`,
    accessorFn: (row) => row[name],
    cell: ({ row }) => duration(row.original[name] / 1000),
  })),
];
