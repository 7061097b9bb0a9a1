// Long texts as they were: on the wire a text is cut into values of a bounded length, and many values into messages.
import type { Value } from "../api/types";

/** What the server cuts by (`mapping/text.py`): a length, behind a line's end in its last quarter if there is one. */
const CUT_CHARS = 4_096;
/** What of that a character of several code points may take away. */
const CLUSTER_CHARS = 32;
const VALUES_MAX = 10;

/** Whether a text goes on in the next value. */
function isCut({ text }: Value): boolean {
  if (!text || text.citations?.length || text.aiGuardrailAssessment) return false;
  const { length } = text.value;
  return length >= CUT_CHARS - CLUSTER_CHARS || (length >= 0.75 * CUT_CHARS && text.value.endsWith("\n"));
}

/** Join text values that were cut from one text again; what they cite stays with the last. */
export function joined(values: readonly Value[]): Value[] {
  const whole: Value[] = [];
  let pieces: string[] = [];
  for (const value of values) {
    if (!value.text && pieces.length) whole.push({ text: { value: pieces.join("") } });
    if (!value.text) {
      pieces = [];
      whole.push(value);
      continue;
    }
    pieces.push(value.text.value);
    if (isCut(value)) continue;
    whole.push({ text: { ...value.text, value: pieces.join("") } });
    pieces = [];
  }
  if (pieces.length) whole.push({ text: { value: pieces.join("") } });
  return whole;
}

interface Said {
  values: Value[];
  participant?: string;
  spanId?: string;
}

/** Join messages that one long message was cut into: full ones that end within a text, and what follows them. */
export function whole<T extends Said>(messages: readonly T[]): T[] {
  const told: T[] = [];
  const gathered = new Map<T, Value[]>();
  let open: T | undefined;
  for (const message of messages) {
    const goesOn = open && open.participant === message.participant && open.spanId === message.spanId;
    const last = message.values.at(-1);
    const cut = message.values.length === VALUES_MAX && last !== undefined && isCut(last);
    if (open && goesOn) gathered.get(open)?.push(...message.values);
    else {
      open = message;
      told.push(message);
      gathered.set(message, [...message.values]);
    }
    if (!cut) open = undefined;
  }
  return told.map((message) => ({ ...message, values: gathered.get(message) ?? message.values }));
}
