"""What a text cites is read in every API's form, and shown as far as the service model has members for it."""

import json
from typing import Any

import pytest

from spanglass.conventions.citations import beside
from spanglass.conventions.messages import read_message
from spanglass.model.constraints import violations
from spanglass.telemetry import Attributes, Span
from tests.captures import listed, mapper
from tests.telemetry import chat, said, span

DOCUMENT = "6f1d3c0e-4b52-5a0f-9a63-3f0f9e2b7c11"
ARN = f"arn:aws:wisdom:us-east-1:123456789012:knowledge-base/{DOCUMENT}"


@pytest.mark.parametrize(
    ("told", "citation"),
    [
        ({"type": "char_location", "cited_text": "a", "document_title": "Returns"}, {"title": "Returns"}),
        ({"type": "url_citation", "url_citation": {"url": "https://a", "title": "A"}}, {"title": "A"}),
        ({"type": "file_citation", "file_id": "file-1", "filename": "returns.md"}, {"title": "returns.md"}),
        ({"title": "Returns", "source": "s3://a", "location": {}}, {"title": "Returns"}),
        ({"document_id": DOCUMENT, "url": "https://a"}, {"contentId": DOCUMENT, "title": "https://a"}),
        ({"id": DOCUMENT}, {"contentId": DOCUMENT}),
        ({"id": "d-1"}, {"title": "d-1"}),
        (
            {"contentId": DOCUMENT, "title": "A", "knowledgeBaseId": DOCUMENT, "knowledgeBaseArn": ARN},
            {"contentId": DOCUMENT, "title": "A", "knowledgeBaseId": DOCUMENT, "knowledgeBaseArn": ARN},
        ),
        ({"knowledgeBaseArn": "none", "title": 1}, {"title": "1"}),
    ],
)
def test_a_citation_is_read(told: dict[str, Any], citation: dict[str, str]) -> None:
    """A title, and ids where they are UUIDs; once, however often it is told."""
    written = beside({"text": "a", "citations": [told, told], "annotations": None})
    assert json.loads(b"{%b}" % written[1:]) == {"citations": [citation]}
    assert violations("SpanTextValue", {"value": "a", "citations": [citation]}) == []


@pytest.mark.parametrize("told", [{}, {"citations": None}, {"citations": ["a", {}, {"start": 1}]}, {"citations": "a"}])
def test_what_cites_nothing_has_no_citations(told: dict[str, Any]) -> None:
    """Neither has what cites something that has no member."""
    assert beside({"text": "a"} | told) == b""


def test_what_a_guardrail_made_of_a_text_is_told_beside_it() -> None:
    """In the service model's own form, by who means it."""
    assert beside({"aiGuardrailAssessment": {"blocked": True}}) == b',"aiGuardrailAssessment":{"blocked":true}'
    assert beside({"aiGuardrailAssessment": {"blocked": "yes"}}) == b""


CITED = [{"title": "Returns"}]
CITATION: dict[str, Any] = {"document_title": "Returns", "cited_text": "30 days"}
TEXT = {"text": {"value": "Within 30 days.", "citations": CITED}}


@pytest.mark.parametrize(
    "message",
    [
        said("assistant", {"type": "text", "content": "Within 30 days.", "citations": [CITATION]}),
        {"role": "assistant", "content": [{"type": "text", "text": "Within 30 days.", "citations": [CITATION]}]},
        {
            "role": "assistant",
            "content": [{"citationsContent": {"content": [{"text": "Within 30 days."}], "citations": [CITATION]}}],
        },
        {
            "role": "assistant",
            "content": "Within 30 days.",
            "annotations": [{"type": "url_citation", "url_citation": {"title": "Returns"}}],
        },
    ],
)
def test_citations_of_every_api_are_shown(message: dict[str, Any]) -> None:
    """What of them has no member is kept with the message."""
    (one,) = listed(mapper().parts([chat(1, None, [message])]))
    assert one["attributes"]["outputMessages"][0]["values"] == [TEXT]
    assert not read_message(message, "BOT").whole


def test_citations_of_a_long_text_stand_beside_its_end() -> None:
    """So they are told once."""
    long = said("assistant", {"type": "text", "content": "long " * 1000, "citations": [CITATION]})
    (one,) = listed(mapper().parts([chat(1, None, [long])]))
    first, last = (value["text"] for value in one["attributes"]["outputMessages"][0]["values"])
    assert (first.get("citations"), last["citations"]) == (None, CITED)


def test_a_tools_answer_may_cite() -> None:
    """Of several texts each has its own."""
    blocks = [{"type": "text", "text": "a", "citations": [CITATION]}, {"type": "text", "text": "b"}]
    part = {"type": "tool_call_response", "id": "c", "response": blocks}
    (one,) = listed(mapper().parts([chat(1, [{"role": "tool", "parts": [part]}])]))
    (value,) = one["attributes"]["inputMessages"][0]["values"]
    assert value["toolResult"]["values"] == [
        {"text": {"value": "a", "citations": CITED}},
        {"text": {"value": "b"}},
    ]


def openinference(where: str, query: Attributes) -> Span:
    """Return OpenInference's span of a retriever or a reranker."""
    documents: Attributes = {
        f"{where}.0.document.content": "Within 30 days.",
        f"{where}.0.document.metadata": json.dumps({"title": "Returns", "page": 3}),
        f"{where}.0.document.score": 0.9,
        f"{where}.1.document.id": DOCUMENT,
    }
    return span(1, {"openinference.span.kind": "RETRIEVER", **query, **documents}, name="look up")


def conventions() -> Span:
    """Return the conventions' span of a retrieval."""
    documents = [{"content": "Within 30 days.", "title": "Returns", "score": 0.9}, {"id": DOCUMENT}]
    told: Attributes = {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.query.text": "returns?",
        "gen_ai.retrieval.documents": json.dumps(documents),
    }
    return span(1, told, name="look up")


@pytest.mark.parametrize(
    "retrieval",
    [
        openinference("retrieval.documents", {"input.value": "returns?"}),
        openinference("reranker.output_documents", {"reranker.query": "returns?", "input.value": "?"}),
        conventions(),
    ],
)
def test_what_was_retrieved_is_a_call_with_its_answer(retrieval: Span) -> None:
    """Each document is a text that cites it; one whose content is not told says its id."""
    (one,) = listed(mapper().parts([retrieval]))
    ((use,),) = (message["values"] for message in one["attributes"]["inputMessages"])
    ((result,),) = (message["values"] for message in one["attributes"]["outputMessages"])
    assert (use["toolUse"]["name"], use["toolUse"]["arguments"]) == ("look up", {"query": "returns?"})
    assert result["toolResult"] == {
        "toolUseId": use["toolUse"]["toolUseId"],
        "values": [TEXT, {"text": {"value": DOCUMENT, "citations": [{"contentId": DOCUMENT}]}}],
    }
    assert violations("Span", one) == []


def test_documents_alone_are_an_answer_to_no_query() -> None:
    """Whatever was asked, if nobody tells."""
    (one,) = listed(mapper().parts([span(1, {"gen_ai.retrieval.documents": [{"content": "a"}]})]))
    assert one["attributes"]["inputMessages"][0]["values"][0]["toolUse"]["arguments"] == {}
    assert one["attributes"]["outputMessages"][0]["values"][0]["toolResult"]["values"] == [{"text": {"value": "a"}}]


@pytest.mark.parametrize("documents", ["?", [], [1], [{"score": 1}]])
def test_a_retrieval_that_tells_no_documents_has_no_answer(documents: Any) -> None:  # noqa: ANN401
    """What was asked is told all the same."""
    told: Attributes = {"gen_ai.retrieval.query.text": "returns?", "gen_ai.retrieval.documents": documents}
    (one,) = listed(mapper().parts([span(1, told)]))
    assert "outputMessages" not in one["attributes"]
    assert len(one["attributes"]["inputMessages"]) == 1
    assert one["attributes"]["inputMessages"][0]["values"][0]["toolUse"]["arguments"] == {"query": "returns?"}
    (bare,) = listed(mapper().parts([span(1, {"gen_ai.retrieval.documents": documents})]))
    assert bare["attributes"].keys().isdisjoint({"inputMessages", "outputMessages"})
