"""``spanglass tail``: sessions and spans as they come."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Annotated, Final

import typer
from msgspec import UNSET

from spanglass.answers import Change, Outline, Session
from spanglass.cli import filtering
from spanglass.cli.figures import clock, duration
from spanglass.cli.output import STATUS_STYLES, Output, complain
from spanglass.cli.reading import reads
from spanglass.cli.sessions import status
from spanglass.cli.show import name_of
from spanglass.cli.visible import one_line
from spanglass.traces import Changed, Filters, NotFoundError, Traces

FOLLOWED_MAX: Final = 1_000
"""Sessions whose spans are remembered, those that changed last."""
SPANS_MAX: Final = 5_000
"""Spans of a session up to which its new ones are looked for."""
FIRST_MAX: Final = 20
"""Spans that are told of a session that was there before."""
NAME_CHARS: Final = 20


@reads
def tail(
    *,
    query: filtering.Query = "",
    assistant: filtering.Assistant = None,
    agent: filtering.Agent = None,
    statuses: filtering.Statuses = None,
    spans: Annotated[bool, typer.Option("--spans/--no-spans", help="Tell of spans, too.")] = True,
    traces: Traces,
    output: Output,
) -> None:
    """Tell of sessions and spans as they come, until Ctrl-C.

    Conditions are those of `spanglass sessions`, without words. --json prints an object a line: `session` with what is
    new of its `spans`, or `gone`, the ids of a session that was deleted or became part of another.

    Examples:
      spanglass tail

      spanglass tail --query status:error --no-spans --json
    """
    given = {"assistants": assistant, "agents": agent, "statuses": statuses}
    filters = filtering.filters(query, given)
    if filters.text:
        raise typer.BadParameter("words cannot be followed, conditions alone", param_hint="--query")
    try:
        _follow(_Followed(traces, traces.resolved(filters), spans=spans), output)
    except KeyboardInterrupt:
        raise typer.Exit from None


class _Followed:
    """The sessions that are followed, with the spans of each that were told already."""

    def __init__(self, traces: Traces, filters: Filters, *, spans: bool) -> None:
        self._traces = traces
        self._filters = filters
        self._spans = spans
        self._told: OrderedDict[tuple[str, str], set[tuple[str, bool]]] = OrderedDict()

    def changes(self) -> Iterator[Changed]:
        """Yield what changed, of the sessions that are meant."""
        for changed in self._traces.changes():
            if not isinstance(changed.session, Session) or self._filters.met_by(changed.session):
                yield changed

    def new(self, session: Session) -> tuple[bool, list[Outline]]:
        """Return whether a session is told of for the first time, and which of its spans are new, or have ended."""
        ids = (session.assistant_id, session.session_id)
        first = ids not in self._told
        told = self._told.setdefault(ids, set())
        self._told.move_to_end(ids)
        if len(self._told) > FOLLOWED_MAX:
            self._told.popitem(last=False)
        if not self._spans or session.spans > SPANS_MAX:
            return first, []
        try:
            spans = [span for span in self._traces.outline(session) if (span.id, span.end is UNSET) not in told]
        except NotFoundError:
            return first, []  # it is gone by now, which the next change tells
        told.update((span.id, span.end is UNSET) for span in spans)
        return first, spans[-FIRST_MAX:] if first else spans


def _follow(followed: _Followed, output: Output) -> None:
    for changed in followed.changes():
        if isinstance(changed.session, Session):
            first, spans = followed.new(changed.session)
            if output.json:
                output.document({"session": changed.session, "spans": spans})
            else:
                _tell(changed.session, spans, output, first=first)
        elif isinstance(changed.session, Change):
            if output.json:
                output.document({"gone": changed.session})
            else:
                output.line(("gone  ", "magenta"), f"{changed.session.assistant_id}/{changed.session.session_id}")
        elif changed.kind == "lost":
            complain("the connection is lost; trying again")
        output.flush()


def _tell(session: Session, spans: list[Outline], output: Output, *, first: bool) -> None:
    name = one_line(session.name)
    if first or not spans:
        output.line(
            (clock(session.end_timestamp), "dim"),
            "  ",
            (name, "bold"),
            f"  {one_line(session.assistant_name)}  ",
            status(session),
            (f"  {session.spans:,} spans  {session.total_tokens:,} tokens", "dim"),
        )
    short = name if len(name) <= NAME_CHARS else f"{name[: NAME_CHARS - 1]}…"
    for span in spans:
        running = span.end is UNSET
        ended = "RUNNING" if running else span.status
        took = "" if span.end is UNSET else f"  {duration((span.end - span.start) * 1000)}"
        output.line(
            (clock(span.start), "dim"),
            "  ",
            (short, "dim"),
            "  ",
            *name_of(span, None),
            (took if span.tokens is UNSET else f"{took}  {span.tokens.total:,} tok", "dim"),
            "  ",
            (ended, STATUS_STYLES[ended]),
        )
