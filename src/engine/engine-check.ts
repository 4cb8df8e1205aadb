// The self-check of an engine: rpo_engines runs it in the engine's environment and reports; the losses that it dumps are computed again
// here. Holds only if all of it holds.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import type { Environment } from "../model/model-cache.ts";
import { engineVariables } from "./engine-environment.ts";
import type { EngineName } from "./engine-name.ts";
import { compareLosses, dumpedBatch } from "./recomputed-loss.ts";

const check = z.object({ name: z.string(), ok: z.boolean(), detail: z.string(), seconds: z.number() });
export type EngineCheck = z.output<typeof check>;

const report = z.object({
  engine: z.string(),
  versions: z.record(z.string(), z.string()),
  device: z.string(),
  ok: z.boolean(),
  checks: z.array(check).min(1),
});
export type EngineReport = z.output<typeof report>;

export interface EngineCheckOptions {
  readonly env: Environment;
  /** The engine's interpreter. */
  readonly python: string;
  /** "auto": CUDA too, where there is any. */
  readonly device: "auto" | "cpu" | "cuda";
  readonly signal: AbortSignal;
  /** Given each check's line as it comes. */
  readonly onLine: (line: string) => void;
}

/** Updates after which the policy is another than the reference, and how far a loss may then be off (spec/engines.md). */
const LATE = 5;
const TOLERANCE = 1e-4;
/** Lines of the program's output that are shown where it ends without a report. */
const SHOWN_LINES = 10;

/**
 * Runs an engine's self-check.
 * @throws InputError where the interpreter can't be started or ends without a report; the signal's reason
 */
export async function checkEngine(engine: EngineName, options: EngineCheckOptions): Promise<EngineReport> {
  const scratch = await mkdtemp(join(tmpdir(), "rpo-doctor-"));
  try {
    const dump = join(scratch, "pairs.jsonl");
    const found = await run(engine, dump, options);
    const again = await recomputed(dump);
    const checks = [...found.checks, again];
    return { ...found, checks, ok: found.ok && checks.every(({ ok }) => ok) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A report that says only why there is none. */
export const failedReport = (engine: EngineName, name: string, detail: string): EngineReport => ({
  engine,
  versions: {},
  device: "",
  ok: false,
  checks: [{ name, ok: false, detail, seconds: 0 }],
});

async function run(engine: EngineName, dump: string, options: EngineCheckOptions): Promise<EngineReport> {
  const { env, python, device, signal, onLine } = options;
  signal.throwIfAborted();
  const args = ["-m", "rpo_engines.selfcheck", engine, "--json", "--device", device, "--dump", dump];
  const child = spawn(python, args, { env: engineVariables(env), stdio: ["ignore", "pipe", "pipe"], signal });
  let out = "";
  const last: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  createInterface({ input: child.stderr }).on("line", (raw) => {
    const line = stripVTControlCharacters(raw).trimEnd();
    if (line === "") return;
    last.push(line);
    if (last.length > SHOWN_LINES) last.shift();
    if (/^(?:ok|FAIL)\s/.test(line)) onLine(line);
  });
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exit, by) => resolve(exit ?? by ?? 1));
  }).catch((error: Error) => {
    signal.throwIfAborted();
    throw new InputError(`${python}: ${error.message}`);
  });
  const parsed = report.safeParse(jsonOf(out));
  if (!parsed.success)
    throw new InputError(`${python}: the self-check ended (${code}) without a report\n${last.join("\n")}`);
  // The program's own verdict counts too.
  return { ...parsed.data, ok: parsed.data.ok && code === 0 };
}

async function recomputed(dump: string): Promise<EngineCheck> {
  const start = performance.now();
  const result = (ok: boolean, detail: string): EngineCheck => {
    const seconds = Math.round(performance.now() - start) / 1000;
    return { name: `loss after ${LATE} steps, computed again in TypeScript`, ok, detail, seconds };
  };
  const text = await readFile(dump, "utf8").catch(() => null);
  if (text === null) return result(false, "the engine left no log-probabilities");
  const lines = text.split("\n").filter((line) => line !== "");
  const parsed = z.array(dumpedBatch).safeParse(lines.map(jsonOf));
  if (!parsed.success) return result(false, `its log-probabilities can't be read: ${parsed.error.issues[0]?.message}`);
  const { batches, late, worst } = compareLosses(parsed.data, LATE);
  if (late === 0) return result(false, `it made ${batches} batches and none after ${LATE} steps`);
  const detail = `${batches} batches, ${late} of them after ${LATE} steps: off by ${worst.toExponential(1)} at most`;
  return result(worst <= TOLERANCE, worst <= TOLERANCE ? detail : `${detail}; ${TOLERANCE} is allowed`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The report for a person: a line a check, then the verdict. */
export function reportText({ engine, versions, device, ok, checks }: EngineReport): string {
  const lines = checks.map((one) => `${one.ok ? "ok  " : "FAIL"}  ${one.name}: ${one.detail}\n`);
  const failed = checks.filter((one) => !one.ok).length;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const where = device === "" ? "" : ` on ${device}`;
  const verdict = ok
    ? `${engine}${where}: the margin reaches the loss (${checks.length} checks hold)`
    : `${engine}${where}: ${failed} of ${checks.length} checks fail: do not train with it`;
  return `${lines.join("")}${named.length > 0 ? `${named.join(", ")}\n` : ""}${verdict}\n`;
}
