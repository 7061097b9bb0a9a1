"""What only QConnect's own spans have: citations, a text that a guardrail blocked, a customer who breaks in."""

import json
import urllib.request
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.integration.serving import Place, Server

PLACE = Place("0c17ed00-0000-4000-8000-00000000a001", "0c17ed00-0000-4000-8000-00000000a002")


def span(number: int, operation: str, start: float, end: float, **attributes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a span in ListSpans's own shape."""
    return {
        **PLACE._asdict(),
        "spanId": f"0c17ed00-0000-4000-8000-{number:012}",
        "requestId": "0c17ed00-0000-4000-8000-00000000a003",
        "spanName": operation,
        "spanType": "CLIENT",
        "startTimestamp": start,
        "endTimestamp": end,
        "status": "OK",
        "attributes": {"operationName": operation, "aiAgentName": "voice", **attributes},
    }


def message(number: int, participant: str, timestamp: float, text: dict[str, Any]) -> dict[str, Any]:
    """Return a SpanMessage."""
    ids = {"messageId": f"0c17ed00-0000-4000-8000-{number:012}", "participant": participant}
    return ids | {"timestamp": timestamp, "values": [{"text": text}]}


def put(server: Server, spans: list[dict[str, Any]]) -> None:
    """Keep spans as they are."""
    request = urllib.request.Request(  # noqa: S310 (http, on loopback)
        f"{server.url}/api{PLACE.path}",
        json.dumps({"spans": spans}).encode(),
        {"content-type": "application/json"},
        method="PUT",
    )
    urllib.request.urlopen(request).close()  # noqa: S310


def test_citations_open_and_verdicts_and_interruptions_are_told(visit: Open, server: Server) -> None:
    """A citation shows its source, a blocked text says so, and what was interrupted is marked."""
    asked = message(11, "CUSTOMER", 1_790_000_000, {"value": "May I return it?"})
    cited = {"value": "Within 30 days.", "citations": [{"title": "Returns policy", "contentId": PLACE.sessionId}]}
    answered = message(12, "BOT", 1_790_000_005, cited)
    again = message(13, "CUSTOMER", 1_790_000_003, {"value": "Wait, one more thing."})
    blocked = message(14, "BOT", 1_790_000_009, {"value": "No.", "aiGuardrailAssessment": {"blocked": True}})
    spans = [
        span(1, "inference", 1_790_000_000, 1_790_000_005, inputMessages=[asked], outputMessages=[answered]),
        span(2, "barge_in", 1_790_000_003, 1_790_000_003.5),
        span(3, "inference", 1_790_000_006, 1_790_000_009, inputMessages=[asked, again], outputMessages=[blocked]),
    ]
    put(server, spans)
    page = visit(f"/sessions/{PLACE.assistantId}/{PLACE.sessionId}")
    turns = page.get_by_label("Turns")
    turns.get_by_role("button", name="Returns policy").click()
    expect(turns.locator(".citations")).to_contain_text(PLACE.sessionId)
    expect(turns.get_by_text("Blocked by a guardrail")).to_be_visible()
    expect(turns.locator(".turn-event", has_text="was interrupted")).to_be_visible()


def test_what_did_not_come_by_opentelemetry_was_not_mapped(visit: Open, server: Server) -> None:
    """The mapping of a span that was put says so, and where all of it is."""
    told = span(4, "inference", 1_790_000_010, 1_790_000_011)
    put(server, [told])
    page = visit(f"/sessions/{PLACE.assistantId}/{PLACE.sessionId}?span={told['spanId']}&show=mapping")
    panel = page.get_by_label("Span", exact=True)
    expect(panel).to_contain_text("did not come by OpenTelemetry")
    expect(panel.locator("table")).to_have_count(0)
