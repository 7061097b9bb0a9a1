"""All that the QConnect service model demands of ListSpans' request and response, as data, and one walk against it.

``SHAPES`` mirrors botocore's ``qconnect/2020-10-19/service-2.json``: the same names, members, bounds and patterns.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, get_args

import msgspec

from spanglass.model import guardrail, message, span
from spanglass.model.shapes import (
    BooleanShape,
    DocumentShape,
    FloatShape,
    IntegerShape,
    ListShape,
    Shape,
    StringShape,
    StructureShape,
    TimestampShape,
    UnionShape,
)

DEPTH_MAX: Final = 128
"""Shapes within shapes, about 40 tool results within tool results: clients read recursively."""
VIOLATIONS_MAX: Final = 100
"""Violations that one walk names: a small body can hold millions."""
SHOWN_CHARS_MAX: Final = 256
"""Characters of a violating text that its message repeats."""
NUMBER_SHOWN_MAX: Final = 2**64
"""Size of a violating number that its message repeats."""

UUID_PATTERN: Final = "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"
ARN_PATTERN: Final = rf"arn:[a-z-]*?:wisdom:[a-z0-9-]*?:[0-9]{{12}}:[a-z-]*?/{UUID_PATTERN}(?:/{UUID_PATTERN}){{0,2}}"

SHAPES: Final[Mapping[str, Shape]] = {
    # texts
    "Arn": StringShape(pattern=ARN_PATTERN),
    "ArnWithQualifier": StringShape(pattern=ARN_PATTERN + "(:[A-Z0-9_$]+){0,1}"),
    "GenericArn": StringShape(
        min=1, max=2048, pattern="arn:[a-z-]+?:[a-z-]+?:[a-z0-9-]*?:([0-9]{12})?:[a-zA-Z0-9-:/]+"
    ),
    "Name": StringShape(min=1, max=255, pattern=r"[a-zA-Z0-9\s_.,-]+.*"),
    "NextToken": StringShape(min=1, max=2048),
    "NonEmptySensitiveString": StringShape(min=1, max=4096, sensitive=True),
    "NonEmptyString": StringShape(min=1, max=4096),
    "SensitiveString": StringShape(sensitive=True),
    "SpanOriginRequestIdString": StringShape(min=1, max=256),
    "SpanStatusDescriptionString": StringShape(min=1, max=1024),
    "Uuid": StringShape(pattern=UUID_PATTERN),
    "UuidOrArn": StringShape(pattern=f"{UUID_PATTERN}$|^{ARN_PATTERN}"),
    # enumerations
    "AIAgentType": StringShape(enum=get_args(span.AIAgentType)),
    "AIPromptType": StringShape(enum=get_args(span.AIPromptType)),
    "GuardrailAction": StringShape(enum=get_args(guardrail.GuardrailAction)),
    "GuardrailPolicyType": StringShape(enum=get_args(guardrail.GuardrailPolicyType)),
    "GuardrailSource": StringShape(enum=get_args(guardrail.GuardrailSource)),
    "InteractionMode": StringShape(enum=get_args(span.InteractionMode)),
    "Participant": StringShape(enum=get_args(message.Participant)),
    "ReturnReason": StringShape(enum=get_args(span.ReturnReason)),
    "SpanStatus": StringShape(enum=get_args(span.SpanStatus)),
    "SpanType": StringShape(enum=get_args(span.SpanType)),
    # numbers and other scalars
    "Boolean": BooleanShape(),
    "Integer": IntegerShape(),
    "JSONDocument": DocumentShape(sensitive=True),
    "MaxResults": IntegerShape(min=1, max=100),
    "SpanAttributesTemperatureFloat": FloatShape(min=0.0, max=1.0),
    "SpanAttributesTopPFloat": FloatShape(min=0.0, max=1.0),
    "Timestamp": TimestampShape(),
    # lists
    "GuardrailPolicyResultList": ListShape(member="GuardrailPolicyResult", min=0, max=50),
    "SpanCitationList": ListShape(member="SpanCitation"),
    "SpanFinishReasonList": ListShape(member="NonEmptyString", min=0, max=10),
    "SpanGuardrailAssessmentList": ListShape(member="SpanGuardrailAssessment", min=0, max=10),
    "SpanList": ListShape(member="Span", min=0, max=100),
    "SpanMessageList": ListShape(member="SpanMessage", min=0, max=50),
    "SpanMessageValueList": ListShape(member="SpanMessageValue", min=1, max=10),
    # structures
    "ListSpansRequest": StructureShape(
        required={"assistantId": "UuidOrArn", "sessionId": "UuidOrArn"},
        optional={"nextToken": "NextToken", "maxResults": "MaxResults"},
    ),
    "ListSpansResponse": StructureShape(
        required={"spans": "SpanList"},
        optional={"nextToken": "NextToken"},
    ),
    "Span": StructureShape(
        required={
            "spanId": "Uuid",
            "assistantId": "Uuid",
            "sessionId": "Uuid",
            "spanName": "Name",
            "spanType": "SpanType",
            "startTimestamp": "Timestamp",
            "endTimestamp": "Timestamp",
            "status": "SpanStatus",
            "requestId": "Uuid",
            "attributes": "SpanAttributes",
        },
        optional={
            "parentSpanId": "Uuid",
            "statusDescription": "SpanStatusDescriptionString",
            "originRequestId": "SpanOriginRequestIdString",
        },
    ),
    "SpanAttributes": StructureShape(
        optional={
            "operationName": "NonEmptyString",
            "providerName": "NonEmptyString",
            "errorType": "NonEmptyString",
            "agentId": "Uuid",
            "instanceArn": "GenericArn",
            "contactId": "Uuid",
            "initialContactId": "Uuid",
            "sessionName": "NonEmptyString",
            "aiAgentArn": "ArnWithQualifier",
            "aiAgentType": "AIAgentType",
            "aiAgentName": "Name",
            "aiAgentId": "Uuid",
            "aiAgentVersion": "Integer",
            "aiAgentInvoker": "NonEmptyString",
            "aiAgentOrchestratorUseCase": "NonEmptyString",
            "interactionMode": "InteractionMode",
            "targetAgentId": "NonEmptyString",
            "returnReason": "ReturnReason",
            "requestModel": "NonEmptyString",
            "requestMaxTokens": "Integer",
            "temperature": "SpanAttributesTemperatureFloat",
            "topP": "SpanAttributesTopPFloat",
            "responseModel": "NonEmptyString",
            "responseFinishReasons": "SpanFinishReasonList",
            "usageInputTokens": "Integer",
            "usageOutputTokens": "Integer",
            "usageTotalTokens": "Integer",
            "cacheReadInputTokens": "Integer",
            "cacheWriteInputTokens": "Integer",
            "inputMessages": "SpanMessageList",
            "outputMessages": "SpanMessageList",
            "systemInstructions": "SpanMessageValueList",
            "promptArn": "ArnWithQualifier",
            "promptId": "Uuid",
            "promptType": "AIPromptType",
            "promptName": "Name",
            "promptVersion": "Integer",
            "timeToFirstTokenMs": "Integer",
            "guardrailAssessments": "SpanGuardrailAssessmentList",
        }
    ),
    "SpanMessage": StructureShape(
        required={
            "messageId": "Uuid",
            "participant": "Participant",
            "timestamp": "Timestamp",
            "values": "SpanMessageValueList",
        }
    ),
    "SpanMessageValue": UnionShape(
        options={
            "text": "SpanTextValue",
            "toolUse": "SpanToolUseValue",
            "toolResult": "SpanToolResultValue",
            "reasoning": "SpanReasoningValue",
        },
    ),
    "SpanTextValue": StructureShape(
        required={"value": "NonEmptySensitiveString"},
        optional={"citations": "SpanCitationList", "aiGuardrailAssessment": "AIGuardrailAssessment"},
    ),
    "SpanCitation": StructureShape(
        optional={"contentId": "Uuid", "title": "SensitiveString", "knowledgeBaseId": "Uuid", "knowledgeBaseArn": "Arn"}
    ),
    "AIGuardrailAssessment": StructureShape(required={"blocked": "Boolean"}),
    "SpanToolUseValue": StructureShape(required={"toolUseId": "Uuid", "name": "Name", "arguments": "JSONDocument"}),
    "SpanToolResultValue": StructureShape(
        required={"toolUseId": "Uuid", "values": "SpanMessageValueList"},
        optional={"error": "NonEmptyString"},
    ),
    "SpanReasoningValue": StructureShape(required={"value": "NonEmptySensitiveString"}),
    "SpanGuardrailAssessment": StructureShape(
        required={
            "guardrailId": "NonEmptyString",
            "guardrailName": "NonEmptyString",
            "source": "GuardrailSource",
            "action": "GuardrailAction",
        },
        optional={"policies": "GuardrailPolicyResultList"},
    ),
    "GuardrailPolicyResult": StructureShape(
        required={"policyType": "GuardrailPolicyType", "action": "GuardrailAction"},
        optional={"details": "NonEmptyString"},
    ),
}


class Violation(msgspec.Struct, frozen=True):
    """A constraint that a value breaks, and where; ``str`` is AWS's wording.

    ``shown`` is how the message shows the value: quoted and cut, ``null``, or empty for one that is sensitive or no
    scalar. ``mistyped`` marks a value of the wrong JSON type, which AWS answers with a SerializationException.
    """

    path: str
    constraint: str
    shown: str = ""
    mistyped: bool = False

    def __str__(self) -> str:
        value = f"Value {self.shown}" if self.shown else "Value"
        return f"{value} at '{self.path}' failed to satisfy constraint: {self.constraint}"


def violations(shape: str, value: object, path: str = "") -> list[Violation]:
    """Name what a JSON value breaks of a shape's constraints, from the outside in, at most ``VIOLATIONS_MAX``.

    ``value`` is plain data as a JSON decoder gives it; ``path`` is where it stands in the request. A value nested
    beyond ``DEPTH_MAX`` is one violation.
    """
    return list(islice(_walk(shape, value, path, 1), VIOLATIONS_MAX))


def validation_message(found: list[Violation]) -> str:
    """Put violations in the words of AWS's ValidationException."""
    errors = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {errors} detected: {'; '.join(map(str, found))}"


def _walk(shape: str, value: object, path: str, depth: int) -> Iterator[Violation]:
    """Judge a value, then, if it is of the right type, what stands in it."""
    kind = SHAPES[shape]
    composite = isinstance(value, (dict, list))
    if composite and depth > DEPTH_MAX:
        yield Violation(path, f"Member must have depth less than or equal to {DEPTH_MAX}")
        return
    complaints = kind.complaints(value)
    shown = "" if kind.sensitive else _shown(value)
    yield from (Violation(path, complaint.constraint, shown, complaint.mistyped) for complaint in complaints)
    if composite and not any(complaint.mistyped for complaint in complaints):
        for step, member_shape, member in kind.members(value):
            yield from _walk(member_shape, member, f"{path}.{step}" if path else step, depth + 1)


def _shown(value: object) -> str:
    """Show a scalar as AWS does; nothing for a composite, which may hold what is sensitive."""
    if value is None or value is msgspec.UNSET:
        return "null"
    if isinstance(value, str):
        # A lone surrogate would make the message itself impossible to encode.
        return f"'{value[:SHOWN_CHARS_MAX].encode(errors='replace').decode()}'"
    if isinstance(value, (int, float)) and abs(value) < NUMBER_SHOWN_MAX:
        return f"'{msgspec.json.encode(value).decode()}'"
    return ""
