// `/find/ID`: leads from an id of any kind to its session, and on to the step that failed.
import { useQuery } from "@tanstack/react-query";
import { Link, Navigate, useParams } from "@tanstack/react-router";

import { findQuery } from "../api/queries";
import { Failure, Loading, Notice } from "../ui/States";
import { FAILING } from "./places";

export function FindPage() {
  const { id } = useParams({ from: "/find/$id" });
  const { data, error, refetch } = useQuery(findQuery(id));
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  const [found] = data.found;
  if (!found)
    return (
      <Notice title="Nothing has this id" actions={<Link to="/">All sessions</Link>}>
        <p>
          <code>{id}</code> is no contact, session, span or trace that has come in.
        </p>
      </Notice>
    );
  const { assistantId, sessionId, spanId } = found;
  return (
    <Navigate
      to="/sessions/$assistantId/$sessionId"
      params={{ assistantId, sessionId }}
      search={{ span: spanId ?? FAILING }}
      replace
    />
  );
}
