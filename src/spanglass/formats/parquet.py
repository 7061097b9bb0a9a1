"""Parquet for analysis: spans and messages as tables, in folders by assistant and day.

``spans`` has a row a span, ``messages`` a row each distinct message of a session, which the spans name by id: a call
repeats all that was said before it, and a table that repeats it would grow with the square of a conversation. Columns
are ``SPANS`` and ``MESSAGES``; times are microseconds, which DuckDB, Athena and Spark all know, and exact ones stand
beside them.
"""

import functools
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from spanglass.config import ConfigError
from spanglass.formats.interface import FormatError, Session
from spanglass.formats.listing import members
from spanglass.mapping.original import Whole
from spanglass.model.constraints import SHAPES
from spanglass.model.shapes import FloatShape, IntegerShape, StringShape

ROWS_MAX: Final = 20_000
"""Rows that are held until they are written."""
BYTES_MAX: Final = 64 << 20
"""Bytes of text in them, likewise."""
_encode: Final = msgspec.json.Encoder().encode


def snake(name: str) -> str:
    """Return a member's name as a column's."""
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


class Column(NamedTuple):
    """A column: its name, Arrow's type by its function in ``pyarrow``, and what a row has there."""

    name: str
    kind: str
    value: Callable[[Mapping[str, Any]], Any]


def _json(value: object) -> str | None:
    return None if value is None else _encode(value).decode()


def _attribute(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda span: span["attributes"].get(name)


def _attribute_json(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda span: _json(span["attributes"].get(name))


def _member(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda row: row.get(name)


def _us(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda span: None if name not in span else int(span[name]) // 1000


def _ns(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda span: None if name not in span else int(span[name])


def _duration_ms(span: Mapping[str, Any]) -> float | None:
    if "endTimeUnixNano" not in span:
        return None
    return (int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])) / 1e6


def _ids(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda span: [message["messageId"] for message in span["attributes"].get(name, ())]


def _attributes() -> Iterator[Column]:
    """Yield a column for each member of SpanAttributes, scalars as they are."""
    lists = {
        "responseFinishReasons": Column("response_finish_reasons", "texts", _attribute("responseFinishReasons")),
        "inputMessages": Column("input_message_ids", "texts", _ids("inputMessages")),
        "outputMessages": Column("output_message_ids", "texts", _ids("outputMessages")),
    }
    kinds = {StringShape: "string", IntegerShape: "int64", FloatShape: "float64"}
    shapes: Mapping[str, str] = SHAPES["SpanAttributes"].optional  # type: ignore[attr-defined]  # it is a structure
    for name in members("SpanAttributes"):
        kind = kinds.get(type(SHAPES[shapes[name]]))
        if name in lists:
            yield lists[name]
        elif kind is None:
            yield Column(snake(name), "string", _attribute_json(name))
        else:
            yield Column(snake(name), kind, _attribute(name))


SPANS: Final = (
    Column("session_id", "string", _member("sessionId")),
    Column("session", "string", _member("session")),
    Column("assistant", "string", _member("assistant")),
    Column("span_id", "string", _member("spanId")),
    Column("parent_span_id", "string", _member("parentSpanId")),
    Column("request_id", "string", _member("requestId")),
    Column("origin_request_id", "string", _member("originRequestId")),
    Column("span_name", "string", _member("spanName")),
    Column("span_type", "string", _member("spanType")),
    Column("start_time", "time", _us("startTimeUnixNano")),
    Column("end_time", "time", _us("endTimeUnixNano")),
    Column("start_time_unix_nano", "int64", _ns("startTimeUnixNano")),
    Column("end_time_unix_nano", "int64", _ns("endTimeUnixNano")),
    Column("duration_ms", "float64", _duration_ms),
    Column("status", "string", _member("status")),
    Column("status_description", "string", _member("statusDescription")),
    *_attributes(),
    Column("detail", "string", lambda span: _json(span["detail"]) if span["detail"] else None),
)
"""The columns of ``spans``; of structures the JSON."""


def _texts(kind: str) -> Callable[[Mapping[str, Any]], Any]:
    def joined(message: Mapping[str, Any]) -> str | None:
        said = [value[kind]["value"] for value in message["values"] if kind in value]
        return "\n".join(said) if said else None

    return joined


def _tools(message: Mapping[str, Any]) -> list[str]:
    return [value["toolUse"]["name"] for value in message["values"] if "toolUse" in value]


MESSAGES: Final = (
    Column("session_id", "string", _member("sessionId")),
    Column("message_id", "string", _member("messageId")),
    Column("participant", "string", _member("participant")),
    Column("said_at", "time", lambda message: round(message["timestamp"] * 1e6)),
    Column("span_id", "string", _member("spanId")),
    Column("is_output", "bool_", _member("isOutput")),
    Column("text", "string", _texts("text")),
    Column("reasoning", "string", _texts("reasoning")),
    Column("tools_used", "texts", _tools),
    Column("content", "string", lambda message: _json(message["values"])),
)
"""The columns of ``messages``. ``span_id`` is the first span of the session, in order, that has the message."""

TABLES: Final = {"spans": SPANS, "messages": MESSAGES}


def rows(session: Session, spans: Iterable[Whole]) -> Iterator[tuple[Whole, str, Mapping[str, Any]]]:
    """Yield, for each row of a session: the span that it comes from, the table, and what the columns take it from."""
    known: set[str] = set()
    for whole in spans:
        yield whole, "spans", {**whole, "session": session.name, "assistant": session.assistant_name}
        place = {"assistantId": session.assistant_id, "sessionId": session.session_id, "spanId": whole["spanId"]}
        for name in ("inputMessages", "outputMessages"):
            for message in whole["attributes"].get(name, ()):
                if message["messageId"] not in known:
                    known.add(message["messageId"])
                    yield whole, "messages", {**message, **place, "isOutput": name == "outputMessages"}


def schema(columns: Iterable[Column]) -> Any:  # noqa: ANN401 (pyarrow is an extra)
    """Return columns as Arrow's schema."""
    pa = arrow()
    kinds = {"texts": pa.list_(pa.string()), "time": pa.timestamp("us", tz="UTC")}
    return pa.schema([(one.name, kinds.get(one.kind) or getattr(pa, one.kind)()) for one in columns])


@functools.cache
def arrow() -> Any:  # noqa: ANN401 (a module that is an extra)
    """Return pyarrow.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 (an extra, and slow to import)
        import pyarrow.parquet  # noqa: PLC0415 (so that pa has it)
    except ImportError:
        raise ConfigError(
            "pyarrow makes tables and writes Parquet; install it with: pip install 'spanglass[parquet]'"
        ) from None
    return pa


@contextmanager
def written_folder(name: str) -> Iterator[Path]:
    """Make a folder as a whole: it is there once the block has ended well, or not at all.

    Raises:
        FormatError: It is there already, or cannot be made.
    """
    folder, part = Path(name), Path(f"{name}.part")
    try:
        if folder.exists():
            raise FormatError("it is there already; Parquet is written to a folder of its own")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        try:
            yield part
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise FormatError(error.strerror or str(error)) from None


class ParquetWriter:
    """Writes tables into a folder; see ``interface.Writer``."""

    def __init__(self, folder: Path) -> None:
        """Write into a folder that is empty.

        Raises:
            ConfigError: pyarrow is not installed.
        """
        self.losses: Counter[str] = Counter()
        self._tables = {name: _Table(folder / name, columns) for name, columns in TABLES.items()}

    def write(self, session: Session, spans: Iterable[Whole]) -> int:
        """See ``interface.Writer``."""
        count = 0
        for whole, table, told in rows(session, spans):
            self._tables[table].add((session.assistant_id, _day(whole)), told)
            count += table == "spans"
        return count

    def close(self) -> None:
        """See ``interface.Writer``."""
        for table in self._tables.values():
            table.flush()


class _Table:
    """Rows of one table, held until there are enough to be written."""

    def __init__(self, folder: Path, columns: tuple[Column, ...]) -> None:
        self._schema = schema(columns)
        self._folder = folder
        self._columns = columns
        self._rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._held = self._bytes = self._files = 0
        folder.mkdir()

    def add(self, partition: tuple[str, str], told: Mapping[str, Any]) -> None:
        """Add a row to a partition, of an assistant and a day."""
        row = {column.name: column.value(told) for column in self._columns}
        self._rows.setdefault(partition, []).append(row)
        self._held += 1
        self._bytes += sum(len(value) for value in row.values() if isinstance(value, str))
        if self._held >= ROWS_MAX or self._bytes >= BYTES_MAX:
            self.flush()

    def flush(self) -> None:
        """Write what is held, a file each partition."""
        pa = arrow()
        for (assistant, day), rows in self._rows.items():
            folder = self._folder / f"assistant_id={assistant}" / f"day={day}"
            folder.mkdir(parents=True, exist_ok=True)
            table = pa.Table.from_pylist(rows, self._schema)
            pa.parquet.write_table(table, folder / f"part-{self._files:05}.parquet", compression="zstd")
            self._files += 1
        self._rows.clear()
        self._held = self._bytes = 0


def _day(whole: Whole) -> str:
    return datetime.fromtimestamp(int(whole["startTimeUnixNano"]) // 1_000_000_000, UTC).date().isoformat()
