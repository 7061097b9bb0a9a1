"""What is recorded of one case: bodies of exports, and the truth, in the order in which it happened."""

import gzip
import json
import threading
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import msgspec
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

Signal: TypeAlias = Literal["traces", "logs"]
KEPT_HEADERS: Final = ("content-type", "user-agent", "transport")
"""Headers that tell how an emitter exports; others may tell of the machine."""
_REQUESTS: Final[dict[Signal, type[Message]]] = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
}


class Export(msgspec.Struct, frozen=True):
    """One request of an exporter."""

    signal: Signal
    is_json: bool
    body: bytes


class Recording:
    """Collects, from any thread, what one case exports and what it tells of itself."""

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self._exports: Final[list[Export]] = []
        self._headers: dict[str, str] = {}
        self._sequence: Final[list[dict[str, Any]]] = []

    def note(self, told: dict[str, Any]) -> None:
        """Take down what happened next."""
        with self._lock:
            self._sequence.append(told)

    def take(self, signal: Signal, body: bytes, headers: dict[str, str]) -> None:
        """Take down an export; bodies are kept as they are, but for their compression."""
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        with self._lock:
            self._exports.append(Export(signal, "json" in headers.get("content-type", ""), body))
            self._headers |= {name: headers[name] for name in KEPT_HEADERS if name in headers}

    def write(self, folder: Path, case: str, about: dict[str, Any], private: tuple[str, ...]) -> list[Path]:
        """Write the exports and the truth below a folder; return the files.

        Texts of this machine, ``private``, are replaced in both.

        Raises:
            ValueError: Nothing was exported.
        """
        if not self._exports:
            raise ValueError("nothing was exported")
        folder.mkdir(parents=True, exist_ok=True)
        for old in (*folder.glob(f"{case}.*.pb"), *folder.glob(f"{case}.pb"), *folder.glob(f"{case}*.json")):
            if old.name.removeprefix(case)[0] == ".":
                old.unlink()
        files = []
        for signal, infix in (("traces", ""), ("logs", ".logs")):
            exports = [export for export in self._exports if export.signal == signal]
            for number, export in enumerate(exports, 1):
                place = f".{number}" if len(exports) > 1 else ""
                path = folder / f"{case}{infix}{place}.{'json' if export.is_json else 'pb'}"
                path.write_bytes(scrubbed(export, private))
                files.append(path)
        truth = about | {
            "http_headers": self._headers,
            "files": [path.name for path in files],
            "sequence": self._sequence,
        }
        path = folder / f"{case}.truth.json"
        path.write_text(_scrub(json.dumps(truth, indent=1, ensure_ascii=False), private) + "\n")
        return [*files, path]


def scrubbed(export: Export, private: tuple[str, ...]) -> bytes:
    """Return an export's body without texts of this machine; one that has none keeps its bytes."""
    if not any(text.encode() in export.body for text in private):
        return export.body
    if export.is_json:
        return _scrub(export.body.decode(), private).encode()
    message = _REQUESTS[export.signal]()
    message.ParseFromString(export.body)
    _scrub_message(message, private)
    return message.SerializeToString()


def _scrub(text: str, private: tuple[str, ...]) -> str:
    for known in private:
        text = text.replace(known, "scrubbed")
    return text


def _scrub_message(message: Message, private: tuple[str, ...]) -> None:
    for field, value in message.ListFields():
        if field.type == field.TYPE_STRING:
            if isinstance(value, str):
                setattr(message, field.name, _scrub(value, private))
        elif field.type == field.TYPE_MESSAGE:
            for inner in [value] if isinstance(value, Message) else value:
                _scrub_message(inner, private)
