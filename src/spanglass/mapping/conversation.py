"""From arrays of messages to fragments, doing work only for what is new.

An agent's k-th call repeats the messages of the k-1 before it. So a message is recognised by its raw bytes before it
is read, and an array that begins with the text of the last one of its session costs a comparison of memory and the
mapping of its tail.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from spanglass.conventions.messages import read_message
from spanglass.conventions.plain import clean, encode, read_json
from spanglass.conventions.said import Message, Role
from spanglass.conventions.standard import read_standard
from spanglass.mapping.memo import Memo
from spanglass.mapping.utterances import Utterance, fragments, utterances
from spanglass.model.record import Fragment, Kind, fragment
from spanglass.telemetry import Value

SHOWN_MAX: Final = 50
"""Messages that ListSpans shows of a span's inputs, and of its outputs."""
THREADS_MAX: Final = 4
"""Arrays kept under one session or trace: as many agents may take turns in it."""
THREAD_BYTES: Final = 200
"""About what a thread holds on to for each of its messages, beside its text."""

_FINISH_REASON: Final = b'"finish_reason"'
_FINISHED: Final = re.compile(rb',\s*"finish_reason":\s*"[^"\\]*"')
_decode_raws: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Said(msgspec.Struct, frozen=True, gc=False):
    """One element of an array, mapped. ``verbatim`` is its raw form where the values leave something out."""

    utterances: tuple[Utterance, ...]
    system: tuple[bytes, ...] = ()
    verbatim: Fragment | None = None
    finish_reason: str = ""


class Thread(msgspec.Struct, eq=False, gc=False):
    """The messages of one array, mapped; a longer array goes on from it.

    ``fragments`` are in order, each named by its occurrence. Those from ``closed`` on belong to ``open``, the
    utterances that what follows may continue, and ``open_keys`` are the keys of their first occurrences. ``counts`` are
    occurrences by the key of the first one. ``used`` and ``answered`` are where toolUseIds are used at the earliest and
    answered at the latest, ``unanswered`` those that the last answer used.
    """

    fragments: tuple[Fragment, ...] = ()
    closed: int = 0
    open: tuple[Utterance, ...] = ()
    open_keys: tuple[bytes, ...] = ()
    counts: dict[bytes, int] = {}
    used: tuple[tuple[str, int], ...] = ()
    answered: tuple[tuple[str, int], ...] = ()
    unanswered: tuple[str, ...] = ()
    system: tuple[bytes, ...] = ()
    verbatim: tuple[Fragment, ...] = ()
    finish_reasons: tuple[str, ...] = ()

    def emitters(self) -> dict[str, Value]:
        """Return the emitter's ids of the uses that may still be answered, by toolUseId, where they are others."""
        return {use: emitters for one in self.open if one.uses for use, emitters in one.uses if emitters != use}

    def shown_from(self) -> int:
        """Return where the newest messages begin that ListSpans may show: no tool result without its use."""
        start = len(self.fragments) - SHOWN_MAX
        if start <= 0:
            return 0
        withheld = {use for use, at in self.used if at < start}
        return max([start, *(at + 1 for use, at in self.answered if use in withheld)])


_NOTHING: Final = Thread()


class Conversations:
    """Maps arrays of messages; remembers messages and arrays for at most ``memo_bytes_max`` bytes."""

    def __init__(self, memo_bytes_max: int, document_depth_max: int) -> None:
        self._depth_max = document_depth_max
        self._said: Memo[bytes, Said] = Memo(memo_bytes_max // 2)
        self._threads: Memo[str | bytes, list[tuple[str, Thread]]] = Memo(memo_bytes_max // 2)

    def inputs(self, value: Value, place: str | bytes) -> Thread:
        """Map an array of input messages; ``place`` names the session, or else the trace, that it may go on in."""
        if value is None:
            return _NOTHING
        if not isinstance(value, str):
            value = encode(value).decode()  # to be told from the last one's as a whole, and faster than its elements
        recent = self._threads.get(place) or []
        for begun, thread in recent:
            if value.startswith(begun) and (tail := _tail(value, len(begun))) is not None:
                extended = self._extended(thread, tail) if tail else thread
                break
        else:
            if (raws := _split(value)) is None:
                return self._extended(_NOTHING, elements(value))
            thread = extended = self._extended(_NOTHING, raws)
        if value.endswith("]"):
            kept = [pair for pair in recent if pair[1] is not thread][: THREADS_MAX - 1]
            size = len(value) + THREAD_BYTES * (1 + len(extended.fragments))
            self._threads.put(place, [(value[:-1], extended), *kept], size)
        return extended

    def outputs(self, value: Value, after: Thread, *, choices: bool) -> Thread:
        """Map an array of output messages that follow inputs; with several ``choices`` each is a message of its own."""
        if value is None:
            return _NOTHING
        said = [self._answer(raw) for raw in elements(value)]
        if choices:
            said = [msgspec.structs.replace(one, utterances=tuple(map(_alone, one.utterances))) for one in said]
        return _extend(_NOTHING, said, after.counts)

    def _extended(self, thread: Thread, raws: Sequence[bytes]) -> Thread:
        get = self._said.get
        return _extend(thread, [get(raw) or self._remember(raw, self._read(raw, "CUSTOMER")) for raw in raws], {})

    def _answer(self, raw: bytes) -> Said:
        """Read an output; the next call repeats it among its inputs, where it has no finish reason."""
        message = read_standard(raw)
        if message is None:
            return self._read(raw, "BOT")
        said = self._said_by(message)
        if said.finish_reason and raw.count(_FINISH_REASON) == 1:
            self._remember(_FINISHED.sub(b"", raw, 1), Said(said.utterances))
        return said

    def _remember(self, raw: bytes, said: Said) -> Said:
        self._said.put(raw, said, 3 * len(raw) + THREAD_BYTES)
        return said

    def _read(self, raw: bytes, default: Role) -> Said:
        if (message := read_standard(raw)) is not None:
            return self._said_by(message)
        readable, value = read_json(raw)
        message = read_message(value if readable else clean(raw.decode(errors="replace")), default)
        said = self._said_by(message)
        if message.whole:
            return said
        return msgspec.structs.replace(said, verbatim=_verbatim(encode(value), said.utterances))

    def _said_by(self, message: Message) -> Said:
        spoken = utterances(message, self._depth_max)
        if message.role == "SYSTEM":
            return Said((), tuple(value for one in spoken for value in one.values))
        return Said(spoken, (), None, message.finish_reason)


def _alone(utterance: Utterance) -> Utterance:
    return msgspec.structs.replace(utterance, turn="")


def _verbatim(raw: bytes, spoken: Sequence[Utterance]) -> Fragment:
    """Keep a message as it came, under the key of the fragment that shows it, or its own if none does."""
    shown = spoken[0].fragments[0] if spoken else fragment(Kind.DETAIL, raw)
    return fragment(Kind.DETAIL, b'{"messages":{"%b":%b}}' % (shown.key.hex().encode(), raw))


def _split(text: str) -> list[bytes] | None:
    """Return the elements of a JSON array as they stand in its text; None if it is none."""
    try:
        return [bytes(raw) for raw in _decode_raws(text)]
    except (ValueError, RecursionError):
        return None


def elements(value: Value) -> Sequence[bytes]:
    """Return the elements of an array as JSON, whether it came as structure or as text; anything else is its only."""
    if isinstance(value, str):
        if (raws := _split(value)) is not None:
            return raws
        readable, decoded = read_json(value)
        value = decoded if readable else value
    return [encode(item) for item in value] if isinstance(value, list) else [encode(value)]


def _tail(text: str, begun: int) -> list[bytes] | None:
    """Return the elements that follow an array whose text, but for its bracket, ends at ``begun``.

    None if what follows is anything else than further elements.
    """
    rest = text[begun:].lstrip()
    if rest == "]":
        return []
    return (_split("[" + rest[1:]) or None) if rest.startswith(",") else None


def _extend(thread: Thread, said: Sequence[Said], before: dict[bytes, int]) -> Thread:
    """Add messages to a thread; ``before`` counts occurrences that precede it."""
    writer = _Writer(thread, before)
    for one in said:
        writer.add(one)
    return writer.thread()


class _Writer:
    """Writes utterances as messages, neighbours that continue one turn as one."""

    def __init__(self, thread: Thread, before: dict[bytes, int]) -> None:
        self._fragments = list(thread.fragments)
        self._closed = thread.closed
        self._open = thread.open
        self._open_keys = thread.open_keys
        self._counts = thread.counts.copy()
        self._used = thread.used
        self._answered = thread.answered
        self._unanswered = thread.unanswered
        self._system = thread.system
        self._verbatim = thread.verbatim
        self._finish_reasons = thread.finish_reasons
        self._before = before

    def add(self, said: Said) -> None:
        """Say something more."""
        for utterance in said.utterances:
            self._add(utterance)
        if said.system:
            self._system += said.system
        if said.verbatim is not None:
            self._verbatim += (said.verbatim,)
        if said.finish_reason:
            self._finish_reasons += (said.finish_reason,)

    def thread(self) -> Thread:
        """Return all that was said."""
        return Thread(
            tuple(self._fragments),
            self._closed,
            self._open,
            self._open_keys,
            self._counts,
            self._used,
            self._answered,
            self._unanswered,
            self._system,
            self._verbatim,
            self._finish_reasons,
        )

    def _add(self, utterance: Utterance) -> None:
        turn = utterance.turn
        continues = bool(turn) and bool(self._open) and self._open[-1].turn == turn
        if turn == "results":
            utterance = self._paired(utterance)
        elif turn == "answer" and not continues:
            self._unanswered = ()
        written = utterance.fragments
        if continues:
            written = self._reopened(utterance)
        else:
            self._closed = len(self._fragments)
            self._open = (utterance,)
        self._write(written)
        if utterance.uses:
            self._used += tuple([(use, self._closed) for use, _ in utterance.uses])
            self._unanswered += tuple([use for use, _ in utterance.uses])
        if utterance.results:
            self._answered += tuple([(use, len(self._fragments) - 1) for use in utterance.results])

    def _reopened(self, utterance: Utterance) -> tuple[Fragment, ...]:
        """Take back what is open, and return it with what continues it."""
        self._open = (*self._open, utterance)
        for key in self._open_keys:
            self._counts[key] -= 1
        del self._fragments[self._closed :]
        return fragments(utterance.kind, [value for one in self._open for value in one.values])

    def _write(self, written: Sequence[Fragment]) -> None:
        for first in written:
            count = self._counts.get(first.key, 0)
            occurrence = count + self._before.get(first.key, 0)
            self._counts[first.key] = count + 1
            self._fragments.append(fragment(first.kind, first.json, occurrence) if occurrence else first)
        self._open_keys = tuple([first.key for first in written])

    def _paired(self, results: Utterance) -> Utterance:
        """Return results of the last answer's uses; ids that nobody used, as Traceloop's, are paired by their order."""
        unanswered = list(self._unanswered)
        strangers: dict[str, str] = {}
        for result in results.results:
            if result in unanswered:
                unanswered.remove(result)
            elif unanswered and result not in strangers and all(result != use for use, _ in self._used):
                strangers[result] = unanswered.pop(0)
        self._unanswered = tuple(unanswered)
        return _renamed(results, strangers) if strangers else results


def _renamed(results: Utterance, names: dict[str, str]) -> Utterance:
    """Return results as those of other uses."""
    values = results.values
    for before, after in names.items():
        old, new = (b'{"toolResult":{"toolUseId":"%b"' % name.encode() for name in (before, after))
        values = tuple([new + value.removeprefix(old) if value.startswith(old) else value for value in values])
    answers = tuple([names.get(result, result) for result in results.results])
    return Utterance(results.kind, results.turn, values, fragments(results.kind, values), (), answers)
