import { expect, it } from "vitest";
import { attentionKinds } from "./attention-kinds.ts";

it("numbers kinds by their first appearance", () => {
  const sliding = { window: 8, ropeTheta: 10_000, ropeFactors: null };
  const all = { window: null, ropeTheta: 1_000_000, ropeFactors: [8, 8] };
  const plain = { window: null, ropeTheta: 10_000, ropeFactors: null };
  expect(attentionKinds({ layers: [sliding, all, sliding, plain] })).toEqual({
    ropes: [
      { ropeTheta: 10_000, ropeFactors: null },
      { ropeTheta: 1_000_000, ropeFactors: [8, 8] },
    ],
    windows: [8, null],
    layers: [
      { rope: 0, window: 0 },
      { rope: 1, window: 1 },
      { rope: 0, window: 0 },
      { rope: 0, window: 1 },
    ],
  });
});
