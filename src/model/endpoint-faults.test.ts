// Thousands of requests through an endpoint at which everything goes wrong now and then.
import { expect, it } from "vitest";
import { seededRandom } from "../preference/seed.ts";
import type { Clock } from "./clock.ts";
import { endpointModel } from "./endpoint.ts";
import { ModelFailure } from "./model-failure.ts";
import { sampleSeed } from "./sample-seed.ts";
import type { FaultShares, ScriptedFault } from "./scripted-fault.ts";
import { scriptedServer } from "./scripted-server.ts";

const FAULTS: FaultShares = {
  rate: 0.01,
  "rate-seconds": 0.005,
  "rate-date": 0.005,
  broken: 0.04,
  overload: 0.005,
  "overload-seconds": 0.005,
  cut: 0.03,
  hang: 0.002,
  stall: 0.002,
  "no-json": 0.02,
  truncated: 0.02,
  "no-choices": 0.02,
  "no-content": 0.02,
  context: 0.02,
  few: 0.05,
};

/** Time that goes a thousand times as fast: two minutes of waiting are 0.12 s. */
const SPEED = 1000;
const fastClock: Clock = {
  now: () => performance.timeOrigin + performance.now() * SPEED,
  sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds / SPEED)),
};

it("answers every request or says why not, loses none and has none done twice", async () => {
  const requests = 2000;
  const server = await scriptedServer({ faults: FAULTS, seed: 11, latencyMs: 1, now: fastClock.now });
  const model = endpointModel({
    url: server.url,
    model: "scripted",
    concurrency: 128,
    wholeMs: 1500, // real time, unlike waits: so long that no answer which is on its way is given up on a busy machine
    clock: fastClock,
    random: seededRandom("faults"),
  });
  const ends = await Promise.all(
    Array.from({ length: requests }, async (_, index) => {
      const n = 1 + (index % 3);
      const told: number[] = [];
      const messages = [{ role: "user" as const, content: `question ${index}` }];
      const end = await model
        .generate({ messages, seed: index, maxTokens: 50, n }, { onChoice: (choice) => told.push(choice.index) })
        .catch((error: unknown) => error);
      return { index, n, told, end };
    }),
  );
  const { faults, answers } = server.served;
  await model.dispose();
  await server.close();

  // Everything happened.
  for (const fault of Object.keys(FAULTS) as ScriptedFault[]) expect([fault, faults[fault] ?? 0]).not.toContain(0);
  let answered = 0;
  const failed = new Map<string, number>();
  for (const { index, n, told, end } of ends) {
    // None twice: each sample is told of at most once.
    expect(new Set(told).size).toBe(told.length);
    if (end instanceof ModelFailure) {
      failed.set(end.kind, (failed.get(end.kind) ?? 0) + 1);
      expect(end.attempts.at(-1)?.kind).toBe(end.kind);
      expect(end.message).toMatch(/: no answer.*: .+\. [A-Z]/);
      expect(told.length).toBeLessThan(n);
      continue;
    }
    answered += 1;
    const { choices } = end as Awaited<ReturnType<typeof model.generate>>;
    expect(choices.map((choice) => choice.index)).toEqual(Array.from({ length: n }, (_, at) => at));
    for (const { text, index: at, seed, finishReason } of choices) {
      expect(finishReason).toBe("stop");
      expect(text).toMatch(new RegExp(`^Answer \\d to: question ${index}$`));
      expect([sampleSeed(index, 0), sampleSeed(index, at)]).toContain(seed);
    }
  }
  expect(answered + [...failed.values()].reduce((sum, count) => sum + count, 0)).toBe(requests);
  // Contexts and answers that are none twice over; the rest is mended by trying again.
  expect(failed.get("context")).toBeGreaterThan(0);
  expect(failed.get("answer")).toBeGreaterThan(0);
  expect(answered).toBeGreaterThan(requests * 0.9);
  // The server did no work twice: a whole answer was never asked for again.
  expect(Math.max(...answers.values())).toBe(1);
});
