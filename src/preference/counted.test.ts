import { expect, it } from "vitest";
import { counted } from "./counted.ts";

it("has a singular for one alone", () => {
  expect([0, 1, 2, 1234].map((count) => counted(count, "bad row"))).toEqual([
    "0 bad rows",
    "1 bad row",
    "2 bad rows",
    "1,234 bad rows",
  ]);
});
