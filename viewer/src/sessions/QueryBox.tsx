// One box for all conditions, with completion of their names and values.
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";

import { facetsQuery } from "../api/queries";
import { type Key, KEYS, parse, STATUSES, written } from "../app/query";
import { useCommands } from "../commands/registry";
import { count } from "../format/figures";
import { visible } from "../format/visible";
import { Icon } from "../ui/Icon";
import { IconButton } from "../ui/parts";

interface Suggestion {
  text: string;
  label: string;
  note: string;
}

const APPLY_MS = 350;
const SUGGESTIONS_MAX = 8;
const LASTS: readonly string[] = ["30min", "1h", "24h", "7d", "30d"];
const FIGURES: readonly Suggestion[] = [
  { text: "duration>", label: "duration>", note: "longer than, as 2s or 1.5min" },
  { text: "tokens>", label: "tokens>", note: "more than, as 5000 or 10k" },
];

export function QueryBox({ query, setQuery }: { query: string; setQuery: (query: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState({ text: query, of: query, applied: query });
  const [caret, setCaret] = useState(0);
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  // The address follows what is typed, a while behind: what was typed since stays. It may also change by other ways,
  // such as a click on a filter; then the box follows it.
  if (draft.of !== query) setDraft({ ...draft, text: query === draft.applied ? draft.text : query, of: query });
  const text = draft.text;
  const apply = useCallback(
    (applied: string) => {
      setDraft((before) => ({ ...before, applied }));
      setQuery(applied);
    },
    [setQuery],
  );

  useEffect(() => {
    if (text.trim() === query) return;
    const timer = setTimeout(() => apply(text.trim()), APPLY_MS);
    return () => clearTimeout(timer);
  }, [text, query, apply]);
  useCommands({ search: () => input.current?.focus() });

  const token = parse(text).find(({ start, end }) => start < caret && caret <= end);
  const suggestions = useSuggestions(open, token ? text.slice(token.start, caret) : "");
  const problem = parse(text).find(({ problem: told, end }) => told && !(open && end === caret))?.problem;

  const take = ({ text: taken }: Suggestion) => {
    const start = token?.start ?? caret;
    const after = text.slice(token?.end ?? caret);
    const done = /[:<>]$/.test(taken) ? taken : `${taken} `;
    // at once: a key that is pressed before the caret is where it belongs would go elsewhere
    flushSync(() => {
      setDraft({ ...draft, text: text.slice(0, start) + done + after.trimStart() });
      setCaret(start + done.length);
      setChosen(-1);
    });
    input.current?.setSelectionRange(start + done.length, start + done.length);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const suggestion = suggestions[chosen];
    if (step && suggestions.length) {
      setOpen(true);
      setChosen((chosen + step + suggestions.length) % suggestions.length);
    } else if ((event.key === "Enter" || event.key === "Tab") && open && suggestion) take(suggestion);
    else if (event.key === "Enter") {
      apply(text.trim());
      setOpen(false);
      return;
    } else if (event.key === "Escape") {
      if (open) setOpen(false);
      else input.current?.blur();
    } else return;
    event.preventDefault();
  };

  const expanded = open && suggestions.length > 0;
  return (
    <search className="query">
      <Icon name="search" />
      <input
        ref={input}
        className="field"
        type="text"
        role="combobox"
        aria-label="Query"
        aria-expanded={expanded}
        aria-controls="query-suggestions"
        aria-autocomplete="list"
        aria-activedescendant={expanded && chosen >= 0 ? `suggestion-${chosen}` : undefined}
        aria-invalid={Boolean(problem)}
        aria-describedby="query-problem"
        placeholder="Words that were said, or conditions such as status:error agent:planner duration>2s"
        spellCheck={false}
        autoComplete="off"
        maxLength={1000}
        value={text}
        onChange={(event) => {
          setDraft({ ...draft, text: event.target.value });
          setCaret(event.target.selectionStart ?? event.target.value.length);
          setOpen(true);
          setChosen(-1);
        }}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      {text ? (
        <IconButton
          icon="close"
          label="Clear the query"
          onClick={() => {
            setDraft({ ...draft, text: "" });
            apply("");
            input.current?.focus();
          }}
        />
      ) : (
        <kbd>/</kbd>
      )}
      <ul
        id="query-suggestions"
        role="listbox"
        aria-label="Completions"
        className="query-suggestions"
        hidden={!expanded}
      >
        {expanded &&
          suggestions.map((suggestion, index) => (
            <li
              key={suggestion.text}
              id={`suggestion-${index}`}
              role="option"
              aria-selected={index === chosen}
              onMouseDown={(event) => {
                event.preventDefault(); // keep the focus where it is
                take(suggestion);
              }}
            >
              <span className="mono cut">{suggestion.label}</span>
              <span className="faint cut">{suggestion.note}</span>
            </li>
          ))}
      </ul>
      <p id="query-problem" className="query-problem bad" role="status">
        {problem}
      </p>
    </search>
  );
}

/** Complete the word before the caret: the name of a condition, or a value of it. */
function useSuggestions(open: boolean, word: string): Suggestion[] {
  const colon = word.indexOf(":");
  const name = word.slice(0, Math.max(colon, 0)).toLowerCase();
  const key = name in KEYS ? (name as Key) : undefined;
  const prefix = word.slice(colon + 1).replace(/^"/, "");
  const facet = key && KEYS[key].facet;
  const { data } = useQuery({
    ...facetsQuery(facet ?? "", prefix ? { prefix } : {}),
    enabled: open && facet !== undefined,
  });
  if (!key) {
    const keys = Object.entries(KEYS).map(([each, { hint }]) => ({ text: `${each}:`, label: `${each}:`, note: hint }));
    return [...keys, ...FIGURES].filter(({ text }) => text.startsWith(word.toLowerCase()) && text !== word);
  }
  const fixed = key === "status" ? STATUSES : key === "last" ? LASTS : [];
  const values = facet
    ? (data?.values ?? []).map(({ value, count: sessions }) => ({ value, note: `${count(sessions)} sessions` }))
    : fixed.filter((value) => value.startsWith(prefix)).map((value) => ({ value, note: "" }));
  return values
    .slice(0, SUGGESTIONS_MAX)
    .map(({ value, note }) => ({ text: written(key, value), label: visible(value), note }));
}
