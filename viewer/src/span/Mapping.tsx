// How a span came to be what it is: which attribute fills which member, by which dialect, and what is left over.
import { useQuery } from "@tanstack/react-query";
import { Fragment, type ReactNode, useState } from "react";

import { explanationQuery } from "../api/queries";
import type { Claim, Explanation } from "../api/types";
import { plural } from "../format/figures";
import { visible } from "../format/visible";
import { BigText } from "../said/BigText";
import { Json } from "../said/Json";
import { Button } from "../ui/parts";
import { Failure, Loading } from "../ui/States";
import { type Groups, grouped } from "./claims";

interface Props {
  assistantId: string;
  sessionId: string;
  spanId: string;
}

export function Mapping({ assistantId, sessionId, spanId }: Props) {
  const { data, error, refetch } = useQuery(explanationQuery(assistantId, sessionId, spanId));
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={6} label="Loading the mapping" />;
  if (!data.otelSpanId)
    return (
      <p className="muted">
        Nothing was mapped: this span did not come by OpenTelemetry, but as ListSpans has it. Raw shows all of it.
      </p>
    );
  return <Claims told={data} groups={grouped(data.claims)} />;
}

function Claims({ told, groups }: { told: Explanation; groups: Groups }) {
  const { used, parts, unused, kept } = groups;
  const withheld = Object.entries(told.withheld);
  return (
    <>
      <p className="part muted">
        {plural(used.length, "attribute")} became members
        {kept.length > 0 && `, ${kept.length} nobody claims`}.
        {told.scope && (
          <>
            {" "}
            Written by <span className="mono">{visible(told.scope)}</span>.
          </>
        )}
      </p>
      <Group title="Became members" heads={["Attribute", "Member", "Dialect"]} claims={used}>
        {(claim) => (
          <>
            <td>
              <Name name={claim.member} />
            </td>
            <td className="muted">{visible(claim.dialect ?? "")}</td>
          </>
        )}
      </Group>
      <Group title="Part of others" heads={["Attribute", "Part of", "Dialect"]} claims={parts}>
        {(claim) => (
          <>
            <td>
              <Name name={claim.by} />
            </td>
            <td className="muted">{visible(claim.dialect ?? "")}</td>
          </>
        )}
      </Group>
      <Group title="Not used" heads={["Attribute", "Why", "Dialect"]} claims={unused}>
        {({ outcome, member, by, dialect }) => (
          <>
            <td>
              {outcome === "outranked" ? (
                <>
                  <Name name={by} /> stands before it as <Name name={member} />
                </>
              ) : (
                <>
                  says nothing that <Name name={member} /> can hold
                </>
              )}
            </td>
            <td className="muted">{visible(dialect ?? "")}</td>
          </>
        )}
      </Group>
      <Group title="Claimed by nobody, kept as it came" heads={["Attribute"]} claims={kept} />
      {withheld.length > 0 && (
        <section className="part">
          <h3>Kept, but not admitted by ListSpans</h3>
          <dl className="pairs">
            {withheld.map(([name, value]) => (
              <div key={name}>
                <dt className="mono">{visible(name)}</dt>
                <dd>
                  {typeof value === "object" ? (
                    <Json value={value} open={0} />
                  ) : (
                    <BigText text={JSON.stringify(value)} />
                  )}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      <p className="faint part">
        Attributes whose text the messages hold whole are not kept beside them, and so not listed.
      </p>
    </>
  );
}

/** Rows of one group that are shown before more are asked for: messages spread over attributes make thousands. */
const ROWS = 100;

interface GroupProps {
  title: string;
  heads: readonly string[];
  claims: readonly Claim[];
  children?: (claim: Claim) => ReactNode;
}

function Group({ title, heads, claims, children }: GroupProps) {
  const [all, setAll] = useState(false);
  if (!claims.length) return null;
  return (
    <section className="part">
      <h3>
        {title} <span className="faint num">{claims.length}</span>
      </h3>
      <table className="claims">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(all ? claims : claims.slice(0, ROWS)).map((claim, index) => (
            <tr key={index}>
              <th scope="row">
                <Name name={claim.attribute} />
                {claim.made && <span className="chip">made of others</span>}
              </th>
              {children?.(claim)}
            </tr>
          ))}
        </tbody>
      </table>
      {claims.length > ROWS && (
        <Button className="big-more" onClick={() => setAll(!all)}>
          {all ? "Show less" : `Show all ${claims.length}`}
        </Button>
      )}
    </section>
  );
}

/** A name of an attribute or a member; where it is too long it breaks behind a dot or a line. */
function Name({ name = "" }: { name: string | undefined }) {
  return (
    <span className="mono">
      {visible(name)
        .split(/(?<=[._])/)
        .map((part, index) => (
          <Fragment key={index}>
            {part}
            <wbr />
          </Fragment>
        ))}
    </span>
  );
}
