import { expect, test } from "vitest";

import { asBoto3, asCli, asCurl } from "./copyAs";

const place = { origin: "http://localhost:4318", assistantId: "a-1", sessionId: "s-2", spanId: "p-3" };

test.each([true, false])("each names the server and all three ids, where keys are asked for: %s", (keys) => {
  const told = { ...place, keys };
  for (const text of [asBoto3(told), asCli(told), asCurl(told)])
    for (const part of Object.values(place)) expect(text).toContain(part);
});

test("where keys are asked for, the reader's own are used", () => {
  const told = { ...place, keys: true };
  expect(asBoto3(told)).not.toContain("aws_access_key_id");
  expect(asCli(told)).not.toContain("--no-sign-request");
  expect(asCurl(told)).toContain("Bearer $TOKEN");
});
