// What stands where there is nothing to show: loading, an error, nothing found, not allowed.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { ApiError } from "../api/client";
import { Button } from "./parts";

/** Grey lines in the place of what comes. */
export function Loading({ rows = 6, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div className="loading" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="loading-row" />
      ))}
    </div>
  );
}

export function Notice({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <section className="notice">
      <h2>{title}</h2>
      {children}
      {actions && <div className="notice-actions">{actions}</div>}
    </section>
  );
}

const ADVICE: Record<number, readonly [title: string, advice: string]> = {
  0: ["The server does not answer", "It may be stopped or starting. Nothing that it acknowledged is lost."],
  400: ["This cannot be read", "Change the address or the query."],
  403: ["Not allowed", "Your key does not open this. Ask whoever runs this server for one that does."],
  404: ["There is no such thing here", "It may have been deleted, or it never arrived."],
  503: ["The store cannot answer now", "Nothing is lost by that. Try again in a moment."],
};

/** Says what went wrong, in the server's words, and what can be done. */
export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  const status = error instanceof ApiError ? error.status : undefined;
  const [title, advice] = ADVICE[status ?? NaN] ?? ["This went wrong", "Try again, or report it."];
  // what is not there, or cannot be read, is so the next time, too
  const hopeless = status === 400 || status === 404;
  const actions = hopeless ? <Link to="/">All sessions</Link> : retry && <Button onClick={retry}>Try again</Button>;
  return (
    <Notice title={title} actions={actions}>
      <p role="alert">{error.message}</p>
      <p className="muted">{advice}</p>
    </Notice>
  );
}
