// The AWS SDK for JavaScript v3: makes the calls that come in as JSON lines (see sdks.py).
import { createInterface } from "node:readline";
import * as sdk from "@aws-sdk/client-qconnect";
import { createPaginator } from "@smithy/core";
import { ListSpansCommand } from "./list_spans.js";

const commands = { ...sdk, ListSpansCommand };
const paginators = {
  ...sdk,
  paginateListSpans: createPaginator(sdk.QConnectClient, ListSpansCommand, "nextToken", "nextToken", "maxResults"),
};

async function answer(call) {
  const client = new sdk.QConnectClient({
    endpoint: call.endpoint,
    region: call.region,
    credentials: {
      accessKeyId: call.key.id,
      secretAccessKey: call.key.secret,
      sessionToken: call.key.token,
    },
  });
  try {
    if (!call.paginate) return { pages: [await client.send(new commands[call.operation + "Command"](call.params))] };
    const pages = [];
    const { maxResults: pageSize, ...params } = call.params;
    for await (const page of paginators["paginate" + call.operation]({ client, pageSize }, params)) pages.push(page);
    return { pages };
  } catch (error) {
    if (error.$metadata === undefined) return { error: { class: error.name, message: error.message } };
    const { name, message, $metadata, $fault, $service, $response, ...members } = error;
    delete members.Message;
    delete members.__type;
    return {
      error: {
        code: name,
        message,
        class: error.constructor.name,
        status: $metadata.httpStatusCode,
        requestId: $metadata.requestId,
        members,
      },
    };
  } finally {
    client.destroy();
  }
}

/** The wire's JSON of an output: times as seconds, a union's member that is not known as nothing. */
function plain(value) {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value).filter(([name]) => name !== "$metadata" && name !== "$unknown");
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]));
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(plain(await answer(JSON.parse(line)))));
}
