"""What a text cites, and whether a guardrail blocked it: told beside the text, in the forms of several APIs.

``citations`` are Anthropic's, Bedrock's, or in the service model's own form, ``annotations`` OpenAI's. Of each the
title is read, and ids where they are such as the service model has. Where in a text it cites, and what, has no member.
"""

from typing import Final

import msgspec

from spanglass.conventions.plain import Plain
from spanglass.conventions.readers import as_text
from spanglass.model.constraints import violations

_Object = dict[str, Plain]

LISTS: Final = ("citations", "annotations")
ASSESSMENT: Final = "aiGuardrailAssessment"
BESIDE: Final = frozenset({*LISTS, ASSESSMENT})
"""Fields beside a text of which members are made."""
_NAMES: Final = {
    "contentId": ("contentId", "document_id", "file_id", "id"),
    "title": ("title", "document_title", "filename", "file_name", "url", "source", "id"),
    "knowledgeBaseId": ("knowledgeBaseId",),
    "knowledgeBaseArn": ("knowledgeBaseArn",),
}
"""Member of a citation → what it is called, best first."""


def beside(part: _Object) -> bytes:
    """Write what stands beside a text as members of the wire's JSON, each after a comma; nothing where nothing does."""
    if BESIDE.isdisjoint(part):
        return b""
    told: _Object = {}
    if cited := [one for name in LISTS for one in _cited(part.get(name))]:
        told["citations"] = [one for at, one in enumerate(cited) if one not in cited[:at]]
    if not violations("AIGuardrailAssessment", part.get(ASSESSMENT)):
        told[ASSESSMENT] = part[ASSESSMENT]
    return b"," + msgspec.json.encode(told)[1:-1] if told else b""


def _cited(value: Plain) -> list[_Object]:
    listed = value if isinstance(value, list) else []
    return [citation for one in listed if isinstance(one, dict) and (citation := read_citation(one))]


def read_citation(told: _Object) -> _Object:
    """Read what is cited; empty if nothing of it has a member."""
    inner = told.get("url_citation")
    told = inner if isinstance(inner, dict) else told
    found = {
        member: next((text for name in names if (text := as_text(told.get(name))) and _is_legal(member, text)), None)
        for member, names in _NAMES.items()
    }
    if found["title"] == found["contentId"]:
        del found["title"]
    return {member: text for member, text in found.items() if text is not None}


def _is_legal(member: str, text: str) -> bool:
    return not violations("SpanCitation", {member: text})
