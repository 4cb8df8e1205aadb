import { expect, it } from "vitest";
import { RestartPolicy } from "./restart-policy.ts";

const LIMITS = { firstMs: 10, mostMs: 50, deaths: 5, withinMs: 1000 };

it("waits twice as long from one death to the next, up to a limit, and gives up at the last of too many", () => {
  const policy = new RestartPolicy(LIMITS);
  expect([0, 1, 2, 3, 4].map((time) => policy.died(time))).toEqual([10, 20, 40, 50, null]);
});

it("forgets deaths of long ago", () => {
  const policy = new RestartPolicy(LIMITS);
  expect([0, 1, 2, 3].map((time) => policy.died(time))).toEqual([10, 20, 40, 50]);
  expect(policy.died(1002)).toBe(20); // only that of 3 is near enough
  expect(policy.died(5000)).toBe(10);
});
