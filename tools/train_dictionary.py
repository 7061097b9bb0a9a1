"""Make the dictionary that comes with Spanglass from the recorded exports: ``python -m tools.train_dictionary``.

A store that was made with one dictionary keeps it, so a new one needs a new number (``compression.SHIPPED``), and only
stores that are made afterwards begin with it.
"""

from pathlib import Path

from spanglass.config import Limits
from spanglass.mapping import Mapper
from spanglass.otlp.codec import decode_protobuf, decode_protobuf_logs
from spanglass.otlp.json_codec import decode_json
from spanglass.store import compression
from spanglass.store.state import SessionState

ROOT = Path(__file__).parents[1]
RECORDINGS = ROOT / "tests" / "data" / "otlp"
SIZE_BYTES = 16 << 10
"""Every store holds a copy, so it is small: enough for the names of members and the forms of ids."""
TARGET = ROOT / "src" / "spanglass" / "store" / "dictionaries" / f"{compression.SHIPPED}.zdict"


def pieces() -> list[bytes]:
    """Return the contents of the items that the recordings would be kept as, a session a recording."""
    limits = Limits()
    mapper = Mapper(memo_bytes_max=limits.memo_bytes_max, document_depth_max=limits.document_depth_max)
    contents: list[bytes] = []
    for path in sorted(RECORDINGS.glob("*/*.pb")) + sorted(RECORDINGS.glob("*/*.json")):
        if path.name.endswith(".truth.json"):
            continue
        decode = decode_json if path.suffix == ".json" else decode_protobuf
        decode = decode_protobuf_logs if ".logs" in path.suffixes else decode
        request = decode(path.read_bytes(), limits)
        for part in mapper.parts(request.spans, request.logs):
            state = SessionState()
            for span in part.spans:
                state.add(span)
            contents += [item if isinstance(item, bytes) else item.json for item in state.pending]
    return contents


def main() -> None:
    """Train and write the dictionary."""
    sample = pieces()
    dictionary = compression.train(sample, SIZE_BYTES)
    TARGET.write_bytes(dictionary)
    print(f"{TARGET.relative_to(ROOT)}: {len(dictionary)} bytes from {len(sample)} items")  # noqa: T201 (its answer)


if __name__ == "__main__":
    main()
