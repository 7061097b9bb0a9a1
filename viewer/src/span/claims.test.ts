import { expect, test } from "vitest";

import type { Claim } from "../api/types";
import { grouped } from "./claims";

const claim = (attribute: string, outcome: Claim["outcome"]): Claim => ({ attribute, outcome, made: false });

test("claims stand with their like", () => {
  const claims = [
    claim("model", "used"),
    claim("model", "outranked"),
    claim("tokens", "outranked"),
    claim("finish", "unusable"),
    claim("messages.0", "part"),
    claim("note", "kept"),
  ];
  const { used, parts, unused, kept } = grouped(claims);
  expect([used, parts, unused, kept].map((group) => group.map(({ attribute }) => attribute))).toEqual([
    ["model"],
    ["messages.0"],
    ["model", "tokens", "finish"],
    ["note"],
  ]);
});
