"""The reference pages name every option, setting, metric and attribute that there is, and none that there is not."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import msgspec
from starlette.applications import Starlette

from spanglass import health, qconnect
from spanglass.cli import COMMANDS, load
from spanglass.config import ENVIRONMENT_PREFIX, Config, Limits, Target
from spanglass.conventions import DIALECTS, messages, roles, sessions, spanglass, tokens
from spanglass.conventions.dialect import Dialect
from spanglass.conventions.spanglass import camel
from spanglass.mappers import MappingHere
from spanglass.mapping import Mapper
from spanglass.mapping.fitting import MEMBERS
from spanglass.otlp.errors import REFUSALS
from spanglass.qconnect import errors
from spanglass.recording import Recorder
from spanglass.store.memory import MemoryStore
from spanglass.traces import Traces
from spanglass.viewer.api import FOLLOW, OPERATIONS, OTHERS
from spanglass.viewer.sessions import SessionsQuery
from tests.docs.pages import PAGES, read, rows

SAID = {"input_messages", "output_messages", "system_instructions"}
TOLD_ELSEWHERE = {"limits"}
"""Fields of ``Config`` that are no setting: the limits have a table of their own."""


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def variable(field: str) -> str:
    return ENVIRONMENT_PREFIX + field.upper()


def test_every_option_is_told() -> None:
    """The options of ``spanglass serve`` are those of the table, beside the variable of the same name."""
    told = {quoted(option)[0]: quoted(name)[0] for option, name, *_ in rows("docs/configuration.md", "Options")}
    given = {parameter.opts[0]: variable(parameter.name) for parameter in load("serve").params}
    assert told == given


def test_every_setting_is_told_with_its_default() -> None:
    """The variables of both tables of settings are the fields of ``Config``, with the defaults there, maybe empty."""
    options = [row[1:3] for row in rows("docs/configuration.md", "Options")]
    others = [row[:2] for row in rows("docs/configuration.md", "Settings without an option")]
    told = {quoted(name)[0]: "".join(quoted(default)) for name, default in options + others}
    config = Config()
    fields = [name for name in config.__struct_fields__ if name not in TOLD_ELSEWHERE]
    assert told == {variable(name): str(getattr(config, name)) for name in fields}


def test_every_command_and_option_is_told() -> None:
    """The page of the command line has each command, and each option; those of ``serve`` have a page of their own."""
    assert [quoted(row[0])[0] for row in rows("docs/cli.md", "The command line")] == list(COMMANDS)
    told = set(re.findall(r"`(--?[a-z-]+)`", read("docs/cli.md")))
    given = {option for name in COMMANDS if name != "serve" for option in options(load(name))}
    assert told == given
    summaries = (load(name).help for name in COMMANDS if name not in {"serve", "keys"})
    assert all("Example" in summary for summary in summaries)


def options(command: Any) -> Iterator[str]:  # noqa: ANN401 (typer has several classes of commands)
    for each in getattr(command, "commands", {}).values():
        yield from options(each)
    for parameter in command.params:
        both = (*parameter.opts, *parameter.secondary_opts)
        yield from (option for option in both if option.startswith("-"))


def test_every_setting_of_readers_is_told_with_its_default() -> None:
    """The variables of the table for programs that read are the fields of ``Target``."""
    told = {
        quoted(name)[0]: "".join(quoted(default))
        for name, default, _ in rows("docs/configuration.md", "Settings of programs that read")
    }
    target = Target()
    assert told == {variable(name): str(getattr(target, name)) for name in target.__struct_fields__}


def test_every_method_of_traces_is_told() -> None:
    """The table of what ``spanglass.open`` returns has each of its methods."""
    told = {
        name.partition("(")[0] for cell, _ in rows("docs/reading.md", "Reading with Python") for name in quoted(cell)
    }
    methods = {name for name, value in vars(Traces).items() if not name.startswith("_") and callable(value)}
    assert told == methods - {"assistant_id", "close", "ids"}


def test_every_limit_is_told_with_its_default_and_unit() -> None:
    """The variables of the table of limits are the fields of ``Limits``; a unit that the name holds is the table's."""
    told = rows("docs/configuration.md", "Limits")
    limits = Limits()
    assert {quoted(name)[0]: quoted(default)[0] for name, default, *_ in told} == {
        variable(name): str(getattr(limits, name)) for name in limits.__struct_fields__
    }
    for name, _, unit, _ in told:
        for one in ("bytes", "seconds"):
            assert (unit == one) == (f"_{one.upper()}_" in name)


def test_pages_name_no_other_setting() -> None:
    """Each variable that any page names is a setting."""
    settings = {
        variable(name) for name in (*Config.__struct_fields__, *Limits.__struct_fields__, *Target.__struct_fields__)
    }
    for page in PAGES:
        assert set(re.findall(r"SPANGLASS_[A-Z_]+", read(page))) <= settings, page


def test_every_operation_of_the_api_is_told() -> None:
    """The table of operations is that of the API, and the filters are the parameters of its list of sessions."""
    told = [(method, quoted(path)[0]) for method, path, _ in rows("docs/api.md", "Operations")]
    others = [(method.upper(), path) for path, methods in OTHERS.items() for method in methods]
    assert sorted(told) == sorted([*((one.method, one.path) for one in (*OPERATIONS, FOLLOW)), *others])
    filters = {name for names, _ in rows("docs/api.md", "Filters") for name in quoted(names)}
    parameters = {field.encode_name for field in msgspec.structs.fields(SessionsQuery)}
    assert filters == parameters - {"limit", "cursor"}


def test_every_metric_is_told() -> None:
    """The table has the names and types that ``/metrics`` answers with."""
    with ThreadPoolExecutor(1) as threads:
        store = MemoryStore()
        limits = Limits()
        mapper = Mapper(memo_bytes_max=limits.memo_bytes_max, document_depth_max=limits.document_depth_max)
        recorder = Recorder(store, MappingHere(mapper), limits)
        web = Starlette(routes=health.routes(store, recorder, threads))
        scraped = asyncio.run(scrape(web))
        recorder.close()
    told = {quoted(name)[0]: kind for name, kind, _ in rows("docs/metrics.md", "Metrics")}
    assert told == dict(re.findall(r"^# TYPE (\w+) (\w+)$", scraped, re.MULTILINE))


async def scrape(web: Starlette) -> str:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(web), base_url="http://spanglass") as client:
        return (await client.get("/metrics")).text


def told_by(dialect: Dialect) -> list[list[str]]:
    """Return a dialect's tables as they are written: what views make stands in italics."""
    made = {name for view in dialect.views for name in view.makes}

    def name(attribute: str) -> str:
        return f"*{attribute}*" if attribute in made else f"`{attribute}`"

    members = [
        [
            name(one.attribute),
            ", ".join(map(name, one.was)),
            f"`{camel(one.member)}`" if one.member in MEMBERS else f"*{one.member.replace('_', ' ')}*",
        ]
        for one in dialect.members
    ]
    views = [
        [
            ", ".join(map(name, view.makes)),
            ", ".join(
                [f"`{one}N`" if one.endswith(".") else f"`{one}`" for one in view.of]
                + [f"event `{one}`" for one in sorted(view.events)]
            ),
        ]
        for view in dialect.views
    ]
    return members + views


def test_every_attribute_of_the_conventions_is_told() -> None:
    """The table of attributes is that of the GenAI conventions: spellings in order, and what each fills."""
    (dialect,) = (one for one in DIALECTS if one.name == "OpenTelemetry GenAI")
    told = rows("docs/mapping.md", "Attributes and members")
    assert told[: len(told_by(dialect))] == told_by(dialect)


def test_every_dialect_is_told() -> None:
    """Each other dialect has its table, in the order of precedence."""
    others = [one for one in DIALECTS if one.name not in {"Spanglass", "OpenTelemetry GenAI"}]
    assert re.findall(r"^## (.*)$", read("docs/dialects.md"), re.MULTILINE) == [one.name for one in others]
    for dialect in others:
        assert rows("docs/dialects.md", dialect.name) == told_by(dialect)


def test_every_fact_is_told() -> None:
    """What fills no member by itself is in the table that tells what becomes of it."""
    told = rows("docs/mapping.md", "What is derived")
    facts = {
        one.member.replace("_", " ") for dialect in DIALECTS for one in dialect.members if one.member not in MEMBERS
    }
    assert set(re.findall(r"\*([^*]+)\*", " ".join(row[0] for row in told))) == facts - {"origin request id"}


def test_own_attributes_are_as_told() -> None:
    """Spanglass's own attributes fill every member but the lists of messages, and originRequestId."""
    assert {one.member for one in spanglass.MEMBERS} == set(MEMBERS) - SAID | {"origin_request_id"}
    for prefix in spanglass.PREFIXES:
        assert f"`{prefix}<member>`" in read("docs/mapping.md")


def test_every_session_attribute_is_told_with_its_rank() -> None:
    """The table of session attributes is the conventions', rank by rank."""
    told = {
        name: int(rank) for rank, names in rows("docs/mapping.md", "Session and assistant") for name in quoted(names)
    }
    assert told == sessions.RANKS


def test_every_operation_is_told() -> None:
    """The table of operations is the conventions'."""
    told = {quoted(operation)[0]: quoted(role)[0] for operation, role in rows("docs/mapping.md", "Operations")}
    assert told == roles.OPERATIONS


def test_every_role_and_part_is_told() -> None:
    """The tables of roles and of part types are those of the reader of messages."""
    told = rows("docs/mapping.md", "Messages")
    participants = {role: cell.split(",")[0] for names, cell in told for role in quoted(names) if not quoted(cell)[:1]}
    assert participants == {role: who for role, who in messages.ROLES.items() if who != "SYSTEM"}
    named = {name for names, _ in told for name in quoted(names)}
    assert named == messages.PART_TYPES | messages.ROLES.keys()


def test_every_exclusive_scope_is_told() -> None:
    """The scopes whose input tokens leave out the cache are named."""
    for scope in tokens.EXCLUSIVE_SCOPES:
        assert f"`{scope}`" in read("docs/mapping.md")


def test_every_answer_to_an_export_is_told() -> None:
    """The table of answers has the statuses of the table of refusals, each with its code and whether to try again."""
    told = {
        (int(status), code, again != "no")
        for status, code, _, again in rows("docs/otlp.md", "Answers")
        if status != "200"
    }
    # What gRPC itself refuses, or cannot send, never reaches the table's codes.
    http_alone = {405, 408, 415}
    assert told == {
        (rule.http_status, "" if rule.http_status in http_alone else rule.code.name, rule.retry_seconds is not None)
        for rule in REFUSALS.values()
    }


def test_every_offered_operation_is_told() -> None:
    """The table of operations is what is offered, ListSpans aside, which has a page of its own."""
    told = {quoted(name)[0] for name, _ in rows("docs/resources.md", "Assistants, sessions, tags")}
    assert told | {"ListSpans"} == {operation.name for operation in qconnect.OPERATIONS}


def test_every_error_of_listspans_is_told() -> None:
    """The table of errors has the statuses and types of the table of refusals."""
    told = {(int(status), quoted(kind)[0]) for status, kind, _ in rows("docs/listspans.md", "Errors")}
    assert told == {(rule.status, rule.code) for rule in errors.REFUSALS.values()}
