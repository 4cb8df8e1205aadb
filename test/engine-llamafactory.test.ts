// The self-check of the LLaMA-Factory engine, with the real packages on the CPU: a generated tiny model is trained through
// LLaMA-Factory's own loader, collator and trainer, two processes of torchrun included. What it dumps of one step is computed
// anew here, by the objective of the embedded trainer, in double precision.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { DEFAULT_OBJECTIVE, evaluateRowLoss, rowLoss } from "../src/train/objective.ts";

const PYTHON = fileURLToPath(
  new URL(process.platform === "win32" ? "../.venv/Scripts/python.exe" : "../.venv/bin/python", import.meta.url),
);
const SOURCES = fileURLToPath(new URL("../engines/src/", import.meta.url));
const UNIT_TESTS = fileURLToPath(new URL("../engines/tests/", import.meta.url));

/** Some forty small trainings, 70 s of two idle cores, on a machine that runs other tests too. */
const SELF_CHECK_MS = 1_200_000;

const reportSchema = z.strictObject({
  engine: z.literal("llamafactory"),
  versions: z.record(z.string(), z.string()),
  device: z.literal("cpu"),
  ok: z.boolean(),
  checks: z.array(z.strictObject({ name: z.string(), ok: z.boolean(), detail: z.string(), seconds: z.number() })),
});

const numbers = z.array(z.number()).min(3);
const dumpSchema = z.strictObject({
  step: z.int(),
  beta: z.number(),
  gamma: z.number(),
  loss: z.number(),
  chosen_logps: numbers,
  rejected_logps: numbers,
  ref_chosen_logps: numbers,
  ref_rejected_logps: numbers,
  margins: numbers,
  losses: numbers,
});

let home = "";

function python(args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  if (!existsSync(PYTHON)) throw new Error(".venv/ is missing: `npm test` makes it, or `node setup/run.mjs setup`");
  const env = {
    ...process.env,
    PYTHONPATH: SOURCES,
    PYTHONUTF8: "1",
    PYTHONDONTWRITEBYTECODE: "1",
    OMP_NUM_THREADS: "1",
    HF_HOME: join(home, "hf"),
  };
  return promisify(execFile)(PYTHON, args, { env, cwd: home, maxBuffer: 1 << 26 });
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "rpo-engine-llamafactory-"));
});

afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

describe("the LLaMA-Factory engine", () => {
  it("passes its unit tests", async () => {
    const pattern = ["-p", "test_llamafactory_*.py"];
    const { stderr } = await python(["-m", "unittest", "discover", "-s", UNIT_TESTS, ...pattern]);
    expect(stderr).toMatch(/^Ran [1-9]\d* tests/m);
    expect(stderr.trim()).toMatch(/\nOK$/);
  });

  it(
    "passes its self-check, and its losses are those of the embedded trainer's objective",
    async () => {
      const dump = join(home, "dump.json");
      const check = ["-m", "rpo_engines.selfcheck", "llamafactory", "--json", "--device", "cpu", "--dump", dump];
      const answer = await python(check).catch(
        (error: { readonly stdout?: string; readonly stderr?: string }) => error,
      );
      const line = answer.stdout?.trim() ?? "";
      if (!line.startsWith("{")) throw new Error(`the self-check gave no report:\n${answer.stderr?.slice(-4000)}`);
      const report = reportSchema.parse(JSON.parse(line));
      expect(report.checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`)).toEqual([]);
      expect(report.ok).toBe(true);
      const names = report.checks.map(({ name }) => name).join("\n");
      for (const wanted of [
        "step 0",
        "permuted",
        "stock DPO",
        "two processes",
        "resumed",
        "column deleted",
        "stock classes",
      ])
        expect(names).toContain(wanted);

      const seen = dumpSchema.parse(JSON.parse(await readFile(dump, "utf8")));
      const objective = { ...DEFAULT_OBJECTIVE, method: "rpo", beta: seen.beta, gamma: seen.gamma } as const;
      const losses = seen.margins.map((margin, at) => {
        const pair = (chosen: readonly number[], rejected: readonly number[]) => [
          chosen[at] as number,
          rejected[at] as number,
        ];
        // The prompt and tokens have no part in the loss once their log-probabilities are known.
        const completions = [Int32Array.of(0), Int32Array.of(0)];
        const row = { id: `pair ${at + 1}`, prompt: Int32Array.of(0), completions, margin, desirable: true };
        const reference = pair(seen.ref_chosen_logps, seen.ref_rejected_logps);
        const terms = { z0: 0, tokensPerRow: 1 };
        return evaluateRowLoss(rowLoss(objective, row, reference, terms), pair(seen.chosen_logps, seen.rejected_logps))
          .loss;
      });
      losses.forEach((loss, at) => {
        expect(Math.abs(loss - (seen.losses[at] as number))).toBeLessThan(1e-5);
      });
      const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
      expect(Math.abs(mean - seen.loss)).toBeLessThan(1e-4); // the trainer's log has four decimals
    },
    SELF_CHECK_MS,
  );
});
