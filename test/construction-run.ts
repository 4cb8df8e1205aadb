// A run of data construction as its users have it, for tests: a folder with an rpo.yaml, the command `rpo` in a process of its own, and
// the scripted server as the endpoint of all roles, which gives typical answers (src/construct/typical-answers.ts). Ignores what the
// answers say.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { typicalAnswer } from "../src/construct/typical-answers.ts";
import type { ResponseSchema } from "../src/model/model.ts";
import { sampleSeed } from "../src/model/sample-seed.ts";
import type { ServedSample } from "../src/model/scripted-server.ts";
import type { Message } from "../src/profile/message.ts";

const RPO = fileURLToPath(new URL("../bin/rpo.mjs", import.meta.url));
export const INSPIRATIONS = fileURLToPath(new URL("../samples/inspirations.jsonl", import.meta.url));

/** The schema that a request asks its answer to keep to. */
export const schemaOf = ({ body }: ServedSample): ResponseSchema | null =>
  (body.response_format as { json_schema?: ResponseSchema } | undefined)?.json_schema ?? null;

/** What a model typically answers to a request: the same for the same request. */
export const typicalScript = (sample: ServedSample): string =>
  typicalAnswer({
    messages: sample.body.messages as readonly Message[],
    schema: schemaOf(sample),
    seed: sampleSeed(sample.body.seed ?? 0, sample.index),
  });

export interface RunSettings {
  /** Of the endpoint; the address of the scripted server comes with `write`. */
  readonly endpoint?: Readonly<Record<string, unknown>>;
  readonly language?: readonly ("en" | "zh")[];
  /** Profiles to write. */
  readonly count?: number;
  readonly turns?: number;
  readonly samples?: number;
  /** Further sections. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Writes DIR/rpo.yaml for a small run of profiles that are written from the samples' inspirations. */
export function writeRun(
  dir: string,
  url: string,
  { endpoint = {}, language = ["en", "zh"], count = 2, turns = 2, samples = 2, more = {} }: RunSettings = {},
): string {
  mkdirSync(dir, { recursive: true });
  // JSON is YAML.
  const settings = {
    endpoints: { here: { url, model: "scripted", ...endpoint } },
    roles: { policy: { n: samples }, responder: { n: samples } },
    run: { language, seed: 11 },
    bank: { profiles: "none", generate: { from: INSPIRATIONS, count } },
    dialogue: { turns, critiques: 1 },
    reverse: { audit: 2 },
    pairs: { validation: 0 },
    ...more,
  };
  writeFileSync(join(dir, "rpo.yaml"), JSON.stringify(settings, null, 1));
  return dir;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `rpo`, without what the environment of the tests says of endpoints. */
export function startRpo(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const { OPENAI_BASE_URL: _, OPENAI_API_KEY: __, ...rest } = process.env;
  return spawn(process.execPath, [RPO, ...args], { env: { ...rest, ...env }, stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs `rpo` to its end; `onStderr` sees what it says as it comes. */
export function rpo(
  args: readonly string[],
  { env = {}, onStderr }: { env?: Record<string, string>; onStderr?: (all: string, child: ChildProcess) => void } = {},
): Promise<Ended> {
  const child = startRpo(args, env);
  const said = { stdout: "", stderr: "" };
  child.stdout?.on("data", (data) => {
    said.stdout += data;
  });
  child.stderr?.on("data", (data) => {
    said.stderr += data;
    onStderr?.(said.stderr, child);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...said }));
  });
}

/** What `rpo run --json` ends with, as far as tests look at it. */
export interface RunResult {
  readonly stages: Readonly<
    Record<string, { readonly done: number; readonly reused: number; readonly failed: number }>
  >;
  readonly usage: readonly { readonly kind: string; readonly requests: number }[];
  readonly pairs: { readonly turns: number; readonly pairs: { readonly rows: { readonly train: number } } | null };
}

export const resultOf = ({ code, stdout, stderr }: Ended): RunResult => {
  if (code !== 0) throw new Error(`rpo ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
};

export const rowsOf = <Row = Record<string, unknown>>(path: string): Row[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

/** Every file that a run made of its store, by its path in the folder; bytes as Latin-1, the folder's own path as DIR. */
export function madeFiles(dir: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" }).sort()) {
    if (!/^(?:turns\.jsonl|sessions\.jsonl|reversals\.jsonl|dataset[\\/].*\.[a-z]+)$/.test(name)) continue;
    files.set(name, readFileSync(join(dir, name), "latin1").replaceAll(dir, "DIR"));
  }
  return files;
}
