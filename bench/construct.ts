// A run of SysBank's size by simulation, scaled down: `node bench/construct.ts [PROFILES] [LATENCY] [SLOTS]` (319, 20 ms and 64
// where left out; 319 is 1:100 of SysBank's 31,877). Profiles in English and Chinese in equal parts, 5 turns, 5 samples of responder
// and policy, and the settings of a new rpo.yaml else, by `rpo run` against the scripted server with typical answers
// (construct/typical-answers.ts), which runs in a process of its own. Free-text constraints are made different in each profile, as
// they are in real ones, so that each is reversed for itself. Measured: a run a quarter as large and the whole one, and each once
// more when nothing is left to do, all in processes of their own; from the two sizes follows what grows with the number of profiles.
// Extrapolated from them: store, memory and hours of 31,877 profiles, at this machine's rate and at given rates of endpoints. Says
// nothing of quality, and nothing of what real models' failures add.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { typicalAnswer } from "../src/construct/typical-answers.ts";
import { typicalTokens } from "../src/construct/typical-model.ts";
import type { ResponseSchema } from "../src/model/model.ts";
import { sampleSeed } from "../src/model/sample-seed.ts";
import { type ServedSample, scriptedServer } from "../src/model/scripted-server.ts";
import type { Message } from "../src/profile/message.ts";

const THIS = fileURLToPath(import.meta.url);
/** Profiles of SysBank (Huang et al., 2025). */
const SYSBANK = 31_877;
/** Generated tokens a second: one GPU with a model of 7B under vLLM, a node of eight, a hosted endpoint of many. */
const ENDPOINT_RATES = [2_000, 16_000, 100_000];
const LANGUAGES = ["en", "zh"];
/** Milliseconds between collections, each of some 50 ms: a few hundredths of the time. */
const COLLECT_MS = 2_000;
const GIB = 2 ** 30;
const MIB = 2 ** 20;

/** What the scripted server has answered, in typical tokens: it counts words itself. */
interface Answered {
  requests: number;
  prompt: number;
  completion: number;
}

interface Measured {
  readonly profiles: number;
  readonly seconds: number;
  readonly cpu: number;
  /** Of the process, with what V8 leaves for later. */
  readonly peakMiB: number;
  /** What of V8's heap is in use after a collection of all of it: the median over the run. */
  readonly liveMiB: number;
  readonly storeBytes: number;
  readonly requests: number;
  readonly turns: number;
  readonly rows: number;
  readonly failed: number;
}

/** The typical answer, with free-text constraints that no other profile has. */
function answer({ body, index }: ServedSample): string {
  const schema = (body.response_format as { json_schema?: ResponseSchema } | undefined)?.json_schema ?? null;
  const seed = sampleSeed(body.seed ?? 0, index);
  const text = typicalAnswer({ messages: body.messages as readonly Message[], schema, seed });
  if (schema?.name !== "constraints") return text;
  const { constraints } = JSON.parse(text) as { constraints: { when: string; must: string }[] };
  for (const constraint of constraints)
    constraint.must = constraint.must
      .replace(/customer can touch|the weather/, (words) => `${words} or the number ${seed}`)
      .replace(/known the customer/, `known customer ${seed}`)
      .replace(/客人能摸到的东西|老街坊|比作天气/, (words) => `${words}（第${seed}号）`);
  return JSON.stringify({ constraints });
}

async function serve(latencyMs: number, slots: number): Promise<void> {
  const answered: Answered = { requests: 0, prompt: 0, completion: 0 };
  const server = await scriptedServer({
    latencyMs,
    slots,
    script: (sample) => {
      const text = answer(sample);
      if (sample.index === 0) {
        answered.requests += 1;
        for (const { content } of sample.body.messages) answered.prompt += typicalTokens(content);
      }
      answered.completion += typicalTokens(text);
      return text;
    },
  });
  console.log(server.url);
  process.on("SIGUSR2", () => console.log(JSON.stringify(answered)));
}

/** `rpo run` in this process, then what it took. */
async function client(dir: string): Promise<void> {
  const before = process.cpuUsage();
  const start = performance.now();
  const live: number[] = [];
  const collect = (): void => {
    (globalThis as { gc?: () => void }).gc?.();
    live.push(process.memoryUsage().heapUsed / MIB);
  };
  const timer = setInterval(collect, COLLECT_MS);
  const { command } = await import("../src/cli/run.ts");
  await command.parseAsync([dir, "--json"], { from: "user" });
  clearInterval(timer);
  collect();
  const liveMiB = live.sort((a, b) => a - b)[live.length >> 1];
  const { user, system } = process.cpuUsage(before);
  const { maxRSS } = process.resourceUsage();
  const seconds = (performance.now() - start) / 1000;
  console.log(JSON.stringify({ seconds, cpu: (user + system) / 1e6, peakMiB: maxRSS / 1024, liveMiB }));
}

function writeRun(dir: string, url: string, profiles: number, concurrency: number): void {
  mkdirSync(dir, { recursive: true });
  const inspirations = join(dir, "inspirations.jsonl");
  const corpus =
    "A shop at the corner of two streets, whose keeper answers what people ask about bread, tea and rope. ".repeat(8);
  const one = { source: "bench", name: "Corner shop", description: "About a shop.", corpus, language: "en" };
  const count = Math.ceil(profiles / LANGUAGES.length);
  writeFileSync(
    inspirations,
    Array.from(
      { length: count },
      (_, i) => `${JSON.stringify({ id: `shop_${i}`, ...one, constraints: [], meta: {} })}\n`,
    ).join(""),
  );
  const settings = {
    endpoints: { here: { url, model: "scripted", concurrency } },
    run: { language: LANGUAGES },
    bank: { profiles: "none", generate: { from: inspirations, count: profiles } },
  };
  writeFileSync(join(dir, "rpo.yaml"), JSON.stringify(settings));
}

async function measure(dir: string, profiles: number): Promise<Measured> {
  const child = spawn(process.execPath, ["--expose-gc", THIS, "client", dir], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) lines.push(line);
  if (child.exitCode === null) await once(child, "exit");
  if (child.exitCode !== 0) throw new Error(`rpo run ended with ${child.exitCode}`);
  const [result, took] = lines.slice(-2).map((line) => JSON.parse(line));
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return {
    profiles,
    ...took,
    storeBytes: statSync(join(dir, "run.db")).size,
    // In the ledger are the requests of earlier processes too; here only what was asked and answered.
    requests: sum(
      result.usage.map(({ kind, requests }: { kind: string; requests: number }) => (kind === "paid" ? requests : 0)),
    ),
    turns: result.pairs.turns,
    rows: result.pairs.pairs.rows.train + result.pairs.pairs.rows.validation,
    failed: sum(Object.values<{ failed: number }>(result.stages).map(({ failed }) => failed)),
  };
}

const number = (value: number, digits = 0): string =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

function tell(
  name: string,
  { profiles, seconds, cpu, peakMiB, liveMiB, storeBytes, requests, turns, rows, failed }: Measured,
): void {
  console.log(
    `${name}: ${number(profiles)} profiles, ${number(turns)} turns answered, ${number(rows)} rows, ${number(failed)} items failed; ` +
      `${number(requests)} requests, ${number(seconds, 1)} s, CPU ${number(cpu, 1)} s, peak ${number(peakMiB)} MiB, ` +
      `live heap ${number(liveMiB, 1)} MiB, ` +
      `store ${number(storeBytes / MIB, 1)} MiB`,
  );
}

async function bench(profiles: number, latencyMs: number, slots: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "rpo-bench-construct-"));
  const server: ChildProcess = spawn(process.execPath, [THIS, "server", String(latencyMs), String(slots)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const lines = createInterface(server.stdout!)[Symbol.asyncIterator]();
    const next = async (): Promise<string> => String((await lines.next()).value);
    const url = await next();
    const answered = async (): Promise<Answered> => {
      server.kill("SIGUSR2");
      return JSON.parse(await next());
    };
    const dirs = { part: join(directory, "part"), whole: join(directory, "whole") };
    const part = Math.max(2, Math.round(profiles / 4));
    writeRun(dirs.part, url, part, slots);
    const small = await measure(dirs.part, part);
    tell("a quarter", small);
    const smallAgain = await measure(dirs.part, part);
    const before = await answered();
    writeRun(dirs.whole, url, profiles, slots);
    const whole = await measure(dirs.whole, profiles);
    tell("measured", whole);
    const after = await answered();
    const again = await measure(dirs.whole, profiles);
    tell("nothing left to do", { ...again, requests: (await answered()).requests - after.requests });

    const tokens = { prompt: after.prompt - before.prompt, completion: after.completion - before.completion };
    const scale = SYSBANK / profiles;
    const perProfile = (from: number, to: number): number => (to - from) / (profiles - part);
    const grown = perProfile(small.liveMiB, whole.liveMiB);
    const least = Math.max(0, grown) * (SYSBANK - profiles);
    const hours = (seconds: number): string => number(seconds / 3600, 1);
    console.log(
      [
        `tokens (4 bytes each): ${number(tokens.prompt)} of prompts, ${number(tokens.completion)} of answers`,
        `\nextrapolated to ${number(SYSBANK)} profiles (${number(scale, 1)} times as many), ${number((whole.turns / profiles) * SYSBANK)} turns:`,
        `  requests ${number(whole.requests * scale)}; tokens ${number((tokens.prompt * scale) / 1e6)} M of prompts, ${number((tokens.completion * scale) / 1e6)} M of answers`,
        `  store ${number((whole.storeBytes * scale) / GIB, 1)} GiB`,
        `  memory: the live heap changed by ${number(grown * 1024, 1)} KiB a profile between the two sizes, which would be ${number(least)} MiB more`,
        `  ${hours(perProfile(small.seconds, whole.seconds) * SYSBANK)} h at this rate (${number(latencyMs)} ms an answer, ${number(slots)} at once, server on the same machine), of which CPU of the client ${hours(perProfile(small.cpu, whole.cpu) * SYSBANK)} h`,
        ...ENDPOINT_RATES.map(
          (rate) =>
            `  ${hours((tokens.completion * scale) / rate)} h where endpoints generate ${number(rate)} tokens a second`,
        ),
        `  ${hours(perProfile(smallAgain.seconds, again.seconds) * SYSBANK)} h for a run that finds everything done`,
      ].join("\n"),
    );
  } finally {
    server.kill("SIGKILL");
    rmSync(directory, { recursive: true });
  }
}

const [mode = "", ...rest] = process.argv.slice(2);
if (mode === "server") await serve(Number(rest[0]), Number(rest[1]));
else if (mode === "client") await client(rest[0]!);
else await bench(Number(mode || 319), Number(rest[0] ?? 20), Number(rest[1] ?? 64));
