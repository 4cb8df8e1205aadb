// `rpo run` against an endpoint where everything goes wrong now and then: refusals, cut and broken answers, silence, and a judge that
// leaves out, doubles, invents and reorders what it was asked about. The run ends, every item is done or has failed with its cause, and a
// further run without faults finishes the rest and asks again for nothing that was answered.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { STAGES } from "../src/construct/construct.ts";
import type { FaultShares } from "../src/model/scripted-fault.ts";
import { type ServedSample, scriptedServer } from "../src/model/scripted-server.ts";
import { fraction } from "../src/preference/seed.ts";
import { resultOf, rpo, schemaOf, typicalScript, writeRun } from "./construction-run.ts";

const FAULTS: FaultShares = {
  rate: 0.04,
  "rate-seconds": 0.03,
  broken: 0.04,
  "overload-seconds": 0.03,
  cut: 0.04,
  truncated: 0.03,
  "no-json": 0.03,
  "no-choices": 0.03,
  "no-content": 0.03,
  context: 0.04,
  hang: 0.03,
};
const SEED = 3;
const PROFILES = 6;
/** Share of the judge's answers that are wrong in form. */
const CONFUSED_SHARE = 0.3;
const CONFUSIONS = ["missing", "doubled", "unknown", "reordered"] as const;
type Confusion = (typeof CONFUSIONS)[number];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rpo-run-faults-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Entry {
  readonly id: string;
}

const CONFUSED: Readonly<Record<Confusion, (entries: Entry[]) => Entry[]>> = {
  missing: (entries) => entries.slice(1),
  doubled: (entries) => [...entries, entries[0]!],
  unknown: (entries) => [{ ...entries[0]!, id: "c99" }, ...entries.slice(1)],
  reordered: (entries) => entries.toReversed(),
};

it("ends with every item done or failed with its cause, and finishes without faults what is left", async () => {
  const confusions = new Map<Confusion, number>();
  /** A judge that confuses what it was asked about, the same for the same request. */
  const confused = (sample: ServedSample): string => {
    const text = typicalScript(sample);
    const { messages, seed } = sample.body;
    const draw = fraction("confusion", SEED, seed ?? 0, JSON.stringify(messages));
    if (schemaOf(sample)?.name !== "verdicts" || draw >= CONFUSED_SHARE) return text;
    const confusion = CONFUSIONS[Math.floor((draw / CONFUSED_SHARE) * CONFUSIONS.length)]!;
    confusions.set(confusion, (confusions.get(confusion) ?? 0) + 1);
    return JSON.stringify({ verdicts: CONFUSED[confusion]((JSON.parse(text) as { verdicts: Entry[] }).verdicts) });
  };
  const server = await scriptedServer({ script: confused, faults: FAULTS, seed: SEED, retryAfterSeconds: 0.1 });
  try {
    const dir = writeRun(join(folder, "run"), server.url, {
      count: PROFILES,
      endpoint: { timeout: 8, retries: 3, concurrency: 16 },
    });
    const { stages } = resultOf(await rpo(["run", dir, "--json"]));
    for (const fault of Object.keys(FAULTS)) expect(server.served.faults, fault).toHaveProperty(fault);
    for (const confusion of CONFUSIONS) expect(confusions.get(confusion), confusion).toBeGreaterThan(0);

    // None lost, none twice: what one stage made, the next one has.
    const ended = (stage: string): number => stages[stage]!.done + stages[stage]!.failed;
    expect(ended("profiles")).toBe(PROFILES);
    expect(ended("users")).toBe(stages.profiles!.done);
    expect(ended("sessions")).toBe(stages.users!.done);
    let failed = 0;
    for (const stage of STAGES) {
      const { stdout } = await rpo(["items", stage, dir, "--failed"]);
      const rows = stdout.split("\n").filter((line) => line !== "");
      expect(rows, stage).toHaveLength(stages[stage]!.failed);
      for (const row of rows) expect(JSON.parse(row).cause, row).toMatch(/\w{3}/);
      failed += rows.length;
    }
    expect(failed).toBeGreaterThan(0);

    server.set({ faults: {}, script: typicalScript });
    const finished = resultOf(await rpo(["run", dir, "--json"]));
    expect(finished.stages.profiles).toMatchObject({ done: PROFILES, failed: 0 });
    expect(finished.stages.users).toMatchObject({ done: PROFILES, failed: 0 });
    expect(finished.stages.sessions).toMatchObject({ done: PROFILES, failed: 0 });
    for (const stage of STAGES) expect(finished.stages[stage]!.failed, stage).toBe(0);
    expect(finished.stages.responses!.done).toBe(finished.pairs.turns);
    expect(finished.pairs.pairs?.rows.train).toBeGreaterThan(0);
    expect([...server.served.answers.values()].filter((times) => times !== 1)).toEqual([]);
  } finally {
    await server.close();
  }
});
