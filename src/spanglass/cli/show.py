"""``spanglass show``: one session, its spans as a tree or what was said."""

from typing import Annotated, Final

import typer
from msgspec import UNSET
from rich.text import Text

from spanglass.answers import Outline, Session
from spanglass.cli.figures import duration, moment, money, plural
from spanglass.cli.output import STATUS_STYLES, Output
from spanglass.cli.reading import reads
from spanglass.cli.said import tell_turn
from spanglass.cli.tree import Node, grown
from spanglass.cli.visible import one_line
from spanglass.traces import Traces

ID_CHARS: Final = 8
"""Characters of a span's id that stand in the tree."""
FIGURES_COLUMNS: Final = 9 + 2 + 10 + 2 + 7
"""Columns of tokens, time and status, with two between them."""
NAME_COLUMNS_MIN: Final = 24
PIPED_NAME_COLUMNS: Final = 60


@reads
def show(
    session: Annotated[
        str,
        typer.Argument(
            metavar="SESSION",
            help="Its UUID or the beginning of it, its ARN or name, or a contact's id.",
        ),
    ],
    *,
    conversation: Annotated[bool, typer.Option("--conversation", "-c", help="Show what was said instead.")] = False,
    traces: Traces,
    output: Output,
) -> None:
    """Show one session: its spans as a tree, or what was said.

    --json prints one document: the session, with `spans` or `turns` as the JSON API has them. The exit code is 1 where
    there is no such session.

    Examples:
      spanglass show order-7

      spanglass show 93b89954 --conversation
    """
    known = traces.session(session)
    if output.json:
        rest = {"turns": list(traces.conversation(known))} if conversation else {"spans": list(traces.outline(known))}
        output.document({"session": known} | rest)
        return
    _tell_session(known, output)
    if conversation:
        for turn in traces.conversation(known):
            tell_turn(turn, output)
    else:
        agents: dict[str, object] = {}
        for node in grown(list(traces.outline(known))):
            agents[node.span.id] = node.span.agent
            _tell_span(node, output, agents.get(node.span.parent or ""))


def _tell_session(session: Session, output: Output) -> None:
    ids = "" if session.name == session.session_id else f"  {session.session_id}"
    output.line((one_line(session.name), "bold"), "  ", one_line(session.assistant_name), (ids, "dim"))
    told = [
        moment(session.start_timestamp),
        duration(session.duration_ms),
        plural(session.spans, "span"),
        plural(session.total_tokens, "token"),
        *([] if session.cost is UNSET else [money(session.cost)]),
        *([plural(session.running, "running span")] if session.running else []),
    ]
    failed = f"  {plural(session.errors, 'error')}" if session.errors else ""
    output.line(("  ".join(told), "dim"), (failed, STATUS_STYLES["ERROR"]))


def _tell_span(node: Node, output: Output, parents_agent: object) -> None:
    span = node.span
    columns = max(output.width - ID_CHARS - 2 - FIGURES_COLUMNS - 2, NAME_COLUMNS_MIN)
    if not output.is_terminal:
        columns = PIPED_NAME_COLUMNS
    guide = node.guide if len(node.guide) <= columns // 2 else f"⋯{node.depth} "
    name = Text.assemble((guide, "dim"), *name_of(span, parents_agent))
    if name.cell_len < columns or output.is_terminal:
        name.truncate(columns, overflow="ellipsis", pad=True)
    tokens = "" if span.tokens is UNSET else f"{span.tokens.total:,} tok"
    running = span.end is UNSET
    took = "" if span.end is UNSET else duration((span.end - span.start) * 1000)
    status = "RUNNING" if running else span.status
    output.line(
        (span.id[:ID_CHARS], "dim"),
        "  ",
        name,
        (f"  {tokens:>9}  {took:>10}  ", "dim"),
        (status, "dim" if status == "OK" else STATUS_STYLES[status]),
    )
    for told, style in _more(span):
        output.line(f"{'':{ID_CHARS + 2}}", (node.guide_below, "dim"), (told, style))


def name_of(span: Outline, parents_agent: object) -> list[str | tuple[str, str]]:
    """Name a span by its operation, then by what its own name, its tool, agent and model add to that."""
    name = one_line(span.name)
    rest = name.removeprefix(span.op).strip() if span.op else name
    agent = UNSET if span.agent == parents_agent else span.agent
    model = span.model if span.op == "inference" else UNSET
    more = [one_line(each) for each in (span.tool, agent, model) if each is not UNSET]
    told = "".join(f"  {each}" for each in more if each not in f"{span.op} {rest}")
    return [(one_line(span.op), "bold"), " " if span.op and rest else "", rest, (told, "cyan")]


def _more(span: Outline) -> list[tuple[str, str]]:
    """Tell below a span why it failed, and where the conversation went."""
    why = ": ".join(one_line(each) for each in (span.error_type, span.status_description) if each is not UNSET)
    course = [
        f"{word} {one_line(each)}"
        for word, each in (
            ("mode", span.interaction_mode),
            ("to", span.target_agent_id),
            ("returned", span.return_reason),
        )
        if each is not UNSET
    ]
    told = [(why, STATUS_STYLES.get(span.status, "") if span.status != "OK" else "dim")] if why else []
    return told + ([("  ".join(course), "magenta")] if course else [])
