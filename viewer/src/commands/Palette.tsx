// Ctrl-K: sessions, spans and traces by any id, sessions by their words, and every command that can be done now.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useDeferredValue, useRef, useState } from "react";

import { findQuery, queries, saidQuery } from "../api/queries";
import { FAILING } from "../app/places";
import type { Found } from "../api/types";
import { ago } from "../format/figures";
import { visible } from "../format/visible";
import { useNow } from "../ui/hooks";
import { Dialog } from "../ui/Dialog";
import { Keys } from "../ui/parts";
import { COMMANDS, shown } from "./commands";
import { perform, useAble } from "./registry";
import "./palette.css";

interface Choice {
  id: string;
  title: string;
  note?: string;
  keys?: string;
  choose: () => void;
}

/** Texts that look like ids: a UUID, or hex digits as OpenTelemetry writes them. */
const LIKE_AN_ID = /^[0-9a-f-]{8,64}$/i;

export function Palette({ close }: { close: () => void }) {
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const waiting = useRef(false);
  const sought = useDeferredValue(typed.trim());
  const navigate = useNavigate();
  const able = useAble();
  const now = useNow(60);
  const found = useQuery({ ...findQuery(sought), enabled: sought.length > 2, retry: false });
  const likeAnId = LIKE_AN_ID.test(sought);
  const said = useQuery({ ...saidQuery(sought), enabled: sought.length > 1 && !likeAnId, retry: false });

  const open = ({ assistantId, sessionId, spanId }: Found) => {
    close();
    void navigate({
      to: "/sessions/$assistantId/$sessionId",
      params: { assistantId, sessionId },
      search: { span: spanId ?? FAILING },
    });
  };
  const commands = able.filter(
    (name) => name !== "palette" && COMMANDS[name].title.toLowerCase().includes(typed.trim().toLowerCase()),
  );
  const choices: Choice[] = [
    ...(found.data?.found ?? []).map((each) => ({
      id: `found-${each.kind}-${each.assistantId}-${each.spanId ?? each.sessionId}`,
      title: each.name ? visible(each.name) : (each.spanId ?? each.sessionId),
      note: each.kind,
      choose: () => open(each),
    })),
    ...commands.map((name) => ({
      id: name,
      title: COMMANDS[name].title,
      keys: shown(COMMANDS[name].keys[0]),
      choose: () => {
        close();
        perform(name);
      },
    })),
    ...(said.data?.sessions ?? []).map((session) => ({
      id: `said-${session.assistantId}-${session.sessionId}`,
      title: visible(session.name),
      note: `${visible(session.assistantName)}, ${ago(session.startTimestamp, now)}`,
      choose: () => open({ kind: "session", ...session }),
    })),
    ...(sought
      ? [
          {
            id: "all-sessions",
            title: `Search all sessions for “${oneLineOf(sought)}”`,
            choose: () => {
              close();
              void navigate({ to: "/", search: { q: sought } });
            },
          },
        ]
      : []),
  ];
  const at = Math.min(chosen, choices.length - 1);

  const enter = async () => {
    // Enter right after typing an id: wait for the answer, then go to what it names
    if (typed.trim().length > 2 && (typed.trim() !== sought || found.isFetching || likeAnId)) {
      if (waiting.current) return;
      waiting.current = true;
      const answer = await queries.query(findQuery(typed.trim())).catch(() => undefined);
      waiting.current = false;
      const first = answer?.found[0];
      if (first && (likeAnId || chosen === 0)) {
        open(answer.found[at] ?? first);
        return;
      }
    }
    choices[at]?.choose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setChosen((at + step + choices.length) % Math.max(choices.length, 1));
    else if (event.key === "Enter") void enter();
    else return;
    event.preventDefault();
  };

  return (
    <Dialog label="Find or do" className="palette" close={close}>
      <input
        className="palette-input"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={choices[at] && `choice-${choices[at].id}`}
        aria-label="Contact, session, span or trace id, words, or a command"
        placeholder="Contact, session, span or trace id, words, or a command"
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
        autoFocus
        spellCheck={false}
        autoComplete="off"
      />
      <ul id="palette-list" role="listbox" aria-label="Choices" className="palette-list">
        {choices.map((choice, index) => (
          <li
            key={choice.id}
            id={`choice-${choice.id}`}
            role="option"
            aria-selected={index === at}
            ref={(element) => {
              if (index === at) element?.scrollIntoView({ block: "nearest" });
            }}
            onClick={choice.choose}
            onMouseMove={() => setChosen(index)}
          >
            <span className="cut">{choice.title}</span>
            {choice.note && <span className="faint">{choice.note}</span>}
            {choice.keys && <Keys keys={choice.keys} />}
          </li>
        ))}
      </ul>
      {likeAnId && found.data?.found.length === 0 && (
        <p className="palette-none muted" role="status">
          Nothing that has come in has this id.
        </p>
      )}
    </Dialog>
  );
}

const oneLineOf = (text: string): string => visible(text.length > 60 ? `${text.slice(0, 60)}…` : text);
