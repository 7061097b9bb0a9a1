"""Amazon Bedrock and AgentCore: ``aws.*``, of botocore's instrumentation, of the service's spans and of its agents.

Excluded, with reasons: ``aws.agent.id``, ``aws.resource.arn`` and the like, which name resources of AgentCore and no AI
agents of Amazon Connect; ``latency_ms``, which the span's times say.
"""

from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable
from spanglass.conventions.readers import as_int, as_text

MEMBERS: Final[MemberTable] = (
    Member("aws.operation.name", "operation", as_text),
    Member("aws.request_id", "provider_request_id", as_text, was=("aws.request.id",)),
    Member("error_type", "error_type", as_text),
    Member("http.status_code", "http_status", as_int),
)

RECURRING: Final = (
    "aws.account.id",
    "aws.agent.id",
    "aws.bedrock.guardrail.id",
    "aws.endpoint.name",
    "aws.local.",
    "aws.region",
    "aws.resource.",
    "cloud.",
    "rpc.",
)

DIALECT: Final = Dialect("Amazon Bedrock", MEMBERS, RECURRING)
