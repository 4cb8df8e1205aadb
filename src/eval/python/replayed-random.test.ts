import fc from "fast-check";
import { expect, it } from "vitest";
import { PythonRandom } from "./mt19937.ts";
import { ReplayedRandom } from "./replayed-random.ts";

it("draws after each start what a new generator draws, whatever was drawn before", () => {
  const draw = fc.oneof(
    fc.constant((random: PythonRandom) => random.gauss(0, 1)),
    fc.constant((random: PythonRandom) => random.word()),
    fc.integer({ min: 1, max: 2 ** 32 - 1 }).map((bound) => (random: PythonRandom) => random.below(bound)),
  );
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.array(fc.array(draw), { minLength: 1 }), (seed, rounds) => {
      const replayed = new ReplayedRandom(seed);
      for (const draws of rounds) {
        replayed.restart();
        const fresh = new PythonRandom(seed);
        for (const drawn of draws) expect(drawn(replayed)).toBe(drawn(fresh));
      }
    }),
  );
});
