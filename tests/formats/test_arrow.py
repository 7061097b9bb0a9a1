"""Sessions as Arrow's tables hold what the Parquet format holds."""

from pathlib import Path

import pyarrow.parquet

import spanglass
from spanglass.formats.arrow import COLUMNS
from spanglass.store.sqlite import SqliteStore
from spanglass.traces import Filters
from tests.captures import exported, mapper
from tests.cli.running import run

CAPTURE = "strands/bedrock_latest_attrs_tools_refusal"


def test_tables_are_those_of_parquet(tmp_path: Path) -> None:
    """Rows and columns are the same, but for the assistant, which is a folder's name there; conditions narrow them."""
    path, folder = tmp_path / "traces.db", tmp_path / "out.parquet"
    store = SqliteStore(path)
    store.write(mapper().parts(exported(CAPTURE)))
    store.close()
    assert run("export", str(folder), "--store", str(path)).code == 0
    with spanglass.open(str(path)) as traces:
        tables = traces.tables()
        (session,) = traces.sessions()
        assert traces.tables(Filters(tools=("none",))).spans.num_rows == 0
    for name, table in tables._asdict().items():
        assert table.schema.names == [column.name for column in COLUMNS[name]]
        files = [pyarrow.parquet.ParquetFile(each).read() for each in sorted((folder / name).rglob("*.parquet"))]
        assert table.drop_columns(["assistant_id"]).equals(pyarrow.concat_tables(files))
        assert set(table["assistant_id"].to_pylist()) == {session.assistant_id}
    assert tables.spans.num_rows == session.spans
