// Vercel's AI SDK: version 7 with its integration of OpenTelemetry, version 6 with the telemetry that it had itself.
"use strict";

const ai = require("ai");
const { createOpenAI } = require("@ai-sdk/openai");
const { NodeSDK } = require("@opentelemetry/sdk-node");
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-http");
const { z } = require("zod");

const [emitter, word] = process.argv.slice(2);
const words = word.split("_");
const note = (told) =>
  fetch(`${process.env.RECORDER_URL}/note`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(told),
  });

const run = (name, act) => async (args) => {
  try {
    const result = act(args);
    await note({ tool: name, args, result });
    return result;
  } catch (error) {
    await note({ tool: name, args, error: `Error: ${error.message}` });
    throw error;
  }
};
const define = (name, description, fields, act) =>
  ai.tool({
    description,
    inputSchema: z.object(Object.fromEntries(fields.map((field) => [field, z.string()]))),
    execute: run(name, act),
  });
const tools = {
  get_weather: define("get_weather", "Tell the weather in a city.", ["city", "unit"], ({ city }) => `18 C, cloudy in ${city}`),
  calculate: define("calculate", "Calculate an expression.", ["expression"], () => "391"),
  get_exchange_rate: define("get_exchange_rate", "Tell an exchange rate.", ["base", "quote"], ({ quote }) => {
    throw new Error(`unknown currency ${quote}`);
  }),
};

const sdk = new NodeSDK({ traceExporter: new OTLPTraceExporter() });
sdk.start();
if (!emitter.endsWith("6")) {
  const { OpenTelemetry } = require("@ai-sdk/otel");
  ai.registerTelemetry(new OpenTelemetry());
}
const openai = createOpenAI();
const messages = [];

const ask = async (question) => {
  messages.push({ role: "user", content: question });
  const options = {
    model: words.includes("responses") ? openai.responses("gpt-scripted-1") : openai.chat("gpt-scripted-1"),
    system: process.env.RECORDER_INSTRUCTIONS,
    messages,
    tools,
    stopWhen: ai.stepCountIs(6),
    temperature: 1.3,
    topP: 0.9,
    maxOutputTokens: 512,
    maxRetries: 0,
    experimental_telemetry: {
      isEnabled: true,
      functionId: "travel-agent",
      metadata: { sessionId: process.env.RECORDER_SESSION },
    },
  };
  const result = words.includes("stream")
    ? ai.streamText({ ...options, onError: () => undefined })
    : await ai.generateText(options);
  const [text, response] = await Promise.all([result.text, result.response]);
  messages.push(...response.messages);
  return text;
};

const version = (name) => [name, require(`${name}/package.json`).version];

(async () => {
  await note({ packages: Object.fromEntries(["ai", "@ai-sdk/openai"].map(version)) });
  for (const question of JSON.parse(process.env.RECORDER_QUESTIONS)) {
    await note({ user: question });
    try {
      await note({ agent_returned: await ask(question) });
    } catch (error) {
      await note({ agent_raised: `${error.name}: ${error.message}`.slice(0, 300) });
    }
  }
  await sdk.shutdown();
})();
