"""The shapes of the operations on assistants, sessions, tags and messages, likewise; see ``span_shapes``."""

from collections.abc import Mapping
from typing import Final

from spanglass.model.patterns import ARN, QUALIFIER, UUID
from spanglass.model.shapes import IntegerShape, ListShape, MapShape, Shape, StringShape, StructureShape, UnionShape

RESOURCE_SHAPES: Final[Mapping[str, Shape]] = {
    # texts
    "AwsRegion": StringShape(min=8, max=31, pattern=r"[a-z]{2}(-[a-z]+){1,2}(-[0-9])?"),
    "ClientToken": StringShape(min=1, max=4096),
    "Description": StringShape(min=1, max=255, pattern=r"[a-zA-Z0-9\s_.,-]+.*"),
    "TagKey": StringShape(min=1, max=128, pattern=r"(?!aws:)[a-zA-Z+-=._:/]+"),
    "TagValue": StringShape(min=1, max=256),
    "TextMessageValueString": StringShape(min=0, max=25000, sensitive=True),
    "UuidOrArnOrEitherWithQualifier": StringShape(pattern=f"{UUID}{QUALIFIER}$|^{ARN}{QUALIFIER}"),
    "UuidWithQualifier": StringShape(pattern=UUID + QUALIFIER),
    # enumerations
    "AssistantCapabilityType": StringShape(enum=("V1", "V2")),
    "AssistantGlobalResiliencyStatus": StringShape(enum=("ENABLED", "DISABLED")),
    "AssistantStatus": StringShape(
        enum=("CREATE_IN_PROGRESS", "CREATE_FAILED", "ACTIVE", "DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETED")
    ),
    "AssistantType": StringShape(enum=("AGENT",)),
    "FilterField": StringShape(enum=("NAME",)),
    "FilterOperator": StringShape(enum=("EQUALS",)),
    "MessageFilterType": StringShape(enum=("ALL", "TEXT_ONLY")),
    "Origin": StringShape(enum=("SYSTEM", "CUSTOMER")),
    "ReferenceType": StringShape(
        enum=(
            "WEB_CRAWLER",
            "KNOWLEDGE_BASE",
            "BEDROCK_KB_S3",
            "BEDROCK_KB_WEB",
            "BEDROCK_KB_CONFLUENCE",
            "BEDROCK_KB_SALESFORCE",
            "BEDROCK_KB_SHAREPOINT",
            "BEDROCK_KB_KENDRA",
            "BEDROCK_KB_CUSTOM_DOCUMENT",
            "BEDROCK_KB_SQL",
        )
    ),
    "SessionDataNamespace": StringShape(enum=("Custom",)),
    # numbers
    "CitationSpanOffset": IntegerShape(),
    # lists and maps
    "AIAgentConfigurationMap": MapShape(key="AIAgentType", value="AIAgentConfigurationData"),
    "AndConditions": ListShape(member="TagCondition"),
    "AssistantList": ListShape(member="AssistantSummary"),
    "Citations": ListShape(member="Citation"),
    "FilterList": ListShape(member="Filter"),
    "MessageList": ListShape(member="MessageOutput"),
    "OrConditions": ListShape(member="OrCondition"),
    "OrchestratorConfigurationList": ListShape(member="OrchestratorConfigurationEntry"),
    "ReplicaKmsKeyList": ListShape(member="ReplicaKmsKey", min=1, max=5),
    "RuntimeSessionDataList": ListShape(member="RuntimeSessionData", min=0, max=50),
    "SessionSummaries": ListShape(member="SessionSummary"),
    "TagKeyList": ListShape(member="TagKey", min=1, max=50),
    "Tags": MapShape(key="TagKey", value="TagValue"),
    # structures
    "CreateAssistantRequest": StructureShape(
        required={"name": "Name", "type": "AssistantType"},
        optional={
            "clientToken": "ClientToken",
            "description": "Description",
            "tags": "Tags",
            "serverSideEncryptionConfiguration": "ServerSideEncryptionConfiguration",
        },
    ),
    "CreateAssistantResponse": StructureShape(optional={"assistant": "AssistantData"}),
    "GetAssistantRequest": StructureShape(required={"assistantId": "UuidOrArn"}),
    "GetAssistantResponse": StructureShape(optional={"assistant": "AssistantData"}),
    "ListAssistantsRequest": StructureShape(optional={"nextToken": "NextToken", "maxResults": "MaxResults"}),
    "ListAssistantsResponse": StructureShape(
        required={"assistantSummaries": "AssistantList"}, optional={"nextToken": "NextToken"}
    ),
    "DeleteAssistantRequest": StructureShape(required={"assistantId": "UuidOrArn"}),
    "DeleteAssistantResponse": StructureShape(),
    "CreateSessionRequest": StructureShape(
        required={"assistantId": "UuidOrArn", "name": "Name"},
        optional={
            "clientToken": "ClientToken",
            "description": "Description",
            "tags": "Tags",
            "tagFilter": "TagFilter",
            "aiAgentConfiguration": "AIAgentConfigurationMap",
            "contactArn": "GenericArn",
            "orchestratorConfigurationList": "OrchestratorConfigurationList",
            "removeOrchestratorConfigurationList": "Boolean",
        },
    ),
    "CreateSessionResponse": StructureShape(optional={"session": "SessionData"}),
    "GetSessionRequest": StructureShape(required={"assistantId": "UuidOrArn", "sessionId": "UuidOrArn"}),
    "GetSessionResponse": StructureShape(optional={"session": "SessionData"}),
    "UpdateSessionRequest": StructureShape(
        required={"assistantId": "UuidOrArn", "sessionId": "UuidOrArn"},
        optional={
            "description": "Description",
            "tagFilter": "TagFilter",
            "aiAgentConfiguration": "AIAgentConfigurationMap",
            "orchestratorConfigurationList": "OrchestratorConfigurationList",
            "removeOrchestratorConfigurationList": "Boolean",
        },
    ),
    "UpdateSessionResponse": StructureShape(optional={"session": "SessionData"}),
    "UpdateSessionDataRequest": StructureShape(
        required={"assistantId": "UuidOrArn", "sessionId": "UuidOrArn", "data": "RuntimeSessionDataList"},
        optional={"namespace": "SessionDataNamespace"},
    ),
    "UpdateSessionDataResponse": StructureShape(
        required={
            "sessionArn": "Arn",
            "sessionId": "Uuid",
            "namespace": "SessionDataNamespace",
            "data": "RuntimeSessionDataList",
        }
    ),
    "SearchSessionsRequest": StructureShape(
        required={"assistantId": "UuidOrArn", "searchExpression": "SearchExpression"},
        optional={"nextToken": "NextToken", "maxResults": "MaxResults"},
    ),
    "SearchSessionsResponse": StructureShape(
        required={"sessionSummaries": "SessionSummaries"}, optional={"nextToken": "NextToken"}
    ),
    "TagResourceRequest": StructureShape(required={"resourceArn": "Arn", "tags": "Tags"}),
    "TagResourceResponse": StructureShape(),
    "UntagResourceRequest": StructureShape(required={"resourceArn": "Arn", "tagKeys": "TagKeyList"}),
    "UntagResourceResponse": StructureShape(),
    "ListTagsForResourceRequest": StructureShape(required={"resourceArn": "Arn"}),
    "ListTagsForResourceResponse": StructureShape(optional={"tags": "Tags"}),
    "ListMessagesRequest": StructureShape(
        required={"assistantId": "UuidOrArn", "sessionId": "UuidOrArn"},
        optional={"nextToken": "NextToken", "maxResults": "MaxResults", "filter": "MessageFilterType"},
    ),
    "ListMessagesResponse": StructureShape(required={"messages": "MessageList"}, optional={"nextToken": "NextToken"}),
    "ServerSideEncryptionConfiguration": StructureShape(
        optional={"kmsKeyId": "NonEmptyString", "replicaKmsKeys": "ReplicaKmsKeyList"}
    ),
    "AssistantData": StructureShape(
        required={
            "assistantId": "Uuid",
            "assistantArn": "Arn",
            "name": "Name",
            "type": "AssistantType",
            "status": "AssistantStatus",
        },
        optional={
            "description": "Description",
            "tags": "Tags",
            "serverSideEncryptionConfiguration": "ServerSideEncryptionConfiguration",
            "integrationConfiguration": "AssistantIntegrationConfiguration",
            "capabilityConfiguration": "AssistantCapabilityConfiguration",
            "aiAgentConfiguration": "AIAgentConfigurationMap",
            "orchestratorConfigurationList": "OrchestratorConfigurationList",
            "lastModifiedTime": "Timestamp",
            "lastModifiedRegion": "AwsRegion",
            "assistantGlobalResiliencyStatus": "AssistantGlobalResiliencyStatus",
        },
    ),
    "TagFilter": UnionShape(
        options={"tagCondition": "TagCondition", "andConditions": "AndConditions", "orConditions": "OrConditions"}
    ),
    "SessionData": StructureShape(
        required={"sessionArn": "Arn", "sessionId": "Uuid", "name": "Name"},
        optional={
            "description": "Description",
            "tags": "Tags",
            "integrationConfiguration": "SessionIntegrationConfiguration",
            "tagFilter": "TagFilter",
            "aiAgentConfiguration": "AIAgentConfigurationMap",
            "origin": "Origin",
            "orchestratorConfigurationList": "OrchestratorConfigurationList",
        },
    ),
    "SearchExpression": StructureShape(required={"filters": "FilterList"}),
    "AssistantIntegrationConfiguration": StructureShape(optional={"topicIntegrationArn": "GenericArn"}),
    "AssistantCapabilityConfiguration": StructureShape(optional={"type": "AssistantCapabilityType"}),
    "AssistantSummary": StructureShape(
        required={
            "assistantId": "Uuid",
            "assistantArn": "Arn",
            "name": "Name",
            "type": "AssistantType",
            "status": "AssistantStatus",
        },
        optional={
            "description": "Description",
            "tags": "Tags",
            "serverSideEncryptionConfiguration": "ServerSideEncryptionConfiguration",
            "integrationConfiguration": "AssistantIntegrationConfiguration",
            "capabilityConfiguration": "AssistantCapabilityConfiguration",
            "aiAgentConfiguration": "AIAgentConfigurationMap",
            "orchestratorConfigurationList": "OrchestratorConfigurationList",
            "lastModifiedTime": "Timestamp",
            "lastModifiedRegion": "AwsRegion",
        },
    ),
    "TagCondition": StructureShape(required={"key": "TagKey"}, optional={"value": "TagValue"}),
    "AIAgentConfigurationData": StructureShape(
        required={"aiAgentId": "UuidWithQualifier"}, optional={"enabled": "Boolean"}
    ),
    "OrchestratorConfigurationEntry": StructureShape(
        required={"orchestratorUseCase": "NonEmptyString"}, optional={"aiAgentId": "UuidOrArnOrEitherWithQualifier"}
    ),
    "SessionIntegrationConfiguration": StructureShape(optional={"topicIntegrationArn": "GenericArn"}),
    "RuntimeSessionData": StructureShape(
        required={"key": "NonEmptySensitiveString", "value": "RuntimeSessionDataValue"}
    ),
    "SessionSummary": StructureShape(
        required={"sessionId": "Uuid", "sessionArn": "Arn", "assistantId": "Uuid", "assistantArn": "Arn"}
    ),
    "MessageOutput": StructureShape(
        required={"value": "MessageData", "messageId": "Uuid", "participant": "Participant", "timestamp": "Timestamp"}
    ),
    "ReplicaKmsKey": StructureShape(required={"arn": "NonEmptyString"}),
    "OrCondition": UnionShape(options={"andConditions": "AndConditions", "tagCondition": "TagCondition"}),
    "RuntimeSessionDataValue": UnionShape(options={"stringValue": "NonEmptySensitiveString"}),
    "Filter": StructureShape(
        required={"field": "FilterField", "operator": "FilterOperator", "value": "NonEmptyString"}
    ),
    "MessageData": UnionShape(
        options={"text": "TextMessage", "toolUseResult": "ToolUseResultData", "data": "JSONDocument"}
    ),
    "TextMessage": StructureShape(
        optional={
            "value": "TextMessageValueString",
            "citations": "Citations",
            "aiGuardrailAssessment": "AIGuardrailAssessment",
        }
    ),
    "ToolUseResultData": StructureShape(
        required={"toolUseId": "NonEmptyString", "toolName": "NonEmptyString", "toolResult": "JSONDocument"},
        optional={"inputSchema": "JSONDocument"},
    ),
    "Citation": StructureShape(
        required={"citationSpan": "CitationSpan", "referenceType": "ReferenceType"},
        optional={
            "contentId": "Uuid",
            "title": "SensitiveString",
            "knowledgeBaseId": "Uuid",
            "sourceURL": "SensitiveString",
        },
    ),
    "CitationSpan": StructureShape(
        optional={"beginOffsetInclusive": "CitationSpanOffset", "endOffsetExclusive": "CitationSpanOffset"}
    ),
}
