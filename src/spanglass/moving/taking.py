"""Pieces into a server, or a store that is opened here: sent until they are taken or refused for good."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from spanglass.connection import Answer, Connection, UnreachableError
from spanglass.formats.interface import Refused, Spans, Telemetry
from spanglass.otlp.codec import decode_protobuf_response, decode_protobuf_status
from spanglass.traces import ReadError

TRIES_MAX: Final = 8
"""How often one piece is sent at most, while nothing answers or the answer is to come back later."""
BACKOFF_SECONDS: Final = 0.2
BACKOFF_SECONDS_MAX: Final = 10.0
OK: Final = 200
TOO_LARGE: Final = 413
AGAIN: Final = frozenset({408, 429, 502, 503, 504})
"""Statuses after which the same request may succeed (OTLP's, and that of a body that took too long)."""
DENIED: Final = frozenset({401, 403})
ABSENT: Final = frozenset({404, 405})
NO_LOGS: Final = "log records are not taken there"
TRACES: Final = "/v1/traces"
LOGS: Final = "/v1/logs"
PROTOBUF: Final = {"content-type": "application/x-protobuf"}
JSON: Final = {"content-type": "application/json"}
_SPAN: Final = re.compile(r"spans\.(\d+)\.member\.?")


class TakingError(ReadError):
    """A place takes nothing, whatever is sent; the message says where and why."""


class Taken(msgspec.Struct, frozen=True):
    """How many spans, or log records, of a piece were taken, and what was refused."""

    count: int = 0
    refused: tuple[Refused, ...] = ()


class _Violation(msgspec.Struct):
    path: str
    constraint: str


class _Problem(msgspec.Struct):
    error: str = ""
    message: str = ""
    violations: list[_Violation] = []


class Taker:
    """Has one server, or a store, take pieces. Threads may share it."""

    def __init__(
        self,
        connection: Connection,
        headers: Mapping[str, str] | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Send over a connection, with headers beside its own."""
        self._connection = connection
        self._headers = dict(headers or {})
        self._sleep = sleep

    def take(self, piece: Spans | Telemetry) -> Taken:
        """Return once a piece is taken, so far as it is not refused: durable, and readable.

        Raises:
            TakingError: The place takes nothing more.
            UnreachableError: Nothing answers there, also after some time.
        """
        return self._telemetry(piece) if isinstance(piece, Telemetry) else self._spans(piece)

    def _telemetry(self, piece: Telemetry) -> Taken:
        path = LOGS if piece.logs else TRACES
        answer = self._asked("POST", path, piece.body, JSON if piece.json else PROTOBUF)
        if answer.status != OK:
            reason = NO_LOGS if path == LOGS and answer.status in ABSENT else _reason(answer)
            return Taken(0, (Refused(piece.where, reason, piece.spans),))
        rejected, reason = _rejected(answer)
        refused = (Refused(piece.where, reason or "rejected", rejected),) if rejected or reason else ()
        return Taken(piece.spans - rejected, refused)

    def _spans(self, piece: Spans) -> Taken:
        """Put spans; those that are refused are left out, and the others sent again without them."""
        refused: list[Refused] = []
        left = list(zip(piece.spans, piece.where, strict=True))
        path = f"/api/assistants/{piece.assistant_id}/sessions/{piece.session_id}/spans"
        while left:
            body = msgspec.json.encode({"spans": [span for span, _ in left]})
            answer = self._asked("PUT", path, body, JSON)
            if answer.status == OK:
                return Taken(len(left), tuple(refused))
            if answer.status == TOO_LARGE and len(left) > 1:
                halves = (left[: len(left) // 2], left[len(left) // 2 :])
                parts = [self._spans(_part(piece, half)) for half in halves]
                return Taken(
                    sum(part.count for part in parts), (*refused, *(one for part in parts for one in part.refused))
                )
            faults = self._faults(answer)
            if not faults:
                told = _reason(answer)
                return Taken(0, (*refused, *(Refused(where, told, 1) for _, where in left)))
            refused += [Refused(left[number][1], "; ".join(told), 1) for number, told in sorted(faults.items())]
            left = [one for number, one in enumerate(left) if number not in faults]
        return Taken(0, tuple(refused))

    def _faults(self, answer: Answer) -> dict[int, list[str]]:
        """Return what is wrong with which spans, counted from 0; nothing if it is not told."""
        faults: dict[int, list[str]] = {}
        for one in _problem(answer).violations:
            if (found := _SPAN.match(one.path)) is not None:
                told = f"{one.path[found.end() :] or 'span'}: {one.constraint}"
                faults.setdefault(int(found[1]) - 1, []).append(told)
        return faults

    def _asked(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Return an answer that is final.

        Raises:
            TakingError: It asks for another key, or the path is not there.
        """
        for wait in self._waits():
            try:
                answer = self._connection.ask(method, target, body, {**headers, **self._headers})
            except UnreachableError:
                if wait is None:
                    raise
                self._sleep(wait)
                continue
            if answer.status not in AGAIN or wait is None:
                break
            self._sleep(_told_wait(answer) or wait)
        if answer.status in DENIED:
            raise TakingError(f"{self._connection.place}: {_reason(answer)}", answer.status)
        if answer.status in ABSENT and target != LOGS:  # many a tracing system takes no logs
            raise TakingError(
                f"{self._connection.place}{target}: {answer.status}; nothing is taken there", answer.status
            )
        return answer

    def _waits(self) -> Iterator[float | None]:
        """Yield how long to wait after each try, None after the last."""
        yield from (min(BACKOFF_SECONDS * 2**number, BACKOFF_SECONDS_MAX) for number in range(TRIES_MAX - 1))
        yield None


def _reason(answer: Answer) -> str:
    """Return why a request was refused: as Spanglass tells it, or as OTLP has it in either encoding."""
    if _is_protobuf(answer):
        told = decode_protobuf_status(answer.body)
    else:
        problem = _problem(answer)
        told = problem.error or problem.message
    return told or f"the answer was {answer.status}"


def _is_protobuf(answer: Answer) -> bool:
    return answer.headers.get("content-type", "").startswith(PROTOBUF["content-type"])


class _Partial(msgspec.Struct, frozen=True, rename="camel"):
    rejected_spans: int = 0
    rejected_log_records: int = 0
    error_message: str = ""


class _Response(msgspec.Struct, rename="camel"):
    partial_success: _Partial = _Partial()


def _rejected(answer: Answer) -> tuple[int, str]:
    """Return how much of an export request was rejected, and why, whatever encoding that is told in."""
    if _is_protobuf(answer):
        return decode_protobuf_response(answer.body)
    try:
        told = msgspec.json.decode(answer.body or b"{}", type=_Response, strict=False).partial_success
    except (ValueError, RecursionError):
        return 0, ""
    return told.rejected_spans + told.rejected_log_records, told.error_message


def _part(piece: Spans, some: list[tuple[Mapping[str, Any], str]]) -> Spans:
    return Spans(piece.assistant_id, piece.session_id, [span for span, _ in some], [where for _, where in some])


def _problem(answer: Answer) -> _Problem:
    try:
        return msgspec.json.decode(answer.body, type=_Problem)
    except (ValueError, RecursionError):
        return _Problem()


def _told_wait(answer: Answer) -> float | None:
    """Return the seconds that an answer asks to wait, within bounds."""
    try:
        return min(max(float(answer.headers.get("retry-after", "")), 0.0), BACKOFF_SECONDS_MAX)
    except ValueError:
        return None
