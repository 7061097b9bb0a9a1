// ListSpans for a client that is older than the operation: ListMessages, which has the same labels, parameters and
// errors, on the other path. Encoding, signing, retrying and errors are the SDK's; what a success holds is read here.
import { ListMessagesCommand } from "@aws-sdk/client-qconnect";
import { expectNonNull, expectNumber, parseEpochTimestamp } from "@smithy/smithy-client";

const time = (value) => expectNonNull(parseEpochTimestamp(expectNumber(value)));
const message = (value) => ({ ...value, timestamp: time(value.timestamp) });

function span(value) {
  const attributes = { ...value.attributes };
  for (const name of ["inputMessages", "outputMessages"]) {
    if (attributes[name] !== undefined) attributes[name] = attributes[name].map(message);
  }
  return {
    ...value,
    startTimestamp: time(value.startTimestamp),
    endTimestamp: time(value.endTimestamp),
    attributes,
  };
}

export class ListSpansCommand extends ListMessagesCommand {
  constructor(input) {
    super(input);
    const { serialize, deserialize } = this;
    this.serialize = async (...given) => {
      const request = await serialize(...given);
      request.path = request.path.replace(/messages$/, "spans");
      return request;
    };
    this.deserialize = async (output, context) => {
      if (output.statusCode >= 300) return deserialize(output, context);
      const body = JSON.parse(context.utf8Encoder(await context.streamCollector(output.body)));
      return { $metadata: {}, ...body, spans: body.spans.map(span) };
    };
  }
}
