"""Tables that DuckDB reads as anybody would."""

import json
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pytest

from spanglass.formats import parquet
from spanglass.formats.interface import FormatError
from spanglass.formats.parquet import MESSAGES, SPANS, TABLES, ParquetWriter, written_folder
from spanglass.store.memory import MemoryStore
from tests.docs.pages import rows
from tests.docs.test_references import quoted
from tests.formats.sessions import PUT, of_capture, of_spans, of_telemetry, wholes
from tests.formats.test_lines import SPAN
from tests.telemetry import chat, said, span

Json: TypeAlias = Any
CAPTURE = "openai--v2/chat_tools"


def exported(store: MemoryStore, folder: Path) -> Path:
    """Write a store's sessions into a folder."""
    with written_folder(str(folder)) as part:
        writer = ParquetWriter(part)
        for session, spans in wholes(store):
            assert writer.write(session, spans) == len(spans)
        writer.close()
    assert not writer.losses
    return folder


def query(sql: str, folder: Path) -> list[tuple[Any, ...]]:
    """Ask DuckDB, for which ``spans`` and ``messages`` are the tables."""
    with duckdb.connect() as database:
        for name in TABLES:
            files = f"read_parquet('{folder / name}/**/*.parquet', hive_partitioning = true)"
            database.execute(f"CREATE VIEW {name} AS FROM {files}")
        return list(database.execute(sql).fetchall())


def test_spans_are_rows(tmp_path: Path) -> None:
    """Each span is one row, with its members in columns, its times exact and its partition told by the folders."""
    store = of_capture(CAPTURE)
    folder = exported(store, tmp_path / "all.parquet")
    ((session, spans),) = wholes(store)
    sql = """
        SELECT span_id, start_time_unix_nano, epoch_us(start_time), request_model, usage_total_tokens, detail,
               assistant_id, session
        FROM spans ORDER BY start_time_unix_nano, span_id
    """
    told = query(sql, folder)
    assert told == [
        (
            one["spanId"],
            int(one["startTimeUnixNano"]),
            int(one["startTimeUnixNano"]) // 1000,
            one["attributes"].get("requestModel"),
            one["attributes"].get("usageTotalTokens"),
            json.dumps(one["detail"], separators=(",", ":"), ensure_ascii=False),
            session.assistant_id,
            session.name,
        )
        for one in spans
    ]
    days = query("SELECT DISTINCT day, strftime(start_time AT TIME ZONE 'UTC', '%Y-%m-%d') FROM spans", folder)
    assert all(str(day) == start for day, start in days)


def test_messages_are_rows_once(tmp_path: Path) -> None:
    """Each distinct message of a session is one row, and the spans that say it name it, in their order."""
    store = of_capture(CAPTURE)
    folder = exported(store, tmp_path / "all.parquet")
    ((_, spans),) = wholes(store)
    every = [
        one["messageId"]
        for each in spans
        for name in ("inputMessages", "outputMessages")
        for one in each["attributes"].get(name, ())
    ]
    assert query("SELECT count(*), count(DISTINCT message_id) FROM messages", folder) == [(len(set(every)),) * 2]
    sql = """
        SELECT s.span_id, m.participant, m.text
        FROM (SELECT session_id, span_id, unnest(input_message_ids) AS message_id,
                     generate_subscripts(input_message_ids, 1) AS place FROM spans) s
        JOIN messages m USING (session_id, message_id)
        ORDER BY s.span_id, s.place
    """
    expected = [
        (
            each["spanId"],
            one["participant"],
            "\n".join(value["text"]["value"] for value in one["values"] if "text" in value) or None,
        )
        for each in sorted(spans, key=lambda each: each["spanId"])
        for one in each["attributes"].get("inputMessages", ())
    ]
    assert query(sql, folder) == expected
    assert ("get_weather",) in query("SELECT unnest(tools_used) FROM messages", folder)


def test_every_member_has_a_column(tmp_path: Path) -> None:
    """Also structures, as JSON; what a span does not have is null."""
    citation = {"text": {"value": "Hi", "citations": [{"title": "t"}]}}
    message = {
        "messageId": PUT[0],
        "participant": "BOT",
        "timestamp": 1.5,
        "values": [citation, {"reasoning": {"value": "Hm"}}],
    }
    attributes = {
        "temperature": 1,
        "responseFinishReasons": ["stop"],
        "systemInstructions": [{"text": {"value": "Be brief."}}],
        "outputMessages": [message],
        "aiAgentVersion": 3,
    }
    folder = exported(of_spans([SPAN | {"attributes": attributes}]), tmp_path / "p.parquet")
    sql = """
        SELECT temperature, response_finish_reasons, system_instructions, ai_agent_version, error_type,
               parent_span_id, duration_ms, detail
        FROM spans
    """
    assert query(sql, folder) == [(1.0, ["stop"], '[{"text":{"value":"Be brief."}}]', 3, None, None, 877.0, None)]
    assert query("SELECT text, reasoning, content, is_output, epoch_ms(said_at), span_id FROM messages", folder) == [
        ("Hi", "Hm", json.dumps(message["values"], separators=(",", ":")), True, 1500, SPAN["spanId"])
    ]


def test_folders_are_by_assistant_and_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where little is held at a time, and for spans that still run."""
    monkeypatch.setattr(parquet, "ROWS_MAX", 3)
    day = 86_400 * 10**9
    spans = [chat(number, [said("user", f"m{number}")], start_ns=number // 4 * day, end_ns=0) for number in range(1, 9)]
    folder = exported(
        of_telemetry([*spans, span(20, {"spanglass.assistant.id": "b"}, trace_id=b"\x01" * 16)]), tmp_path / "p.parquet"
    )
    found = {path.parent.relative_to(folder).as_posix() for path in folder.glob("spans/*/*/*.parquet")}
    assert {one.rpartition("/")[2] for one in found} == {"day=1970-01-01", "day=1970-01-02", "day=1970-01-03"}
    assert len({one.split("/")[1] for one in found}) == 2
    assert query("SELECT count(*), count(end_time), count(duration_ms) FROM spans", folder) == [(9, 1, 1)]


def test_the_columns_are_those_of_the_page() -> None:
    """Each with its type, in their order."""
    types = {
        "texts": "list of strings",
        "time": "timestamp",
        "float64": "double",
        "int64": "bigint",
        "bool_": "boolean",
    }
    for title, columns in (("The table of spans", SPANS), ("The table of messages", MESSAGES)):
        told = [(name, kind) for names, kind, _ in rows("docs/moving.md", title) for name in quoted(names)]
        assert told == [(one.name, types.get(one.kind, "string")) for one in columns], title


def test_a_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    """What fails leaves nothing behind, and nothing is written over."""
    name = str(tmp_path / "p.parquet")
    with pytest.raises(FormatError, match="File exists"), written_folder(name) as part:
        part.mkdir()
    assert list(tmp_path.iterdir()) == []
    exported(of_spans([SPAN]), Path(name))
    with pytest.raises(FormatError, match="it is there already"), written_folder(name):
        pass
    with pytest.raises(FormatError, match="No such file"), written_folder(str(tmp_path / "no" / "where")):
        pass
