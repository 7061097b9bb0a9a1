// A span as a command or a few lines that read it again elsewhere.

export interface Place {
  origin: string;
  assistantId: string;
  sessionId: string;
  spanId: string;
}

/** Python that reads the span with boto3, by ListSpans. */
export const asBoto3 = ({ origin, assistantId, sessionId, spanId }: Place): string => `import boto3

client = boto3.client("qconnect", endpoint_url="${origin}", region_name="us-east-1")
pages = client.get_paginator("list_spans").paginate(
    assistantId="${assistantId}",
    sessionId="${sessionId}",
)
span = next(span for page in pages for span in page["spans"] if span["spanId"] == "${spanId}")
`;

/** A command of the AWS CLI that does the same. */
export const asCli = ({ origin, assistantId, sessionId, spanId }: Place): string =>
  `aws qconnect list-spans --endpoint-url ${origin} --region us-east-1 --assistant-id ${assistantId} ` +
  `--session-id ${sessionId} --query "spans[?spanId=='${spanId}']"`;

/** A curl command that reads the span whole, with what ListSpans has no place for. */
export const asCurl = ({ origin, assistantId, sessionId, spanId }: Place): string =>
  `curl -s '${origin}/api/assistants/${assistantId}/sessions/${sessionId}/spans/${spanId}'`;
