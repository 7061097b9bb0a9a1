"""Sessions as Arrow's tables, in memory: the tables of the Parquet format, for dataframes."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from spanglass.formats.interface import Session
from spanglass.formats.parquet import TABLES, Column, arrow, rows, schema
from spanglass.mapping.original import Whole

ASSISTANT: Final = Column("assistant_id", "string", lambda told: told["assistantId"])
"""What is the name of a folder in Parquet."""
COLUMNS: Final[Mapping[str, tuple[Column, ...]]] = {name: (ASSISTANT, *columns) for name, columns in TABLES.items()}


class Tables(NamedTuple):
    """Spans, a row each, and distinct messages, a row each, as ``pyarrow.Table``."""

    spans: Any
    messages: Any


def tables(sessions: Iterable[tuple[Session, Iterable[Whole]]]) -> Tables:
    """Return the tables of sessions, each given with its spans.

    Raises:
        ConfigError: pyarrow is not installed.
    """
    pa = arrow()
    held: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    for session, spans in sessions:
        for _, table, told in rows(session, spans):
            held[table].append({column.name: column.value(told) for column in COLUMNS[table]})
    return Tables(*(pa.Table.from_pylist(held[name], schema(COLUMNS[name])) for name in Tables._fields))
