// Before anything came in: how to send a first span. The list takes this place by itself when it arrives.
import { Copy } from "../ui/parts";
import { Notice } from "../ui/States";

/** A whole session in one request that any shell can send: OTLP's JSON form, times and ids made on the spot. */
export function firstSpan(origin: string): string {
  const attributes = [
    ["gen_ai.operation.name", "chat"],
    ["gen_ai.provider.name", "openai"],
    ["gen_ai.request.model", "gpt-5"],
    ["gen_ai.conversation.id", "hello-spanglass"],
    ["gen_ai.input.messages", '[{"role":"user","parts":[{"type":"text","content":"Hello?"}]}]'],
    [
      "gen_ai.output.messages",
      '[{"role":"assistant","parts":[{"type":"text","content":"Hello! Your spans arrive."}]}]',
    ],
  ].map(([key, value]) => ({ key, value: { stringValue: value } }));
  const span = {
    traceId: "TRACE",
    spanId: "SPAN",
    name: "chat gpt-5",
    kind: 3,
    startTimeUnixNano: "START",
    endTimeUnixNano: "END",
    attributes,
  };
  const service = { attributes: [{ key: "service.name", value: { stringValue: "first-agent" } }] };
  const body = JSON.stringify({ resourceSpans: [{ resource: service, scopeSpans: [{ spans: [span] }] }] })
    .replace("TRACE", "'$(od -An -N16 -tx1 /dev/urandom | tr -d \" \\n\")'")
    .replace("SPAN", "'$(od -An -N8 -tx1 /dev/urandom | tr -d \" \\n\")'")
    .replace("START", "'$(date +%s)'000000000")
    .replace("END", "'$(date +%s)'400000000");
  return `curl ${origin}/v1/traces -H 'content-type: application/json' -d '${body}'`;
}

export function FirstSpan() {
  const origin = location.origin;
  const setting = `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}`;
  return (
    <Notice title="Waiting for a first span">
      <p>
        Agents that OpenTelemetry instruments need one setting. Run one, and its session takes this place by itself.
      </p>
      <div className="code-row">
        <pre className="code-block" tabIndex={0}>
          {setting}
        </pre>
        <Copy text={setting} label="Copy the setting" />
      </div>
      <p>Or send one span from a shell:</p>
      <Copy text={() => firstSpan(origin)} label="Copy a command that sends a span">
        Copy a curl command
      </Copy>
      <p className="waiting muted" role="status">
        <span className="waiting-dot" /> Listening
      </p>
    </Notice>
  );
}
