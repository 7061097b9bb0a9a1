// Chooses what to compare with: by an id, or among the newest sessions.
import { useInfiniteQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { findQuery, queries, sessionsQuery } from "../api/queries";
import { duration, moment, plural } from "../format/figures";
import { oneLine } from "../format/visible";
import { Opening } from "../sessions/Opening";
import { Strip } from "../sessions/Strip";
import { Button } from "../ui/parts";
import { Failure, Loading } from "../ui/States";

interface Props {
  wantsSpan: boolean;
  /** The session that is chosen already, as `assistant/session`. */
  chosen: string | undefined;
  choose: (place: string) => void;
}

export function Picker({ wantsSpan, chosen, choose }: Props) {
  const [problem, setProblem] = useState("");
  const sessions = useInfiniteQuery(sessionsQuery({}));
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const told = new FormData(event.currentTarget).get("id");
    const id = typeof told === "string" ? told.trim() : "";
    try {
      const { found } = await queries.query(findQuery(id));
      const first = found.find(({ spanId }) => !wantsSpan || spanId) ?? found[0];
      if (!first) setProblem("Nothing that has come in has this id.");
      else choose([first.assistantId, first.sessionId, ...(wantsSpan && first.spanId ? [first.spanId] : [])].join("/"));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <>
      <form className="picker-id" onSubmit={(event) => void submit(event)}>
        <label htmlFor="picker-id" className="hidden-visually">
          Id
        </label>
        <input
          id="picker-id"
          name="id"
          className="field"
          required
          autoComplete="off"
          placeholder={wantsSpan ? "Id of a span" : "Id or name of a session, contact, span or trace"}
        />
        <Button type="submit" className="button-main">
          Choose
        </Button>
      </form>
      {problem && (
        <p className="bad" role="alert">
          {problem}
        </p>
      )}
      {sessions.error ? (
        <Failure error={sessions.error} />
      ) : !sessions.data ? (
        <Loading />
      ) : (
        <ul className="picker-list" aria-label="Newest sessions">
          {sessions.data.pages
            .flatMap((page) => page.sessions)
            .filter(({ assistantId, sessionId }) => `${assistantId}/${sessionId}` !== chosen)
            .map((session) => (
              <li key={`${session.assistantId}/${session.sessionId}`}>
                <button type="button" onClick={() => choose(`${session.assistantId}/${session.sessionId}`)}>
                  <span className="picker-what">
                    <b className="cut" dir="auto">
                      {oneLine(session.name, 80)}
                    </b>
                    <span className="faint cut" dir="auto">
                      {oneLine(session.assistantName, 60)}
                    </span>
                  </span>
                  <span className="session-strip">
                    <Strip cells={session.strip} />
                    <Opening session={session} />
                  </span>
                  <span className="picker-figures faint num">
                    <span>{moment(session.startTimestamp)}</span>
                    <span>
                      {plural(session.spans, "span")}, {duration(session.durationMs / 1000)}
                    </span>
                  </span>
                </button>
              </li>
            ))}
        </ul>
      )}
    </>
  );
}
