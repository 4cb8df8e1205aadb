// What a training leaves in its folder, and what tells whether a training that was stopped there can go on:
//
//   rpo.yaml        what was asked; `rpo train --config DIR/rpo.yaml` goes on with the training
//   run.json        what decides the adapter: settings, model and rows by their hashes. Written before the first step
//   checkpoints/    from which it goes on (checkpoint.ts)
//   metrics.jsonl   one line a step, and one for each look at the validation rows (training-record.ts)
//   rejects.jsonl   rows left out, where bad rows are skipped
//   adapter/        the adapter for PEFT; adapter.gguf, the same for llama.cpp
//   training.svg    the course of the training
//   summary.json    written last: a folder with it holds a finished training
//
// Ignores how anything is computed.
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { stringify as toYaml } from "yaml";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import { writeWhole } from "../dataset/staged-file.ts";

const NAMES = {
  asked: "rpo.yaml",
  record: "run.json",
  checkpoints: "checkpoints",
  metrics: "metrics.jsonl",
  rejects: "rejects.jsonl",
  adapter: "adapter",
  gguf: "adapter.gguf",
  chart: "training.svg",
  summary: "summary.json",
} as const;

/** Paths in a run directory. */
export type RunPaths = Readonly<Record<keyof typeof NAMES, string>>;

export function runPaths(out: string): RunPaths {
  return Object.fromEntries(Object.entries(NAMES).map(([key, name]) => [key, join(out, name)])) as RunPaths;
}

const hash = z.string().min(1);

/** What decides the trained adapter. */
const runRecord = z.strictObject({
  format: z.literal(1),
  /** `decidingSettings`. */
  settings: z.record(z.string(), z.unknown()),
  model: z.strictObject({ name: z.string(), identity: hash }),
  /** Token rows, that is after the chat template, cutting and the skipping of bad rows. */
  rows: z.strictObject({
    train: z.strictObject({ count: z.int(), sha256: hash }),
    validation: z.strictObject({ count: z.int(), sha256: hash }).nullable(),
  }),
});
export type RunRecord = z.output<typeof runRecord>;

/**
 * Makes the folder ready for a training: empty of what an earlier one left there if `fresh`.
 * @throws InputError for a folder that holds files of these names which no training left
 */
export async function prepareRunDirectory(out: string, fresh: boolean): Promise<void> {
  await mkdir(out, { recursive: true });
  const there = new Set(await readdir(out));
  if (there.has(NAMES.record)) {
    // The record goes last: while it is there, the folder is known as a training's.
    if (fresh) for (const name of Object.values(NAMES).filter((name) => name !== NAMES.record)) await remove(out, name);
    if (fresh) await remove(out, NAMES.record);
    return;
  }
  const alien = [NAMES.adapter, NAMES.gguf, NAMES.checkpoints, NAMES.metrics, NAMES.summary].find((name) =>
    there.has(name),
  );
  if (alien !== undefined)
    throw new InputError(`${out}: holds ${alien}, but no ${NAMES.record} of a training; give --out another folder`);
}

const remove = (out: string, name: string): Promise<void> => rm(join(out, name), { recursive: true, force: true });

/**
 * Takes a training up where the folder holds one, or writes down a new one.
 * @returns whether there is one that goes on
 * @throws InputError naming what differs from the training that the folder holds
 */
export async function takeUp(out: string, record: RunRecord): Promise<boolean> {
  const { record: path } = runPaths(out);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) {
    await writeWhole(path, `${JSON.stringify(record, null, 2)}\n`);
    return false;
  }
  const difference = firstDifference(parseRecord(text, path), record);
  if (difference !== null)
    throw new InputError(
      `${out}: holds a training with ${difference}; give the same to go on with it, --fresh to begin anew, or another --out`,
    );
  return true;
}

function parseRecord(text: string, path: string): RunRecord {
  try {
    return runRecord.parse(JSON.parse(text));
  } catch {
    throw new InputError(`${path}: is no record of a training that this version can go on with; --fresh begins anew`);
  }
}

/** In words, what the two differ in, the earlier one's value first; null for nothing. */
function firstDifference(earlier: RunRecord, now: RunRecord): string | null {
  const said = (value: unknown): string => (value === undefined ? "none" : JSON.stringify(value));
  for (const name of new Set([...Object.keys(earlier.settings), ...Object.keys(now.settings)])) {
    const [before, after] = [earlier.settings[name], now.settings[name]];
    if (!isDeepStrictEqual(before, after)) return `${name} ${said(before)}, not ${said(after)}`;
  }
  if (earlier.model.identity !== now.model.identity)
    return `another model: ${earlier.model.name} of ${earlier.model.identity.slice(0, 12)}…, not ${now.model.name} of ${now.model.identity.slice(0, 12)}…`;
  for (const side of ["train", "validation"] as const) {
    const [before, after] = [earlier.rows[side], now.rows[side]];
    if (before?.sha256 !== after?.sha256)
      return `other ${side === "train" ? "training" : "validation"} rows (${before?.count ?? 0}, now ${after?.count ?? 0})`;
  }
  return null;
}

/** Writes rpo.yaml, by which the training can be called for again. */
export async function writeAsked(
  out: string,
  { dataset, model, settings }: { readonly dataset: string; readonly model: string; readonly settings: object },
): Promise<void> {
  const from = (path: string): string => relative(resolve(out), resolve(path)) || ".";
  const train = { dataset: from(dataset), model, out: ".", ...settings };
  await writeWhole(runPaths(out).asked, toYaml({ train }));
}
