// What the customer said first, by which people tell sessions apart that are named by ids; read when it is in sight.
import { useQuery } from "@tanstack/react-query";

import { openingQuery } from "../api/queries";
import type { Session } from "../api/types";
import { oneLine } from "../format/visible";

/** Takes a line from the beginning on, so that nothing moves when the text comes. */
export function Opening({ session: { assistantId, sessionId, turns } }: { session: Session }) {
  const { data } = useQuery({ ...openingQuery(assistantId, sessionId), enabled: turns > 0 });
  if (!turns) return null;
  const text = data?.text && oneLine(data.text);
  return (
    <span className="session-opening cut muted" dir="auto" title={text}>
      {text}
    </span>
  );
}
