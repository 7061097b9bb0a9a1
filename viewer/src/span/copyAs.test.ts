import { expect, test } from "vitest";

import { asBoto3, asCli, asCurl } from "./copyAs";

const place = { origin: "http://localhost:4318", assistantId: "a-1", sessionId: "s-2", spanId: "p-3" };

test("each names the server and all three ids", () => {
  for (const text of [asBoto3(place), asCli(place), asCurl(place)])
    for (const part of Object.values(place)) expect(text).toContain(part);
});
