"""Applies rules to telemetry: every text of a span or log record, at any depth, names and JSON within text included.

What holds no secret comes back as the object it was, so masking that finds nothing costs a search.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

import msgspec

from spanglass.conventions.plain import encode, read_json
from spanglass.conventions.sessions import RANKS
from spanglass.conventions.spanglass import ASSISTANT
from spanglass.masking.patterns import UNION_BYTES_MAX, Regexp, compiled
from spanglass.masking.rules import RULES, SECRET_NAME, Rule, with_mark
from spanglass.telemetry import Attributes, Event, Link, LogRecord, Resource, Scope, Span, Value

DEPTH_MAX: Final = 200
"""Levels that are walked, JSON within text counting on; nothing lies deeper once it is mapped."""
REMEMBERED_MAX: Final = 10_000
"""Names of attributes whose masking is remembered, and short texts that hold no secret, each."""
SHORT_CHARS: Final = 64
"""Characters of a text that is short: names of models and the like recur from span to span."""
NUMBER_MIN: Final = 10**12
"""The least number that is read as digits: a card's number has 13."""
NAMING: Final = frozenset({*RANKS, *ASSISTANT, "service.name"})
"""Attributes that name a session or an assistant. Where a secret is masked in them a hash of the whole stays, so that
different ones stay different."""
_PLACES: Final = ("keys", "[key]")
_NAMED: Final = compiled(r'(?i)(?:authorization|cookie|pass(?:word|wd|phrase)|secret|key|token)s?["\s]+:')
"""What JSON holds, its escapes made spaces, that has a member whose name may say secret."""
_ESCAPED: Final = re.compile(rb"\\+.?")
_WITHIN_WORDS: Final = re.compile(rb"\\[u/]")
"""Escapes that may stand for a letter or sign of a secret."""
_JSON: Final = ("{", "[", '"')
_Of = TypeVar("_Of", Resource, Scope)


class Masks(msgspec.Struct, frozen=True):
    """What is masked: built-in rules by name, patterns of one's own by name, and whether content is dropped wholly."""

    rules: tuple[str, ...] = ()
    patterns: tuple[tuple[str, str], ...] = ()
    content: bool = False


class Masker:
    """Masks telemetry; for one thread at a time. ``counts`` are secrets masked, by rule."""

    def __init__(self, masks: Masks, naming: Iterable[str] = ()) -> None:
        """Mask what ``masks`` says; ``naming`` are further attributes that name a session."""
        rules = [Rule(name, pattern, with_mark(name)) for name, pattern in masks.patterns]
        rules += [rule for name, rule in RULES.items() if name in masks.rules]
        self.counts: Counter[str] = Counter()
        self._rules = [(rule, compiled(rule.pattern)) for rule in rules]
        union = "|".join(f"(?:{rule.pattern})" for rule in rules)
        self._any = compiled(union, UNION_BYTES_MAX) if rules else None
        self._names_secrets = "keys" in masks.rules
        self._clean: set[str] = {""}
        self._naming = NAMING.union(naming)
        self._names: dict[str, tuple[str, bool]] = {}

    def text(self, text: str, depth: int = DEPTH_MAX) -> str:
        """Mask a text. One that is JSON is masked as what it says, for there a secret may be escaped or a number."""
        if self._any is None or text in self._clean:
            return text
        masked = self._text(self._any, text, depth)
        if masked is text and len(text) <= SHORT_CHARS:
            if len(self._clean) >= REMEMBERED_MAX:
                self._clean.clear()
            self._clean.add(text)
        return masked

    def _text(self, union: Regexp, text: str, depth: int) -> str:
        if text.startswith(_JSON) and depth:
            if not self._may_hold_secrets(union, text.encode(errors="replace")):
                return text
            readable, told = read_json(text)
            if readable:
                masked = self.value(told, depth - 1)
                return text if masked is told else encode(masked).decode()
        data = text.encode(errors="replace")
        return text if union.search(data) is None else self._masked(data).decode(errors="replace")

    def value(self, value: Value, depth: int = DEPTH_MAX) -> Value:
        """Mask a value; texts within it count as texts, members of objects and attributes as named values."""
        if isinstance(value, str):
            return self.text(value, depth)
        if isinstance(value, bytes):
            return value if self._any is None or self._any.search(value) is None else self._masked(value)
        if isinstance(value, list) and depth:
            items = [self.value(item, depth - 1) for item in value]
            return items if any(map(_differ, items, value)) else value
        if isinstance(value, dict) and depth:
            return self.attributes(value, depth - 1)
        number = isinstance(value, int) and not isinstance(value, bool) and abs(value) >= NUMBER_MIN
        if number or isinstance(value, list | dict):  # digits, or what lies too deep
            written = encode(value).decode()
            masked = self.text(written, 0)
            return value if masked == written else masked
        return value

    def attributes(self, attributes: Attributes, depth: int = DEPTH_MAX) -> Attributes:
        """Mask attributes: their names, their values, and wholly those whose name says that they are secret."""
        changed = False
        masked: Attributes = {}
        for name, value in attributes.items():
            known, secret = self._names.get(name) or self._name(name)
            told: Value = self._whole(value) if secret else self.value(value, depth)
            if told is not value and name in self._naming and isinstance(value, str) and isinstance(told, str):
                told = f"{told} {hashlib.blake2b(value.encode(errors='replace'), digest_size=8).hexdigest()}"
            changed = changed or told is not value or known != name
            masked[known] = told
        return masked if changed else attributes

    def span(self, span: Span) -> Span:
        """Mask a span, all but its resource and scope."""
        return msgspec.structs.replace(
            span,
            name=self.text(span.name),
            status_message=self.text(span.status_message),
            trace_state=self.text(span.trace_state),
            attributes=self.attributes(span.attributes),
            events=[self._event(event) for event in span.events],
            links=[self._link(link) for link in span.links],
        )

    def log(self, record: LogRecord) -> LogRecord:
        """Mask a log record, all but its resource and scope."""
        return msgspec.structs.replace(
            record,
            name=self.text(record.name),
            severity_text=self.text(record.severity_text),
            attributes=self.attributes(record.attributes),
            body=self.value(record.body),
        )

    def spans(self, spans: Sequence[Span]) -> list[Span]:
        """Mask spans with their resources and scopes, each of which stays one for all of its spans."""
        once: dict[int, Resource | Scope] = {}
        return [
            msgspec.structs.replace(
                self.span(span), resource=self._origin(span.resource, once), scope=self._origin(span.scope, once)
            )
            for span in spans
        ]

    def logs(self, records: Sequence[LogRecord]) -> list[LogRecord]:
        """Mask log records likewise."""
        once: dict[int, Resource | Scope] = {}
        return [
            msgspec.structs.replace(
                self.log(record), resource=self._origin(record.resource, once), scope=self._origin(record.scope, once)
            )
            for record in records
        ]

    def _origin(self, of: _Of, once: dict[int, Resource | Scope]) -> _Of:
        if (known := once.get(id(of))) is None:
            texts = {
                name: self.text(getattr(of, name)) for name in ("name", "version", "schema_url") if hasattr(of, name)
            }
            known = once[id(of)] = msgspec.structs.replace(of, attributes=self.attributes(of.attributes), **texts)
        return known  # type: ignore[return-value]  # what is under an object's id is of its type

    def _event(self, event: Event) -> Event:
        attributes = self.attributes(event.attributes)
        return msgspec.structs.replace(event, name=self.text(event.name), attributes=attributes)

    def _link(self, link: Link) -> Link:
        attributes, state = self.attributes(link.attributes), self.text(link.trace_state)
        return msgspec.structs.replace(link, attributes=attributes, trace_state=state)

    def _whole(self, value: Value) -> Value:
        """Mask a value that is secret by its name; one that says nothing, or yes or no, or was masked, stays."""
        rule, mark = _PLACES
        if value in (None, "", mark) or isinstance(value, bool):
            return value
        self.counts[rule] += 1
        return mark

    def _may_hold_secrets(self, union: Regexp, raw: bytes) -> bool:
        """Tell, at the cost of a search, whether JSON may hold a secret; what is escaped within words must be read."""
        if _WITHIN_WORDS.search(raw):
            return True
        flat = _ESCAPED.sub(b" ", raw) if b"\\" in raw else raw
        return union.search(flat) is not None or (self._names_secrets and _NAMED.search(flat) is not None)

    def _name(self, name: str) -> tuple[str, bool]:
        """Return an attribute's name masked, and whether it names a secret."""
        if len(self._names) >= REMEMBERED_MAX:
            self._names.clear()
        known = self._names[name] = self.text(name, 0), self._names_secrets and bool(SECRET_NAME.search(name))
        return known

    def _masked(self, data: bytes) -> bytes:
        for rule, pattern in self._rules:
            data = pattern.sub(lambda match, rule=rule: self._replaced(rule, match.group(0)), data)
        return data

    def _replaced(self, rule: Rule, matched: bytes) -> bytes:
        masked, count = rule.replace(matched)
        self.counts[rule.name] += count
        return masked


def _differ(one: Value, other: Value) -> bool:
    return one is not other
