// A program that behaves as an engine's interpreter does towards who starts it, for tests: answers what packages it has, and for
// `-m rpo_engines.…` or torchrun reads train.yaml, writes metrics.jsonl step by step, saves when it is interrupted, goes on from
// there, and leaves a PEFT adapter. Goes wrong as STAND_IN (JSON) says. Trains nothing.
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { writePeftAdapter } from "../adapter/peft.ts";
import { initialLora } from "../train/lora-init.ts";
import { LINEAR_LAYERS } from "../weights/architecture.ts";
import { tinyArchitecture } from "../weights/tiny-architecture.ts";

interface Behaviour {
  /** Versions by package, beside those of an environment that can train. */
  readonly packages?: Readonly<Record<string, string | null>>;
  readonly stepMs?: number;
  /** Fails after this step with these lines and this code. */
  readonly failAfter?: number;
  readonly says?: readonly string[];
  readonly code?: number;
  /** Ends by this signal in place of a code. */
  readonly signal?: NodeJS.Signals;
  /** Takes no notice of being interrupted. */
  readonly deaf?: boolean;
  /** File that gets the number of a process which it leaves in a session of its own, as torchrun's ranks are. */
  readonly rank?: string;
  /** File that each start adds a line of JSON to. */
  readonly record?: string;
}

const behaviour = JSON.parse(process.env.STAND_IN ?? "{}") as Behaviour;
const args = process.argv.slice(2);

if (args[0] === "-c") {
  const packages = { torch: "2.13.0", trl: "1.16.0", llamafactory: "0.9.5", ...behaviour.packages };
  const asked = args.slice(2).map((name) => [name, Reflect.get(packages, name) ?? null]);
  process.stdout.write(`${JSON.stringify({ python: "3.11.7", ...Object.fromEntries(asked) })}\n`);
} else await train();

async function train(): Promise<void> {
  if (behaviour.record !== undefined)
    appendFileSync(
      behaviour.record,
      `${JSON.stringify({ args, cwd: process.cwd(), gpus: process.env.CUDA_VISIBLE_DEVICES ?? null })}\n`,
    );
  const isTrl = args.includes("rpo_engines.trl");
  const config = parse(readFileSync(args.at(-1) ?? "", "utf8")) as Record<string, unknown>;
  const out = resolve("..");
  const checkpoints = isTrl ? join(out, "checkpoints") : resolve(String(config.output_dir));
  const metrics = join(out, "metrics.jsonl");
  const steps = Number(isTrl ? config.steps : config.max_steps);
  mkdirSync(checkpoints, { recursive: true });
  if (behaviour.rank !== undefined) {
    const rank = spawn("sleep", ["600"], { stdio: "ignore", detached: true });
    writeFileSync(behaviour.rank, String(rank.pid));
  }
  let asked = false;
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.on(name, () => {
      asked = !behaviour.deaf;
    });
  const saved = readdirSync(checkpoints).map((name) => Number(name.split("-")[1]));
  const from = Math.max(0, ...saved.filter(Number.isFinite));
  const kept = existsSync(metrics)
    ? readFileSync(metrics, "utf8")
        .split("\n")
        .filter((line) => line !== "" && (JSON.parse(line) as { step: number }).step <= from)
    : [];
  rmSync(metrics, { force: true });
  writeFileSync(metrics, kept.map((line) => `${line}\n`).join(""));
  process.stdout.write("stand-in for an engine\n");
  for (let step = from + 1; step <= steps; step += 1) {
    await new Promise((done) => setTimeout(done, behaviour.stepMs ?? 1));
    appendFileSync(metrics, `${JSON.stringify(record(step))}\n`);
    if (step === behaviour.failAfter) {
      for (const line of behaviour.says ?? []) process.stderr.write(`${line}\n`);
      if (behaviour.signal !== undefined) process.kill(process.pid, behaviour.signal);
      process.exit(behaviour.code ?? 1);
    }
    if (asked && step < steps) {
      mkdirSync(join(checkpoints, `checkpoint-${step}`));
      process.exit(130);
    }
  }
  const folder = isTrl ? join(out, "adapter") : checkpoints;
  const lora = initialLora(tinyArchitecture("llama"), { rank: 4, alpha: 8, dropout: 0, targets: LINEAR_LAYERS }, 1);
  await writePeftAdapter(folder, { lora, base: { name: null, identity: null } });
}

function record(step: number) {
  return {
    kind: "step",
    step,
    epoch: step / 10,
    learningRate: 1e-4,
    gradientNorm: 1,
    kl: null,
    seconds: 0.5,
    loss: 0.7 - step / 100,
    margin: 0.1,
    rewardMargin: step / 100,
    rewardAccuracy: 0.75,
    marginAccuracy: 0.5,
    chosenReward: 0,
    rejectedReward: 0,
    chosenLogprob: -10,
    rejectedLogprob: -12,
    rows: 4,
    tokens: 400,
  };
}
