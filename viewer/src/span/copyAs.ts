// A span as a command or a few lines that read it again elsewhere.

export interface Place {
  origin: string;
  assistantId: string;
  sessionId: string;
  spanId: string;
  /** Whether the server asks for keys: those of whoever runs the copy are used then. */
  keys: boolean;
}

/** Python that reads the span with boto3, by ListSpans. */
export const asBoto3 = ({ origin, assistantId, sessionId, spanId, keys }: Place): string => `import boto3

client = boto3.client(
    "qconnect",
    endpoint_url="${origin}",
    region_name="us-east-1",
${
  keys
    ? ""
    : `    aws_access_key_id="any",  # boto3 signs, this server does not check
    aws_secret_access_key="any",
`
})
pages = client.get_paginator("list_spans").paginate(
    assistantId="${assistantId}",
    sessionId="${sessionId}",
)
span = next(span for page in pages for span in page["spans"] if span["spanId"] == "${spanId}")
print(span)
`;

/** A command of the AWS CLI that does the same. */
export const asCli = ({ origin, assistantId, sessionId, spanId, keys }: Place): string =>
  `aws qconnect list-spans${keys ? "" : " --no-sign-request"} --endpoint-url ${origin} --region us-east-1 --assistant-id ${assistantId} ` +
  `--session-id ${sessionId} --query "spans[?spanId=='${spanId}']"`;

/** A curl command that reads the span whole, with what ListSpans has no place for; a key's token is `$TOKEN`. */
export const asCurl = ({ origin, assistantId, sessionId, spanId, keys }: Place): string =>
  `curl -s ${keys ? '-H "Authorization: Bearer $TOKEN" ' : ""}'${origin}/api/assistants/${assistantId}/sessions/${sessionId}/spans/${spanId}'`;
