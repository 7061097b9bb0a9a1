"""The shapes of ListSpans, as the QConnect service model has them: names, members, bounds and patterns."""

from collections.abc import Mapping
from typing import Final, get_args

from spanglass.model import guardrail, message, span
from spanglass.model.patterns import ARN, QUALIFIER, UUID
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

SPAN_SHAPES: Final[Mapping[str, Shape]] = {
    # texts
    "Arn": StringShape(pattern=ARN),
    "ArnWithQualifier": StringShape(pattern=ARN + QUALIFIER),
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
    "Uuid": StringShape(pattern=UUID),
    "UuidOrArn": StringShape(pattern=f"{UUID}$|^{ARN}"),
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
