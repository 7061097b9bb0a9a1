"""The recorded exports of real emitters, mapped, against what really happened."""

import pytest

from tests.captures import CAPTURES, exported, listed, mapper, truth_path, without
from tests.truth import compare, expected


@pytest.mark.parametrize("capture", CAPTURES)
def test_spans_tell_what_happened(capture: str) -> None:
    """What ListSpans shows of a recorded session is what happened in it, as far as its emitter told."""
    spans = listed(mapper().parts(exported(capture)))
    assert compare(expected(truth_path(capture)), spans, without(capture)) == []
