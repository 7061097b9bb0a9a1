import { expect, test } from "vitest";

import { finder } from "./useMarks";

test("the words of a query are found as words, in any case, and its conditions are none", () => {
  const found = finder('status:error Flüge "to Paris" duration>2s');
  expect(Array.from("Die FLÜGE to paris, Parisian Flügel".matchAll(found ?? /$/g), ([word]) => word)).toEqual([
    "FLÜGE",
    "to",
    "paris",
  ]);
  expect(finder("status:error")).toBeUndefined();
  expect(finder("?! (")).toBeUndefined();
});
