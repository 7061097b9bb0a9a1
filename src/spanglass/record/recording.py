"""A span around a block, or around each call of a function."""

import functools
import inspect
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar, cast

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from spanglass.record.attributes import as_json, named, quiet
from spanglass.record.inheritance import inherited

P = ParamSpec("P")
T = TypeVar("T")

SCOPE: Final = "spanglass.record"
CONTENT: Final = {"kept": True}
"""Whether what was said is recorded."""


class Recording:
    """A span that begins and ends with a block, or with each call of a function that it decorates.

    An exception that leaves the block makes its status ERROR, with its class as ``error.type``, and goes on.
    """

    def __init__(self, name: str, kind: SpanKind = SpanKind.INTERNAL, **members: object) -> None:
        self._begun_as: Final = (name, kind, members)
        self._span: trace.Span = trace.INVALID_SPAN
        self._tokens: list[Any] = []
        self.begun_s = 0.0

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None and not isinstance(error, GeneratorExit):
            self._fail(error)
        self._end()

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Record each call of a function, which may be a coroutine's."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*args: P.args, **options: P.kwargs) -> Any:  # noqa: ANN401 (whatever it returns)
                with self._anew() as recording:
                    recording.called_with(function, args, options)
                    result = await function(*args, **options)
                    recording.returned(result)
                    return result

            return cast("Callable[P, T]", awaited)

        @functools.wraps(function)
        def called(*args: P.args, **options: P.kwargs) -> T:
            with self._anew() as recording:
                recording.called_with(function, args, options)
                result = function(*args, **options)
                recording.returned(result)
                return result

        return called

    @quiet
    def set(self, **members: object) -> None:
        """Set members of SpanAttributes, by their names in snake case."""
        self._span.set_attributes(named(**members))

    @quiet
    def failed(self, error_type: str, description: str | None = None) -> None:
        """Make the status ERROR for a failure that raises nothing."""
        self._span.set_attributes(named(error_type=error_type))
        self._span.set_status(Status(StatusCode.ERROR, description))

    def _anew(self) -> Self:
        name, kind, members = self._begun_as
        return type(self)(name, kind, **members)

    @quiet
    def called_with(self, function: Callable[..., object], args: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Look at the call of a function that is decorated."""

    @quiet
    def returned(self, result: object) -> None:
        """Look at what a function that is decorated has returned."""

    @quiet
    def _begin(self) -> None:
        name, kind, members = self._begun_as
        tracer = trace.get_tracer(SCOPE)
        self.begun_s = time.monotonic()
        self._span = tracer.start_span(name, kind=kind, attributes={**inherited(), **named(**members)})
        self._tokens.append(contexts.attach(trace.set_span_in_context(self._span)))

    @quiet
    def _fail(self, error: BaseException) -> None:
        kind = type(error)
        name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        self.failed(name, str(error) if CONTENT["kept"] else None)
        if CONTENT["kept"]:
            self._span.record_exception(error)

    @quiet
    def _end(self) -> None:
        while self._tokens:
            contexts.detach(self._tokens.pop())
        self._span.end()

    def _say(self, **members: object) -> None:
        """Set members that hold what was said, as JSON, if that is to be kept."""
        if CONTENT["kept"]:
            self._span.set_attributes(named(**{name: as_json(value) for name, value in members.items()}))
