"""A mapper masks before it reads, and counts what it masks."""

from typing import Any

from spanglass.config import Limits
from spanglass.mapping import Mapper
from spanglass.mapping.masking import Masking
from spanglass.masking import RULES, Masks
from spanglass.model.record import SpanRecord
from spanglass.telemetry import LogRecord, Span
from tests.captures import mapper
from tests.telemetry import RESOURCE, SCOPE, TRACE, chat, said

ASKED = chat(1, [said("user", "I am bob@mail.example")], attributes={"session.id": "visit-1"})
LOGGED = LogRecord(
    TRACE,
    b"s" * 8,
    RESOURCE,
    SCOPE,
    "gen_ai.user.message",
    1,
    body={"content": "Mail bob@mail.example, not eve@mail.example"},
)


def masking(*rules: str, content: bool = False) -> Mapper:
    """Return a mapper that masks."""
    masks = Masks(rules, (), content)
    return Mapper(memo_bytes_max=1 << 20, document_depth_max=Limits().document_depth_max, masks=masks)


def mapped(mapper: Mapper, spans: list[Span], logs: list[LogRecord]) -> list[SpanRecord]:
    """Return the records of spans and log records."""
    return [record for part in mapper.parts(spans, logs) for record in part.spans]


def test_secrets_are_masked_and_counted() -> None:
    """Records are those of masked telemetry; counts are taken once."""
    emails = masking("emails")
    records = mapped(emails, [ASKED], [LOGGED])
    plain = chat(1, [said("user", "I am [email]")], attributes={"session.id": "visit-1"})
    same = LogRecord(
        TRACE, b"s" * 8, RESOURCE, SCOPE, "gen_ai.user.message", 1, body={"content": "Mail [email], not [email]"}
    )
    assert records == mapped(mapper(), [plain], [same])
    assert emails.masked() == {"emails": 3}
    assert emails.masked() == {}


def test_content_is_dropped_and_counted() -> None:
    """Without content there are no messages; what is left is masked all the same."""
    silent = masking(*RULES, content=True)
    records = mapped(silent, [ASKED], [LOGGED])
    assert [(record.inputs, record.outputs) for record in records] == [((), ())] * 2
    assert not any(b"mail" in piece.json for record in records for piece in record.details)
    assert silent.masked() == {"content": 3}


def test_what_is_put_is_masked_too() -> None:
    """Spans in ListSpans's own shape, and whatever else comes in their place."""
    masks = Masks(("emails",), (), content=False)
    page: Any = {"spans": [{"spanName": "to bob@mail.example", "attributes": {"promptName": "eve@mail.example"}}, 7]}
    masking = Masking(masks)
    assert masking.page(page) == {"spans": [{"spanName": "to [email]", "attributes": {"promptName": "[email]"}}, 7]}
    assert masking.page(["bob@mail.example"]) == ["[email]"]
    assert masking.taken() == {"emails": 3}


def test_content_of_what_is_put_is_dropped() -> None:
    """Members that tell what was said are left out, wherever they are no such thing too."""
    silent = Masking(Masks((), (), content=True))
    told: Any = {"statusDescription": "Bob", "attributes": {"inputMessages": [], "requestModel": "m"}}
    page: Any = {"spans": [told, {"attributes": 7}, "Bob"]}
    assert silent.page(page) == {"spans": [{"attributes": {"requestModel": "m"}}, {"attributes": 7}, "Bob"]}
    assert silent.taken() == {"content": 2}
    assert silent.page({"spans": 7}) == {"spans": 7}


def test_masking_is_off_unless_set() -> None:
    """A mapper that masks nothing counts nothing."""
    assert b"bob@mail.example" in mapped(mapper(), [ASKED], [])[0].inputs[0].json
    assert mapper().masked() == {}
