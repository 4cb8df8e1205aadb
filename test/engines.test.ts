// The engines' Python package with the real packages, on the CPU: TRL's self-check, whole, by `rpo doctor`, and the package by
// itself. LLaMA-Factory's is in engine-llamafactory.test.ts. `npm test` makes the environments (setup/python.mjs).
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineReport } from "../src/engine/engine-check.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const { trlPython, venvPython } = (await import(new URL("../setup/python.mjs", import.meta.url).href)) as {
  trlPython: string;
  venvPython: string;
};
/** Several imports of PyTorch, and three processes that train, on a machine that does other things too. */
const LONG_MS = 1_200_000;

let home: string;
beforeAll(async () => {
  for (const python of [trlPython, venvPython])
    if (!existsSync(python)) throw new Error(`${python} is missing: \`npm test\` makes its environment`);
  home = await mkdtemp(join(tmpdir(), "rpo-engines-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** `rpo doctor` in a process of its own. */
async function doctor(...args: string[]): Promise<{ code: number | null; report: EngineReport; said: string }> {
  const child = spawn(process.execPath, [join(ROOT, "bin/rpo.mjs"), "doctor", ...args, "--json"], {
    env: { ...process.env, RPO_ENGINES: join(home, "none") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, report: JSON.parse(out), said };
}

describe("rpo doctor --engine trl", () => {
  it(
    "holds in every line of the self-check with the locked versions",
    async () => {
      const { code, report, said } = await doctor("--engine", "trl", "--python", trlPython, "--device", "cpu");
      expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(report.checks.map(({ name }) => name)).toEqual([
        "versions",
        "engine loads",
        "first loss is softplus(γg)",
        "losses follow their margins",
        "γ = 0 is DPO",
        "gradients scale by σ(γg)/0.5",
        "label smoothing and likelihood are TRL's",
        "loss after 5 steps",
        "the same, smoothed and with a likelihood",
        "reference computed in each step",
        "accumulation of 4",
        "accumulation of 1",
        "all weights",
        "all weights, reference in each step",
        "evaluation loop",
        "rewards are not shifted",
        "resume in the middle of an epoch",
        "two processes",
        "control: column deleted",
        "control: stock collator",
        "control: stock trainer",
        "control: a loss that ignores the reference",
        "control: a reference of another model",
        "refusals",
        "loss after 5 steps, computed again in TypeScript",
      ]);
      expect(report).toMatchObject({ engine: "trl", ok: true, device: "cpu", versions: { trl: "1.16.0" } });
      expect(said).toContain("ok   γ = 0 is DPO");
      expect(code).toBe(0);
    },
    LONG_MS,
  );

  it("refuses a version of TRL that nobody has checked", async () => {
    const { code, report } = await doctor("--engine", "trl", "--python", venvPython);
    expect(code).toBe(1);
    expect(report.ok).toBe(false);
    expect(report.checks[0]).toMatchObject({ name: "versions", ok: false });
    expect(report.checks[0]?.detail).toMatch(/trl 0\.24\.0 is installed; trl needs trl 1\.16\.0/);
  });

  it("fails where the engine is not installed, and says how it is", async () => {
    const { code, report } = await doctor("--engine", "trl");
    expect(code).toBe(1);
    expect(report.checks).toMatchObject([{ name: "environment", ok: false }]);
    expect(report.checks[0]?.detail).toContain("`rpo engines install trl`");
  });
});

describe("the Python package", () => {
  it(
    "passes its own tests",
    async () => {
      const env = { ...process.env, PYTHONPATH: join(ROOT, "engines/src"), PYTHONDONTWRITEBYTECODE: "1" };
      const { stderr } = await promisify(execFile)(
        trlPython,
        // Those of LLaMA-Factory's modules run where it is installed (engine-llamafactory.test.ts).
        ["-m", "unittest", "discover", "-s", "tests", "-p", "test_[!l]*.py"],
        { cwd: join(ROOT, "engines"), env },
      );
      expect(stderr).toMatch(/Ran [1-9]\d* tests/);
      expect(stderr).toMatch(/\nOK\s*$/);
    },
    LONG_MS,
  );

  it(
    "is installed by pip alone, typed",
    async () => {
      // pip leaves its build beside the sources.
      const sources = join(home, "engines");
      await cp(join(ROOT, "engines"), sources, { recursive: true, filter: (path) => !path.includes("__pycache__") });
      const target = join(home, "installed");
      const alone = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", target];
      await promisify(execFile)(trlPython, ["-m", "pip", "install", ...alone, sources]);
      const code =
        "import importlib.metadata as m, rpo_engines.margin as a, pathlib; p = pathlib.Path(a.__file__).parent;" +
        "print((p / 'py.typed').exists(), (p / 'trl' / 'trainer.py').exists(), m.version('rpo-engines'), a.expected_first_loss([1], gamma=0.5))";
      const { stdout } = await promisify(execFile)(trlPython, ["-c", code], {
        env: { ...process.env, PYTHONPATH: target },
      });
      expect(stdout.trim()).toMatch(/^True True 0\.1\.0 0\.97407698/);
    },
    LONG_MS,
  );
});
