// The quickstart all the way with real parts on a tiny random model: llama.cpp samples, the trainer trains, llama.cpp loads the
// adapter. The model is of no use, so nothing is asked of the figures but that they are there and are true of the responses.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../src/constraint/check.ts";
import { embeddedModel } from "../src/model/embedded.ts";
import { sha256OfFile } from "../src/model/file-hash.ts";
import type { Profile } from "../src/profile/profile.ts";
import { Interrupted } from "../src/run/interrupted.ts";
import { type QuickstartOptions, quickstart } from "../src/run/quickstart.ts";
import { RunStore } from "../src/run/store.ts";
import { trainAdapter } from "../src/train/train-adapter.ts";
import { randomFrozenWeights } from "../src/weights/random-weights.ts";
import { tinyArchitecture } from "../src/weights/tiny-architecture.ts";
import { writeGgufModel } from "../src/weights/tiny-model-files.ts";

const CONSTRAINTS = [
  "Use at most 12 words.",
  "No commas.",
  "The response must contain “e”.",
  "Use at least two question marks.",
];

/** Enough that a stop finds the training under way: a step takes some 20 ms. */
const STEPS = 40;

const profile = (id: string, split: Profile["split"]): Profile => ({
  id,
  language: "en",
  split,
  name: "Pilot",
  persona: `A pilot of ${id}.`,
  constraints: CONSTRAINTS.map((text, index) => ({ id: `c${index + 1}`, text })),
  queries: ["Hi", "Ho"],
});

let directory: string;
let file: string;
let cacheBefore: string | undefined;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "rpo-loop-"));
  cacheBefore = process.env.RPO_CACHE;
  process.env.RPO_CACHE = join(directory, "cache");
  file = join(directory, "tiny.gguf");
  const architecture = { ...tinyArchitecture("qwen2"), contextLength: 1024 };
  await writeGgufModel(file, randomFrozenWeights(architecture, 1, join(directory, "weights.bin")));
});
afterAll(() => {
  if (cacheBefore === undefined) delete process.env.RPO_CACHE;
  else process.env.RPO_CACHE = cacheBefore;
  rmSync(directory, { recursive: true });
});

async function options(more: Partial<QuickstartOptions> = {}): Promise<QuickstartOptions> {
  const sampling = { n: 3, temperature: 1, maxTokens: 48, seed: 1 };
  return {
    directory: join(directory, "run"),
    profiles: ["a", "b"].map((id) => profile(id, "train")),
    queriesPerProfile: 2,
    sampling,
    pairs: { validation: 0 },
    model: {
      name: "tiny",
      identity: await sha256OfFile(file),
      open: (adapter) =>
        embeddedModel({ path: file, contextSize: 1024, width: 3, threads: 1, ...(adapter !== null && { adapter }) }),
    },
    training: {
      settings: {
        method: "rpo",
        rank: 4,
        learningRate: 0.002,
        steps: STEPS,
        batch: 2,
        maxLength: 1024,
        saveEvery: 1,
        threads: 1,
      },
      train: (asked) => trainAdapter({ ...asked, model: { name: "tiny", path: file } }),
      profiles: ["x", "y"].map((id) => profile(id, "held-out")),
      queriesPerProfile: 2,
      sampling,
    },
    now: () => new Date(0),
    ...more,
  };
}

describe("quickstart with real parts", () => {
  it("samples, judges, pairs, trains, loads the adapter and compares; stopped in the training, it goes on from there", async () => {
    const stop = new AbortController();
    const stopping = await options({
      signal: stop.signal,
      onTraining: (now) => {
        if (now.stage === "step" && now.step >= 1) stop.abort();
      },
    });
    const stopped = quickstart(stopping);
    await expect(stopped).rejects.toThrow(Interrupted);
    await expect(stopped).rejects.toMatchObject({ unit: "steps", total: STEPS });
    expect(existsSync(join(directory, "run", "index.html"))).toBe(true);
    const before = textsIn(join(directory, "run"));

    const notices: string[] = [];
    const result = await quickstart(await options({ onNotice: (what) => notices.push(what) }));
    expect(notices).toContainEqual(expect.stringMatching(/going on after step \d+ of 40$/));
    expect(result).toMatchObject({
      failed: [],
      notTrained: null,
      training: { steps: STEPS, adapter: { gguf: "adapter.gguf" } },
      evaluation: { counts: { profiles: 2, questions: 4, turns: 8, responses: 24 } },
    });
    const after = textsIn(join(directory, "run"));
    for (const [key, { text }] of before) expect(after.get(key)?.text).toBe(text);

    // The figures once more from the responses in the store, by another way.
    const identity = await sha256OfFile(file);
    const adapter = await sha256OfFile(join(directory, "run", "training", "adapter.gguf"));
    const heldOut = [...after.values()].filter(({ system }) => /pilot of [xy]/.test(system));
    const [untuned, tuned] = [identity, `${identity}+${adapter}`].map((model) =>
      heldOut.filter((row) => row.model === model),
    );
    expect(passRate(untuned!)).toBeCloseTo(result.base!.both.constraintSatisfaction.value);
    expect(passRate(tuned!)).toBeCloseTo(result.tuned!.both.constraintSatisfaction.value);
    // The adapter is no ornament: with it the model writes something else.
    const texts = new Set(untuned!.map(({ text }) => text));
    expect(tuned!.filter(({ text }) => texts.has(text)).length).toBeLessThan(12);
    expect(readFileSync(result.page, "utf8")).toContain('id="result"');
  });
});

/** Of the constraints as they stand in the system prompts. */
function passRate(rows: readonly Row[]): number {
  expect(rows).toHaveLength(24);
  const verdicts = rows.flatMap(({ system, query, text: response }) =>
    [...system.matchAll(/^\d+\. (.+)$/gm)].map(
      ([, constraint]) => check({ constraint: constraint!, query, response }).verdict,
    ),
  );
  expect(verdicts).toHaveLength(24 * CONSTRAINTS.length);
  return verdicts.filter((verdict) => verdict === "pass").length / verdicts.length;
}

interface Row {
  readonly model: string;
  readonly system: string;
  readonly query: string;
  readonly text: string;
}

/** Stored samples by request and index. */
function textsIn(dir: string): Map<string, Row> {
  const db = new Database(join(dir, "run.db"), { readonly: true });
  const hashes = db.prepare<[], string>("SELECT lower(hex(hash)) FROM request").pluck().all();
  db.close();
  const store = new RunStore(dir, () => new Date());
  try {
    return new Map(
      hashes.flatMap((hash) => {
        const { model, messages } = store.requests.content(hash)!;
        const [system, query] = [messages[0]!.content, messages[1]!.content];
        return store.requests
          .answers(hash)
          .choices.map(({ sample, text }) => [`${hash}/${sample}`, { model, text, system, query }] as const);
      }),
    );
  } finally {
    store.close();
  }
}
