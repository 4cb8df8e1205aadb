// From a turn table to a training set on disk: train.jsonl and validation.jsonl (the project's own rows, as they are in
// preference/training-row.ts), summary.json with everything left out and why, and for RPO unreversed.jsonl with the
// constraints that stood in the way. One turn in memory at a time. What a pair is stands in preference/, other programs'
// formats in export/.
//
// Everything is written into a folder beside its place. When all of it is complete, an earlier summary.json goes, the files are
// moved file by file, and the new summary.json comes last: a folder with a summary.json is whole.
import { access, mkdir, readdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { z } from "zod";
import { dpoPairs } from "../preference/dpo-pairs.ts";
import type { Drops } from "../preference/drops.ts";
import { ACCEPTED_SHARE, ktoRows } from "../preference/kto-rows.ts";
import { type FindConflict, PREFERENCES, type Reverse, rpoPairs, type Violates } from "../preference/rpo-pairs.ts";
import { seededRandom } from "../preference/seed.ts";
import { sftRows } from "../preference/sft-rows.ts";
import { SIDES, type Side, sideOf } from "../preference/split.ts";
import { METHODS, type TrainingRow } from "../preference/training-row.ts";
import type { Turn } from "../preference/turn.ts";
import { endedLike } from "../profile/prompt.ts";
import { InputError } from "./input-error.ts";
import { inputName, jsonLine } from "./jsonl.ts";
import { MarginSections } from "./margin-sections.ts";
import { RejectsFile } from "./rejects-file.ts";
import { NO_REVERSALS, type Reversals, readReversals } from "./reversal-file.ts";
import { TrainingRowEncoder } from "./training-row-line.ts";
import { readTurnTable } from "./turn-table.ts";

const wholeFromOne = z.int().min(1);

/** What a training set depends on besides its turn table; kept in summary.json. */
export const trainingSetSettings = z.strictObject({
  method: z.enum(METHODS).describe("Which training set."),
  untriggered: z
    .enum(["keep", "drop"])
    .default("keep")
    .describe("RPO: constraints without a verdict for the chosen response stay in the prompt unchanged, or leave it."),
  minGap: wholeFromOne.default(1).describe("RPO: smallest gap; DPO: smallest difference of scores."),
  maxPairsPerTurn: wholeFromOne
    .nullable()
    .default(null)
    .describe("RPO and DPO: the largest gaps (differences) of a turn are kept; null for all."),
  // See PREFERENCES in preference/rpo-pairs.ts.
  prefer: z
    .enum(PREFERENCES)
    .default("gap")
    .describe(
      "RPO: what maxPairsPerTurn keeps and which responses make a couple: the largest gaps, or the most alike.",
    ),
  seed: z.int().default(0).describe("Seed of every draw and of the split."),
  validation: z.number().min(0).max(1).default(0.1).describe("Share of the profiles that go into validation."),
  desirable: z
    .number()
    .min(0)
    .max(1)
    .default(ACCEPTED_SHARE)
    .describe("KTO: share of its judged constraints that a desirable response satisfies at least."),
});
export type TrainingSetSettings = z.infer<typeof trainingSetSettings>;

export interface TrainingSetOptions {
  /** Files of the turn table, "-" for standard input. */
  readonly files: readonly string[];
  /**
   * Folder to write to; made where missing. Files of an earlier training set there are replaced, but never an input file,
   * the reversal file, or a list of reversals that somebody has filled in.
   */
  readonly out: string;
  readonly settings: z.input<typeof trainingSetSettings>;
  /** File of reversals, which come before the rules. */
  readonly reversals?: string;
  /** The reverse of a constraint's text by rules; null where they do not understand it. RPO only. */
  readonly reverseText: (text: string) => string | null;
  /** RPO only. */
  readonly findConflict: FindConflict;
  /** RPO only: checks the reverses made by rule on the responses to be chosen. */
  readonly violates: Violates;
  /** RPO only: tells safety and refusal clauses, which are not even reversed where the table or the file reverses them. */
  readonly isProtected: (text: string) => boolean;
  /** Leave bad rows out and collect them in rejects.jsonl; otherwise the first one ends the work. */
  readonly skipBad?: boolean;
  /** Writes other formats from train.jsonl and validation.jsonl into the folder it is given. Not called for no rows. */
  readonly exportTo?: (dir: string) => Promise<unknown>;
  /** Called after every turn. */
  readonly onProgress?: (progress: { readonly turns: number; readonly rows: number }) => void;
  /** Ends the work; nothing is left behind. */
  readonly signal?: AbortSignal;
}

/** What was made, and everything that was left out. */
export interface TrainingSetSummary {
  readonly settings: TrainingSetSettings;
  readonly input: { readonly files: readonly string[]; readonly reversals: string | null };
  readonly turns: number;
  readonly responses: number;
  readonly rows: Record<Side, number>;
  /** Rows by margin (RPO), or by margin 0 (the others). */
  readonly margins: Record<string, number>;
  /** RPO: rows whose prompt states a constraint reversed. */
  readonly withReversal?: number;
  /** KTO: rows of each kind. */
  readonly desirable?: { yes: number; no: number };
  /** What was left out and why, as in `DROP_MEANING`. */
  readonly dropped: Drops;
  /** Different texts of constraints that had to be reversed and could not be; they are in `unreversedFile`. */
  readonly unreversed: number;
  /** unreversed.jsonl, or unreversed-2.jsonl … where there is one already that must stay; null where there is none. */
  readonly unreversedFile: string | null;
  readonly badRows: number;
  /** Rows of the input in which a lone surrogate became U+FFFD. */
  readonly mendedRows: number;
  /** What `exportTo` gave back; null where it was not called. */
  readonly exports: unknown;
  /** All files of the training set, relative to its folder. */
  readonly files: readonly string[];
}

const SUMMARY = "summary.json";
const REJECTS = "rejects.jsonl";

/** The list of constraints without a reverse; the number is 1 for the first. */
const unreversedName = (number: number): string => `unreversed${number === 1 ? "" : `-${number}`}.jsonl`;
const IS_UNREVERSED = /^unreversed(?:-\d+)?\.jsonl$/;

/** The folder that a process writes into until all is complete. */
const stagingName = (pid: number): string => `.partial-${pid}`;
const IS_STAGING = /^\.partial-(\d+)$/;

/** Reversals by rule that are remembered: a corpus states the same constraint in many turns. */
const REVERSAL_CACHE = 20_000;
/** Texts that could not be reversed are listed up to this number. */
const MAX_UNREVERSED = 100_000;

/**
 * Makes a training set from a turn table. RPO pairs come sorted by margin, the largest first: larger gaps train better
 * (spec/method.md, "Training setting"), and a program told to take the first N rows takes the best. The other sets are in
 * the order of the turns.
 * @throws RowError (file, line, field, reason) for a bad row unless `skipBad`; InputError for files that cannot be used;
 * what `exportTo` throws. Then nothing has changed in `out`.
 */
export async function writeTrainingSet(options: TrainingSetOptions): Promise<TrainingSetSummary> {
  const settings = trainingSetSettings.parse(options.settings);
  const staging = join(options.out, stagingName(process.pid));
  const outWasThere = await exists(options.out);
  const earlier = await filesOfEarlierSet(options.out);
  const theirs = await filesToKeep(options);
  await removeStale(options.out);
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  try {
    const summary = await stage(options, settings, staging, theirs);
    await moveIntoPlace(staging, options.out, summary.files, earlier, theirs);
    return summary;
  } catch (error) {
    // Stopping the work may close an input under it, which fails in its own words.
    throw options.signal?.aborted ? options.signal.reason : error;
  } finally {
    await rm(staging, { recursive: true, force: true });
    if (!outWasThere && (await exists(options.out)) && (await readdir(options.out)).length === 0)
      await rm(options.out, { recursive: true });
  }
}

async function stage(
  options: TrainingSetOptions,
  settings: TrainingSetSettings,
  staging: string,
  theirs: ReadonlySet<string>,
): Promise<TrainingSetSummary> {
  const reversals = options.reversals === undefined ? NO_REVERSALS : await readReversals(options.reversals);
  const sections = {
    train: new MarginSections(join(staging, "sections-train")),
    validation: new MarginSections(join(staging, "sections-validation")),
  };
  const rejects = new RejectsFile(join(staging, REJECTS));
  const dropped: Drops = {};
  const unreversed = new Set<string>();
  const rows: Record<Side, number> = { train: 0, validation: 0 };
  const margins: Record<string, number> = {};
  const desirable = { yes: 0, no: 0 };
  let [turns, responses, mendedRows, withReversal] = [0, 0, 0, 0];
  const encoder = new TrainingRowEncoder();
  const rowsOf = rowMaker(settings, reversals, options, unreversed);
  try {
    const table =
      options.skipBad === true
        ? readTurnTable(options.files, (row) => {
            options.signal?.throwIfAborted();
            rejects.add(row);
          })
        : readTurnTable(options.files);
    for await (const { turn, mended } of table) {
      options.signal?.throwIfAborted();
      turns += 1;
      responses += turn.responses.length;
      if (mended) mendedRows += 1;
      reversals.meet(turn);
      const side = sideOf(turn.profile, settings.validation, settings.seed);
      for (const row of rowsOf(turn, dropped)) {
        const margin = row.kind === "preference" ? row.margin : 0;
        rows[side] += 1;
        margins[margin] = (margins[margin] ?? 0) + 1;
        if (row.provenance.reversed.length > 0) withReversal += 1;
        if (row.kind === "completion") desirable[row.desirable ? "yes" : "no"] += 1;
        await sections[side].write(margin, encoder.encode(row));
      }
      options.onProgress?.({ turns, rows: rows.train + rows.validation });
    }
    reversals.finish();
    for (const side of SIDES) await sections[side].join(join(staging, `${side}.jsonl`));
  } finally {
    rejects.close();
    for (const open of [sections.train, sections.validation]) await open.discard();
  }
  for (const name of await readdir(staging)) {
    if (name.startsWith("sections-")) await rm(join(staging, name), { recursive: true });
  }
  const unreversedFile = unreversed.size === 0 ? null : await nameForUnreversed(options.out, theirs);
  if (unreversedFile !== null) {
    // Without `reversed`: null would say that these are never to be reversed.
    const lines = [...unreversed].map((text) => jsonLine({ text }));
    await writeFile(join(staging, unreversedFile), lines.join(""));
  }
  options.signal?.throwIfAborted();
  const exports = rows.train > 0 && options.exportTo !== undefined ? await options.exportTo(staging) : null;
  options.signal?.throwIfAborted();
  const made = (await readdir(staging, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(staging, join(entry.parentPath, entry.name)));
  const summary: TrainingSetSummary = {
    settings,
    input: {
      files: options.files.map(inputName),
      reversals: options.reversals === undefined ? null : inputName(options.reversals),
    },
    turns,
    responses,
    rows,
    margins,
    ...(settings.method === "rpo" && { withReversal }),
    ...(settings.method === "kto" && { desirable }),
    dropped,
    unreversed: unreversed.size,
    unreversedFile,
    badRows: rejects.rows,
    mendedRows,
    // Where the exporters name a file, they name the one that they read.
    exports:
      exports === undefined
        ? null
        : JSON.parse(JSON.stringify(exports).replaceAll(jsonEscaped(staging), jsonEscaped(options.out))),
    files: [...made, SUMMARY].sort(),
  };
  await writeFile(join(staging, SUMMARY), `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}

const jsonEscaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/** The rows of a turn by the method of the settings. */
function rowMaker(
  settings: TrainingSetSettings,
  reversals: Reversals,
  options: TrainingSetOptions,
  unreversed: Set<string>,
): (turn: Turn, dropped: Drops) => Iterable<TrainingRow> {
  const { method, seed } = settings;
  const byRule = new Map<string, string | null>();
  const ruleFor = (text: string): string | null => {
    let reversed = byRule.get(text);
    if (reversed === undefined) {
      const sentence = options.reverseText(text);
      reversed = sentence === null ? null : endedLike(sentence, text);
      if (byRule.size >= REVERSAL_CACHE) byRule.clear();
      byRule.set(text, reversed);
    }
    return reversed;
  };
  const reverseIn =
    (turn: Turn): Reverse =>
    (constraint) => {
      const given = constraint.reversed === undefined ? reversals.find(turn.id, constraint) : constraint.reversed;
      const reversed = given === undefined ? ruleFor(constraint.text) : given;
      if (reversed === null && given === undefined && unreversed.size < MAX_UNREVERSED) unreversed.add(constraint.text);
      // What a person or a model wrote for this constraint is taken to fit where it stands.
      return reversed === null ? null : { text: reversed, byRule: given === undefined };
    };
  return (turn, dropped) => {
    const random = seededRandom(method, seed, turn.id);
    if (method === "rpo") {
      const { findConflict, violates, isProtected } = options;
      const given = { findConflict, violates, isProtected };
      return rpoPairs(turn, { ...settings, random, reverse: reverseIn(turn), ...given }, dropped);
    }
    if (method === "dpo") return dpoPairs(turn, { ...settings, random }, dropped);
    if (method === "kto") return ktoRows(turn, settings, dropped);
    return sftRows(turn, { random }, dropped);
  };
}

/** Real paths of what is the caller's own: inputs, the reversal file, lists in `out` that have been filled in. */
async function filesToKeep({ files, reversals, out }: TrainingSetOptions): Promise<ReadonlySet<string>> {
  const theirs = new Set<string>();
  for (const path of [...files, ...(reversals === undefined ? [] : [reversals])]) {
    if (path !== "-") theirs.add(await realPath(path));
  }
  for (const name of await namesIn(out)) {
    const path = join(out, name);
    if (IS_UNREVERSED.test(name) && (await isFilledIn(path))) theirs.add(await realPath(path));
  }
  return theirs;
}

/** Whether a row of the list has a `reversed`, which the list as it is written never has. */
const isFilledIn = async (path: string): Promise<boolean> =>
  // Inside a JSON string the quotation marks would be escaped.
  (await readFile(path, "utf8").catch(() => "")).includes('"reversed"');

async function nameForUnreversed(out: string, theirs: ReadonlySet<string>): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = unreversedName(number);
    if (!theirs.has(await realPath(join(out, name)))) return name;
  }
}

/** Removes what processes that were killed have left. */
async function removeStale(out: string): Promise<void> {
  for (const name of await namesIn(out)) {
    const pid = IS_STAGING.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(out, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // somebody else's
  }
}

/**
 * Moves the staged files to their places; files of an earlier training set that have no successor go. While it does, and
 * if it is killed, there is no summary.json.
 * @throws InputError where a file would replace one of the caller's own
 */
async function moveIntoPlace(
  staging: string,
  out: string,
  files: readonly string[],
  earlier: readonly string[],
  theirs: ReadonlySet<string>,
): Promise<void> {
  const isTheirs = async (file: string): Promise<boolean> => theirs.has(await realPath(join(out, file)));
  for (const file of files) {
    if (await isTheirs(file)) {
      throw new InputError(`${join(out, file)} is read here and would be replaced; give another folder`);
    }
  }
  await rm(join(out, SUMMARY), { force: true });
  for (const file of earlier) {
    if (!files.includes(file) && !(await isTheirs(file))) await rm(join(out, file), { force: true });
  }
  for (const file of [...files.filter((name) => name !== SUMMARY), SUMMARY]) {
    await mkdir(dirname(join(out, file)), { recursive: true });
    await rename(join(staging, file), join(out, file));
  }
}

const namesIn = (dir: string): Promise<string[]> => readdir(dir).catch(() => []);

/** A path without links, where there is such a file. */
const realPath = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));

const earlierSummary = z.object({ settings: z.object({ method: z.enum(METHODS) }), files: z.array(z.string()) });

async function filesOfEarlierSet(out: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(join(out, SUMMARY), "utf8");
  } catch {
    return [];
  }
  try {
    const { files } = earlierSummary.parse(JSON.parse(text));
    // Only what lies in the folder itself: a list can be edited.
    return files.filter((file) => !relative(out, join(out, file)).startsWith(".."));
  } catch {
    throw new InputError(`${join(out, SUMMARY)} is not of a training set; give another folder`);
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
