import { expect, it } from "vitest";
import { chiSquareTail } from "./chi-square.ts";

// erfc(√(x/2)) of the C library, to the last digits that it gives.
it.each([
  [0, 1],
  [0.001, 0.9747728793699604],
  [0.5, 0.4795001221869535],
  [1, 0.31731050786291404],
  [3.841458820694124, 0.05000000000000008],
  [10, 0.0015654022580025488],
  [17.9, 2.328211090784886e-5],
  [18.1, 2.0960143115449724e-5],
  [50, 1.5374597944280351e-12],
  [400, 5.507248237212385e-89],
])("the tail of χ² beyond %f is %f", (statistic, p) => {
  expect(Math.abs(chiSquareTail(statistic) / p - 1)).toBeLessThan(1e-10);
});

it("has none below 0", () => {
  expect(() => chiSquareTail(-1)).toThrow(RangeError);
  expect(() => chiSquareTail(Number.NaN)).toThrow(RangeError);
});
