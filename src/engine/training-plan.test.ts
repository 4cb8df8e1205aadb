import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { type TrainSettingsInput, trainSettings } from "../train/train-settings.ts";
import { CUTOFFS, chosenCutoff, percentileOf, ruleBatch } from "./cutoff.ts";
import { type EngineSettingsInput, engineSettings } from "./engine-settings.ts";
import { modelFacts } from "./model-facts.ts";
import { LLAMA_8B, LLAMA_70B } from "./paper-configs.fixture.ts";
import { PRESET_NAMES, preset, presetList, withPreset } from "./presets.ts";
import { templateName } from "./template-name.ts";
import { type Hardware, type TrainingPlan, trainingPlan } from "./training-plan.ts";

const GPU: Hardware = {
  device: "cuda",
  perNode: 8,
  nodes: 1,
  bytes: 80e9,
  packages: { deepspeed: true, flashAttention: true },
};

interface Asked {
  readonly settings?: Partial<TrainSettingsInput>;
  readonly engineSettings?: EngineSettingsInput;
  readonly hardware?: Partial<Hardware>;
  readonly config?: object;
  readonly rows?: number;
  readonly cutoff?: number;
  readonly engine?: "trl" | "llamafactory";
}

function plan({ settings = {}, config = LLAMA_8B, rows = 100_000, cutoff = 4096, ...asked }: Asked = {}): TrainingPlan {
  const given = { method: "rpo" as const, ...settings };
  return trainingPlan({
    engine: asked.engine ?? "trl",
    settings: trainSettings.parse(given),
    engineSettings: engineSettings.parse(asked.engineSettings ?? {}),
    asked: new Set(Object.keys(given)),
    presetPerDevice: null,
    model: modelFacts(config),
    rows: { train: rows, validation: 100 },
    percentile: 3000,
    cutoff,
    hardware: { ...GPU, ...asked.hardware },
  });
}

describe("the cutoff", () => {
  it("is the smallest of 256 … 8192 above the 95th percentile", () => {
    assert(
      property(integer({ min: 1, max: 8191 }), integer({ min: 1, max: 400 }), (most, count) => {
        const lengths = Int32Array.from({ length: count }, (_, index) => 1 + Math.floor((index * most) / count));
        const { cutoff, percentile } = chosenCutoff(lengths, null);
        expect(cutoff).toBeGreaterThan(percentile);
        expect(CUTOFFS.filter((smaller) => smaller < cutoff && smaller > percentile)).toEqual([]);
        expect(lengths.filter((length) => length <= percentile).length).toBeGreaterThan(0.95 * count);
      }),
    );
  });

  it("is no more than the model's context, and must be asked for where rows are longer than all of them", () => {
    const lengths = Int32Array.from({ length: 100 }, (_, index) => 20 * index);
    expect(percentileOf(lengths, 0.95)).toBe(1900);
    expect(chosenCutoff(lengths, null).cutoff).toBe(2048);
    expect(chosenCutoff(lengths, 512).cutoff).toBe(512);
    expect(() => chosenCutoff(Int32Array.of(9000), null)).toThrow(/9000 tokens.*give --max-length/);
    expect(() => chosenCutoff(new Int32Array(), null)).toThrow("no rows");
  });
});

describe("rows at once", () => {
  it("are 8192 / cutoff, half from 70 billion weights", () => {
    expect(modelFacts(LLAMA_8B).parameters).toBeCloseTo(8.03e9, -8);
    expect(modelFacts(LLAMA_70B).parameters).toBeCloseTo(70.55e9, -8);
    expect(CUTOFFS.map((cutoff) => ruleBatch(cutoff, 8e9))).toEqual([32, 16, 8, 4, 2, 1]);
    expect(CUTOFFS.map((cutoff) => ruleBatch(cutoff, 70.6e9))).toEqual([16, 8, 4, 2, 1, 1]);
  });

  it("are fewer where the memory is small, and a step keeps its rows", () => {
    const large = plan();
    const small = plan({ hardware: { bytes: 24e9 } });
    expect([large.perDevice.value, large.accumulation.value, large.effective]).toEqual([2, 64, 1024]);
    expect(small.perDevice.value).toBeLessThan(large.perDevice.value);
    expect(small.perDevice.why).toContain("24 GB");
    expect(small.effective).toBe(1024);
    expect(plan({ hardware: { bytes: 12e9 } }).notices.join()).toMatch(
      /one row of 4096 tokens is estimated not to fit 12 GB/,
    );
  });

  it("a step has those asked for, spread evenly; fewer for few rows", () => {
    assert(
      property(integer({ min: 1, max: 4096 }), integer({ min: 1, max: 16 }), (batch, perNode) => {
        const made = plan({ settings: { batch }, hardware: { perNode } });
        expect(made.effective).toBe(made.perDevice.value * made.accumulation.value * perNode);
        if (batch % perNode === 0) expect([made.effective, made.notices]).toEqual([batch, []]);
        else expect(made.notices.join()).toContain(`--batch ${batch} is no multiple`);
      }),
    );
    const few = plan({ rows: 500 });
    expect(few.effective).toBe(56);
    expect(few.accumulation.why).toContain("the paper's 1024 would leave 500 rows fewer than 8 steps an epoch");
  });
});

describe("steps", () => {
  it("are logged at every hundredth, saved every fifth log, warmed up over a tenth", () => {
    const made = plan({ rows: 200_000 });
    expect(made.steps.value).toBe(3 * 196);
    expect([made.logging, made.saving, made.evaluation, made.warmupSteps].map((each) => each?.value)).toEqual([
      5, 25, 25, 59,
    ]);
    const asked = plan({ settings: { steps: 40, saveEvery: 7, evalEvery: 9, warmup: 3 } });
    expect([asked.steps, asked.saving, asked.evaluation, asked.warmupSteps].map((each) => each?.value)).toEqual([
      40, 7, 9, 3,
    ]);
    expect(asked.epochs).toBeNull();
  });
});

describe("how the model lies over the processes", () => {
  it.each([
    ["one large processor, a small model", {}, { perNode: 1 }, "none"],
    ["eight large ones, a small model", {}, {}, "zero2"],
    ["eight large ones, a large model", { config: LLAMA_70B }, {}, "zero3"],
    ["one large one, a large model", { config: LLAMA_70B }, { perNode: 1 }, "zero3-offload"],
    ["two small ones, a large model", { config: LLAMA_70B }, { perNode: 2, bytes: 24e9 }, "zero3-offload"],
    ["several, of unknown memory", {}, { bytes: null }, "zero3"],
    ["several, a model of unknown size", { config: { model_type: "odd" } }, {}, "zero3"],
    ["a CPU", {}, { device: "cpu" as const, bytes: null }, "none"],
    [
      "no DeepSpeed, a large model",
      { config: LLAMA_70B },
      { packages: { deepspeed: false, flashAttention: false } },
      "fsdp",
    ],
    ["no DeepSpeed, a small model", {}, { packages: { deepspeed: false, flashAttention: false } }, "none"],
  ])("%s", (_, asked, hardware, sharding) => {
    const made = plan({ ...asked, hardware });
    expect([made.sharding.value, made.sharding.why.length > 0]).toEqual([sharding, true]);
  });

  it("refuses what can't be", () => {
    const bare = { packages: { deepspeed: false, flashAttention: false } };
    expect(() => plan({ engineSettings: { sharding: "zero3" }, hardware: bare })).toThrow(
      /pip install deepspeed.*fsdp/,
    );
    expect(() => plan({ engineSettings: { sharding: "zero3" }, hardware: { device: "cpu" } })).toThrow(
      "needs a graphics processor",
    );
    expect(() => plan({ config: LLAMA_70B, hardware: { ...bare, perNode: 1 } })).toThrow(
      /don't fit 80 GB × 1.*pip install deepspeed/,
    );
    expect(() => plan({ engineSettings: { attention: "fa2" }, hardware: bare })).toThrow(/pip install flash-attn/);
    expect(() => plan({ settings: { threads: 2 } })).toThrow("--threads: is for --engine embedded");
    expect(() => plan({ rows: 0 })).toThrow("no rows are left");
  });
});

describe("presets", () => {
  it("are four models by four methods, each with its sources", () => {
    expect(PRESET_NAMES).toHaveLength(16);
    for (const name of PRESET_NAMES) {
      const made = preset(name);
      expect(name).toContain(made.settings.method);
      expect(trainSettings.safeParse(made.settings).success).toBe(true);
      expect(made.settings.batch).toBe(64 * made.perDevice * made.gpus);
      expect(made.sources.join("\n")).toMatch(/paper: [\s\S]*reference code/);
    }
    expect(presetList().split("\n")).toHaveLength(17);
  });

  it("go under what is asked for", () => {
    const of = preset("llama-3.1-8b-rpo");
    expect(withPreset(of, { method: "rpo" })).toMatchObject({ epochs: 3, gamma: 0.05, learningRate: 5e-4 });
    const asked = withPreset(of, { method: "rpo", steps: 5, referenceCompat: true, learningRate: 1e-5 });
    expect(asked).toMatchObject({ steps: 5, referenceCompat: true, learningRate: 1e-5 });
    expect(asked).not.toHaveProperty("epochs");
    expect(asked).not.toHaveProperty("gamma");
    expect(trainSettings.safeParse(asked).success).toBe(true);
  });
});

describe("LLaMA-Factory's template", () => {
  it.each([
    ["llama", "{{ '<|start_header_id|>' }}", "llama3"],
    ["llama", "You are a helpful AI assistant named SmolLM, <|im_start|>", "smollm2"],
    ["qwen2", "<|im_start|>", "qwen"],
    ["qwen3", "<|im_start|> … <think>", "qwen3"],
    ["qwen3", "<|im_start|>", "qwen3_nothink"],
    ["gemma3", "<start_of_turn>", "gemma3"],
    ["llama", "<|im_start|>", null],
    ["qwen2", null, null],
  ])("of %s with %s: %s", (family, template, name) => {
    expect(templateName(family, template)).toBe(name);
  });
});
