import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { InputError } from "../../dataset/input-error.ts";
import { type Architecture, LINEAR_LAYERS } from "../../weights/architecture.ts";
import { tinyArchitecture } from "../../weights/tiny-architecture.ts";
import type { LoraConfig } from "../lora-weights.ts";
import { chooseForm, stepBytes } from "./memory-form.ts";

const folder = mkdtempSync(join(tmpdir(), "rpo-memory-form-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config: LoraConfig = { rank: 8, alpha: 16, dropout: 0, targets: LINEAR_LAYERS };

/** Small weights and large activations, so that a process's peak tells what the rows take. */
const wide: Architecture = {
  ...tinyArchitecture("llama"),
  heads: 8,
  kvHeads: 4,
  feedForward: 512,
  contextLength: 2048,
  layers: Array.from({ length: 8 }, () => ({ window: null, ropeTheta: 10_000, ropeFactors: null })),
};

/** Tokens of the row: two thirds prompt, the rest two completions. */
const LONGEST = 900;

/** Peak of a process that takes two steps with the longest row, in bytes. */
function peak(form: "whole" | "blocks"): number {
  const from = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const script = join(folder, `${form}.mjs`);
  writeFileSync(
    script,
    `import { existsSync, readFileSync } from "node:fs";
    import { embeddedEngine } from ${from("./engine.ts")};
    import { initialLora } from ${from("../lora-init.ts")};
    import { randomFrozenWeights } from ${from("../../weights/random-weights.ts")};
    const architecture = ${JSON.stringify(wide)};
    const config = ${JSON.stringify(config)};
    const weights = randomFrozenWeights(architecture, 1, ${JSON.stringify(join(folder, `${form}.bin`))});
    const engine = await embeddedEngine({ weights, config, longest: ${LONGEST}, form: "${form}", threads: 1 });
    const tokens = (length) => Int32Array.from({ length }, (_, i) => (i * 37) % architecture.vocabulary);
    const row = { id: "row", prompt: tokens(${LONGEST - 300}), completions: [tokens(150), tokens(150)], margin: 1, desirable: true };
    const loss = { slope: [0.1, -0.1], bias: 0, linear: [0, 0], softplusOfMinus: 1, softplusOfPlus: 0, sigmoidOfMinus: 0 };
    for (const seed of [1, 2]) await engine.step(row, initialLora(architecture, config, 1), loss, seed);
    // What Linux tells in maxRSS begins with the parent's.
    const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
    process.stdout.write(String(1024 * Number(/VmHWM:\\s+(\\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS)));`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, [script], { encoding: "utf8" });
  expect(stderr).toBe("");
  return Number(stdout);
}

describe("stepBytes", () => {
  const estimate = stepBytes(wide, config, LONGEST);

  it.each(["whole", "blocks"] as const)("is above what a process takes in the form %s, but not by much", (form) => {
    const measured = peak(form);
    expect(measured).toBeLessThan(estimate[form]);
    expect(measured).toBeGreaterThan(estimate[form] / 3);
  });

  it("grows with the row, the rank and what else a family keeps", () => {
    const more = (architecture: Architecture, of: LoraConfig, longest: number) => {
      const { whole, blocks } = stepBytes(architecture, of, longest);
      expect(whole).toBeGreaterThan(estimate.whole);
      expect(blocks).toBeGreaterThan(estimate.blocks);
    };
    more(wide, config, LONGEST + 1);
    more(wide, { ...config, rank: 9 }, LONGEST);
    more(wide, { ...config, dropout: 0.1 }, LONGEST);
    more({ ...wide, qkNorm: true }, config, LONGEST);
    more({ ...wide, postNorms: true }, config, LONGEST);
  });
});

describe("chooseForm", () => {
  const { whole, blocks } = stepBytes(wide, config, LONGEST);
  const choose = (free: number, limit: number | null) => chooseForm(wide, config, LONGEST, { free, limit });

  it("takes the whole form where it fits, by what is allowed or else by what is free", () => {
    expect(choose(whole, null)).toBe("whole");
    expect(choose(whole - 1, null)).toBe("blocks");
    expect(choose(0, whole)).toBe("whole");
    expect(choose(2 * whole, whole - 1)).toBe("blocks");
  });

  it("refuses what the user doesn't allow, and tries what only seems not to be free", () => {
    expect(() => choose(2 * whole, blocks - 1)).toThrow(InputError);
    expect(() => choose(2 * whole, 1e8)).toThrow(
      /^memory: a row of 900 tokens takes about 0\.\d GB .* 0\.1 GB are allowed/,
    );
    expect(choose(1, null)).toBe("blocks");
  });
});
