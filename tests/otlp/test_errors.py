"""Each failure is told as OTLP demands, and whether to retry means the same on HTTP and gRPC."""

import pytest

from spanglass.otlp import errors
from spanglass.otlp.errors import REFUSALS, Code, Refusal, RequestError, refusal
from spanglass.recording import ClosedError, OverloadedError
from spanglass.store.interface import NewerSchemaError, UnavailableError

RETRIED_STATUSES = {429, 502, 503, 504}
RETRIED_CODES = {Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED}  # the latter only with a RetryInfo


@pytest.mark.parametrize("rule", REFUSALS.values(), ids=[cls.__name__ for cls in REFUSALS])
def test_retrying_means_the_same_everywhere(rule: Refusal) -> None:
    """A delay, a retryable HTTP status and a retryable gRPC code come together or not at all."""
    retryable = rule.retry_seconds is not None
    assert (rule.http_status in RETRIED_STATUSES) == retryable
    assert rule.code in RETRIED_CODES if retryable else rule.code != Code.UNAVAILABLE


@pytest.mark.parametrize("cls", RequestError.__subclasses__(), ids=lambda cls: cls.__name__)
def test_each_request_error_has_its_row(cls: type[RequestError]) -> None:
    """No error that blames the client passes for a bug of ours; the client is told what was wrong."""
    answer = refusal(cls("what was wrong"))
    assert 400 <= answer.http_status < 500
    assert answer.message == "what was wrong"


def test_the_tree_at_the_head_is_complete() -> None:
    """The module's first lines name every class that the table knows."""
    for cls in REFUSALS:
        assert cls.__name__ in (errors.__doc__ or "")


def test_an_overloaded_recorder_says_how_long() -> None:
    """The delay is the recorder's."""
    assert refusal(OverloadedError(retry_after_seconds=9)).retry_seconds == 9


@pytest.mark.parametrize("error", [UnavailableError("busy"), ClosedError()])
def test_what_passes_is_retryable(error: Exception) -> None:
    """A store that cannot answer now and a server on its way down ask to be tried again."""
    answer = refusal(error)
    assert (answer.http_status, answer.code) == (503, Code.UNAVAILABLE)
    assert answer.retry_seconds
    assert answer.message


def test_a_subclass_goes_by_its_nearest_class() -> None:
    """What has no row of its own is told as its base is."""
    assert refusal(NewerSchemaError("newer")).http_status == 500


def test_a_bug_tells_nothing_of_itself() -> None:
    """The words of an unforeseen error may hold anything, so they stay in the log."""
    answer = refusal(ZeroDivisionError("secret"))
    assert (answer.http_status, answer.message, answer.retry_seconds) == (500, "internal error", None)
