// The quickstart from profiles to comparison on scripted models and a trainer that only writes its files: the order of the
// stages, what a stop keeps, what a second run does. test/quickstart.test.ts has the real model.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { parse as parseYaml } from "yaml";
import { parseRpoYaml } from "../config/rpo-yaml.ts";
import { parseRunConfig } from "../config/run-config.ts";
import { render } from "../constraint/wording/render.ts";
import { constraintOf } from "../eval/ifeval/constraint-of.ts";
import { type ScriptedModel, scriptedModel } from "../model/scripted-model.ts";
import type { Profile } from "../profile/profile.ts";
import { runPaths } from "../train/run-directory.ts";
import { TrainingStopped } from "../train/training-progress.ts";
import type { TrainingSummary } from "../train/training-summary.ts";
import { Interrupted } from "./interrupted.ts";
import { type QuickstartOptions, quickstart, type TrainAndCompare } from "./quickstart.ts";
import { lockRun } from "./run-lock.ts";

const profile = (id: string, split: Profile["split"]): Profile => ({
  id,
  language: "en",
  split,
  name: "Pilot",
  persona: "A pilot.",
  constraints: [
    { id: "c1", text: "The response must contain at most 2 words." },
    { id: "c2", text: "The response must contain “tide”." },
  ],
  queries: ["Hi", "Ho", "Hm"],
});
const PROFILES = ["a", "b", "c"].map((id) => profile(id, "train"));
const HELD_OUT = ["x", "y"].map((id) => profile(id, "held-out"));

/** Heeds nothing. */
const CARELESS = ["tide", "the tide is in", "no", "no idea at all"];
/** Heeds both constraints, whichever way they stand. */
function heeds(system: string): string {
  const words = system.includes("at most 2 words") ? 2 : 4;
  const tide = !system.includes("must not contain “tide”");
  return [tide ? "tide" : "sea", ...Array(words - 1).fill("now")].join(" ");
}

let directory: string;
let opened: { adapter: string | null; chat: ScriptedModel; disposed: boolean }[];
let trainings: Parameters<TrainAndCompare["train"]>[0][];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rpo-quickstart-"));
  opened = [];
  trainings = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

const figures = { step: 1, loss: 0.6, margin: 0.05, rewardMargin: 0.1, rewardAccuracy: 0.75, marginAccuracy: 0.5 };
const SUMMARY: TrainingSummary = {
  settings: { method: "rpo", rank: 4 },
  model: { name: "scripted", identity: "m" },
  dataset: { train: null, validation: null },
  steps: 1,
  validation: null,
  training: figures,
  adapter: { peft: "adapter", gguf: "adapter.gguf", step: 1, parameters: 8 },
  seconds: 1,
  tokens: 100,
  versions: { "rpo-kit": "0", node: "0", onnxruntime: "0" },
};

/** What `trainAdapter` leaves, without the training. */
const train: TrainAndCompare["train"] = async (asked) => {
  trainings.push(asked);
  const paths = runPaths(asked.out);
  if (existsSync(paths.summary)) return JSON.parse(readFileSync(paths.summary, "utf8"));
  mkdirSync(asked.out, { recursive: true });
  asked.onProgress?.({ stage: "reference", side: "train", done: 1, of: 1 });
  writeFileSync(paths.gguf, `adapter of ${readFileSync(join(asked.dataset, "train.jsonl"), "utf8").length} bytes`);
  writeFileSync(paths.metrics, `${JSON.stringify({ kind: "step", ...figures })}\n`);
  writeFileSync(paths.summary, JSON.stringify(SUMMARY));
  return SUMMARY;
};

function options(more: Partial<QuickstartOptions> = {}, loop: Partial<TrainAndCompare> = {}): QuickstartOptions {
  const sampling = { n: 4, temperature: 1, maxTokens: 50, seed: 7 };
  return {
    directory,
    profiles: PROFILES,
    queriesPerProfile: 2,
    sampling,
    pairs: { validation: 0 },
    model: {
      name: "scripted",
      identity: "m",
      open(adapter) {
        const script =
          adapter === null
            ? scriptedModel(({ seed }) => CARELESS[seed % CARELESS.length]!)
            : scriptedModel(({ messages }) => heeds(messages[0]!.content), { name: "tuned" });
        const entry = { adapter, chat: script, disposed: false };
        opened.push(entry);
        return {
          ...script,
          dispose: async () => {
            entry.disposed = true;
            await script.dispose();
          },
        };
      },
    },
    training: {
      settings: { method: "rpo", rank: 4, steps: 1 },
      train,
      profiles: [...HELD_OUT, ...PROFILES],
      queriesPerProfile: 3,
      sampling: { ...sampling, n: 2 },
      ...loop,
    },
    now: () => new Date(0),
    ...more,
  };
}

describe("quickstart", () => {
  it("goes from profiles to what the adapter changes, and shows it", async () => {
    const stages: string[] = [];
    const result = await quickstart(options({ onStage: (what) => stages.push(what) }));
    expect(stages.map((stage) => stage.split(" ")[0])).toEqual([
      "sampling",
      "judging",
      "editing",
      "evaluating",
      "training",
      "evaluating",
    ]);
    expect(result).toMatchObject({
      turns: 6,
      responses: 24,
      failed: [],
      notTrained: null,
      training: { steps: 1 },
      evaluation: { finding: "better", counts: { profiles: 2, questions: 6, turns: 12, responses: 24 }, leftOut: [] },
    });
    expect(result.tuned!.both.constraintSatisfaction.value).toBe(1);
    expect(result.tuned!.both.allSatisfied.value).toBe(1);
    const { base, difference } = result;
    expect(base!.both.constraintSatisfaction.value).toBeLessThan(0.8);
    expect(difference!.both.constraintSatisfaction.value).toBeCloseTo(1 - base!.both.constraintSatisfaction.value);
    expect(Object.keys(result.evaluation!.byProfile.base)).toEqual(["x", "y"]);

    // The same seeds for both, at the same turns; no model is in memory while another is, or the training.
    const [before, after] = opened;
    const asked = (chat: ScriptedModel) => chat.requests.map(({ messages, seed, n }) => ({ messages, seed, n }));
    expect(asked(after!.chat)).toEqual(asked(before!.chat).slice(6));
    expect(opened).toMatchObject([{ adapter: null, disposed: true }, { disposed: true }]);
    expect(after!.adapter).toBe(runPaths(join(directory, "training")).gguf);
    expect(trainings).toMatchObject([{ dataset: join(directory, "dataset"), settings: { rank: 4 } }]);

    const page = readFileSync(result.page, "utf8");
    expect(page).toContain("Better: with the adapter");
    expect(page).toContain('class="rpo-training"');
    for (const [, href] of page.matchAll(/href="((?!#|data:)[^"]+)"/g))
      expect(existsSync(join(directory, href!)), href).toBe(true);
  });

  it("evaluates by official programs, and asks no model where their tables are not here", async () => {
    vi.stubEnv("RPO_CACHE", join(directory, "cache"));
    onTestFinished(() => void vi.unstubAllEnvs());
    const withInstruction = (instruction_id: string, kwargs: Record<string, unknown>): QuickstartOptions => {
      const text = render(constraintOf({ instruction_id, kwargs }, { suite: "ifbench" }), "en");
      const profiles = HELD_OUT.map((one) => ({ ...one, constraints: [{ id: "c1", text }] }));
      return options({}, { profiles });
    };
    await expect(quickstart(withInstruction("words:odd_even_syllables", {}))).rejects.toThrow(
      /^code cannot judge .*: needs syllapy's syllables: .* rpo eval tables --pull$/,
    );
    expect(opened).toEqual([]);
    // No response has a number: none passes as it is asked, each passes reversed.
    const { base } = await quickstart(withInstruction("count:numbers", { N: 2 }));
    const { original, reversed } = base!;
    expect([original, reversed].map(({ constraintSatisfaction }) => constraintSatisfaction.value)).toEqual([0, 1]);
  });

  it("refuses a second process on the run before it changes anything, and leaves the run free at its end", async () => {
    const asked = (): Promise<unknown> => quickstart(options({}, {}));
    const first = asked();
    await expect(asked()).rejects.toThrow(`process ${process.pid}`);
    await first;
    lockRun(directory, () => new Date(0)).release();
  });

  it("writes what was asked so that `rpo train` can read it", async () => {
    await quickstart(options());
    const text = readFileSync(join(directory, "rpo.yaml"), "utf8");
    expect(parseRpoYaml(text, "rpo.yaml").train).toEqual({
      dataset: "dataset",
      model: "scripted",
      out: "training",
      method: "rpo",
      rank: 4,
      steps: 1,
    });
    // As data construction reads it: the same pairs again.
    expect(parseRunConfig(text, join(directory, "rpo.yaml"), { env: {} }).pairs).toMatchObject({
      method: "rpo",
      ...options().pairs,
      seed: options().sampling.seed,
    });
    expect(parseYaml(text).turns.evaluation).toMatchObject({ queriesPerProfile: 3, sampling: { n: 2 } });
  });

  it("asks no model for anything when all is there, and gives the same result", async () => {
    const first = await quickstart(options());
    opened = [];
    const again = await quickstart(options());
    expect(again).toEqual(first);
    expect(opened.flatMap(({ chat }) => chat.requests)).toEqual([]);
  });

  it("trains anew, and compares anew, where the pairs are others", async () => {
    const notices: string[] = [];
    await quickstart(options());
    const was = readFileSync(runPaths(join(directory, "training")).gguf, "utf8");
    writeFileSync(join(directory, "training", "left.txt"), "");
    await quickstart(options({ profiles: PROFILES.slice(0, 2), onNotice: (what) => notices.push(what) }));
    expect(notices).toEqual([expect.stringMatching(/training: of other pairs or settings; the training begins anew$/)]);
    expect(readFileSync(runPaths(join(directory, "training")).gguf, "utf8")).not.toBe(was);
    expect(existsSync(join(directory, "training", "left.txt"))).toBe(false);
    const tuned = opened.filter(({ adapter }) => adapter !== null);
    expect(tuned.map(({ chat }) => chat.requests.length)).toEqual([12, 12]);
  });

  it.each([
    { stage: "the first responses", after: 10, missing: "dataset" },
    { stage: "the evaluation before the training", after: 30, missing: "training" },
    { stage: "the evaluation after it", after: 60, missing: "nothing" },
  ])("keeps what is done when it is stopped in $stage, and goes on from there", async ({ after, missing }) => {
    const stop = new AbortController();
    let made = 0;
    const count =
      (open: NonNullable<QuickstartOptions["model"]["open"]>): typeof open =>
      (adapter) => {
        const chat = open(adapter);
        return {
          ...chat,
          generate: (request, given) =>
            chat.generate(request, {
              ...given,
              onChoice(choice) {
                if (choice.finishReason !== "aborted") made += 1;
                if (made === after) stop.abort();
                given?.onChoice?.(choice);
              },
            }),
        };
      };
    const asked = options();
    const open = count(asked.model.open!);
    const model = { ...asked.model, open };
    const stopped = quickstart({ ...asked, model, signal: stop.signal });
    await expect(stopped).rejects.toThrow(Interrupted);
    await expect(stopped).rejects.toMatchObject({ unit: "responses" });
    expect(existsSync(join(directory, missing))).toBe(false);
    expect(opened.every(({ disposed }) => disposed)).toBe(true);
    const result = await quickstart({ ...asked, model });
    expect(result.notTrained).toBeNull();
    // 24 for pairs and 24 by each model; at most the request that was under way is asked for twice, and kept once.
    expect(made).toBeGreaterThanOrEqual(24 + 24 + 24);
    expect(made).toBeLessThanOrEqual(24 + 24 + 24 + 4);
    expect(trainings.length).toBeLessThanOrEqual(2);
  });

  it("tells of a stop in the training in steps, and goes on with it", async () => {
    const stopping = options({}, { train: () => Promise.reject(new TrainingStopped(3, 8)) });
    await expect(quickstart(stopping)).rejects.toMatchObject({ name: "Interrupted", done: 3, total: 8, unit: "steps" });
    mkdirSync(join(directory, "training"));
    writeFileSync(join(directory, "training", "last.ckpt"), "");
    await quickstart(options());
    expect(existsSync(join(directory, "training", "last.ckpt"))).toBe(true);
    expect(opened.flatMap(({ adapter, chat }) => (adapter === null ? chat.requests : []))).toHaveLength(6 + 12);
  });

  it("tells of held-out turns that fail, and compares by the others", async () => {
    const asked = options();
    const open: QuickstartOptions["model"]["open"] = (adapter) => {
      const chat = asked.model.open!(adapter);
      return {
        ...chat,
        generate: (request, given) =>
          adapter !== null && request.messages[1]!.content === "Hm"
            ? Promise.reject(new Error("out of memory"))
            : chat.generate(request, given),
      };
    };
    const result = await quickstart({ ...asked, model: { ...asked.model, open } });
    expect(result.failed.map(({ id, cause }) => `${id} ${cause}`)).toEqual(
      ["x", "y"].flatMap((id) => [`${id}/q3/original out of memory`, `${id}/q3/reversed out of memory`]),
    );
    expect(result.evaluation!.counts).toMatchObject({ questions: 4, responses: 16 });
  });

  it("ends with the pairs where it is told to, where there is no model, and where there are no pairs, and says why", async () => {
    const nothing = { training: null, base: null, tuned: null, difference: null, evaluation: null };
    expect(await quickstart(options({ training: "--no-train" }))).toMatchObject({
      notTrained: "--no-train",
      ...nothing,
    });
    expect(readFileSync(join(directory, "index.html"), "utf8")).not.toContain('id="result"');
    const alike = () => scriptedModel(["tide"]);
    const model = { name: "scripted", identity: "other", open: alike };
    expect(await quickstart(options({ model }))).toMatchObject({
      pairs: 0,
      notTrained: expect.stringContaining("no training pairs"),
      ...nothing,
    });
    expect(trainings).toEqual([]);
  });
});
