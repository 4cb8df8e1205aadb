// `rpo pairs FILE… --method M --out DIR`: a training set from a turn table.

import { join } from "node:path";
import { Command, Option } from "commander";
import { findConflict } from "../constraint/conflict.ts";
import { isProtected } from "../constraint/protected.ts";
import { reverseText } from "../constraint/reverse-text.ts";
import { EXPORT_FORMATS, type ExportFormat, exportDataset } from "../dataset/export/index.ts";
import { type TrainingSetSummary, writeTrainingSet } from "../dataset/training-set.ts";
import { violates } from "../judge/code-judge.ts";
import { counted } from "../preference/counted.ts";
import { type DropReason, dropText, isPaired } from "../preference/drops.ts";
import { ACCEPTED_SHARE } from "../preference/kto-rows.ts";
import { PREFERENCES, type Preference } from "../preference/rpo-pairs.ts";
import { METHODS, type Method } from "../preference/training-row.ts";
import { CliError } from "./cli-error.ts";
import { namesAmong, share, wholeNumber } from "./option-value.ts";
import { countsAndRate, progressLine } from "./progress-line.ts";
import { requireOptions } from "./required-options.ts";
import { reportingSystemErrors } from "./system-failure.ts";
import { keepYoungGenerationSmall } from "./young-generation.ts";

/** With this in place of formats only the project's own rows are written. */
const NO_FORMAT = "none";

interface PairsFlags {
  readonly method: Method;
  readonly out: string;
  readonly untriggered: "keep" | "drop";
  readonly minGap: number;
  readonly maxPairsPerTurn?: number;
  readonly prefer: Preference;
  readonly seed: number;
  readonly validation: number;
  readonly reversals?: string;
  readonly desirable: number;
  readonly format: readonly (ExportFormat | typeof NO_FORMAT)[];
  readonly skipBad?: true;
}

/** Flags that mean nothing to a method are refused: they would be taken for obeyed. */
const ONLY_FOR: readonly {
  flag: keyof PairsFlags;
  name: string;
  methods: (method: Method) => boolean;
  text: string;
}[] = [
  { flag: "untriggered", name: "--untriggered", methods: (method) => method === "rpo", text: "rpo" },
  { flag: "reversals", name: "--reversals", methods: (method) => method === "rpo", text: "rpo" },
  { flag: "minGap", name: "--min-gap", methods: isPaired, text: "rpo and dpo" },
  { flag: "maxPairsPerTurn", name: "--max-pairs-per-turn", methods: isPaired, text: "rpo and dpo" },
  { flag: "prefer", name: "--prefer", methods: (method) => method === "rpo", text: "rpo" },
  { flag: "desirable", name: "--desirable", methods: (method) => method === "kto", text: "kto" },
];

async function run(files: readonly string[], flags: PairsFlags): Promise<void> {
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  const formats = flags.format.filter((format) => format !== NO_FORMAT);
  const stop = new AbortController();
  keepYoungGenerationSmall();
  const onSignal = (): void => {
    stop.abort(new CliError("stopped; nothing was written"));
    if (files.includes("-")) process.stdin.destroy(); // it may never give another row
  };
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  try {
    const summary = await writeTrainingSet({
      files,
      out: flags.out,
      settings: {
        method: flags.method,
        untriggered: flags.untriggered,
        minGap: flags.minGap,
        maxPairsPerTurn: flags.maxPairsPerTurn ?? null,
        prefer: flags.prefer,
        seed: flags.seed,
        validation: flags.validation,
        desirable: flags.desirable,
      },
      ...(flags.reversals !== undefined && { reversals: flags.reversals }),
      reverseText,
      findConflict,
      violates,
      isProtected,
      skipBad: flags.skipBad === true,
      exportTo: async (dir) => {
        progress.done();
        return formats.length === 0 ? undefined : await exportDataset(dir, formats);
      },
      onProgress: ({ turns, rows }) => progress.update((seconds) => countsAndRate({ turns, rows }, seconds)),
      signal: stop.signal,
    });
    progress.done();
    process.stdout.write(summaryText(summary, flags.out));
  } finally {
    progress.done();
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}

function summaryText(summary: TrainingSetSummary, out: string): string {
  const count = (value: number): string => value.toLocaleString("en-US");
  const { rows, settings } = summary;
  const lines = [
    `${count(rows.train)} training and ${count(rows.validation)} validation rows (${settings.method}) ` +
      `from ${counted(summary.turns, "turn")} with ${counted(summary.responses, "response")}, in ${out}`,
  ];
  if (settings.method === "rpo" && rows.train + rows.validation > 0) {
    const margins = Object.entries(summary.margins).map(([margin, pairs]) => `${margin}: ${count(pairs)}`);
    lines.push(`margins  ${margins.join("  ")}`);
    lines.push(`${counted(summary.withReversal ?? 0, "row")} with a constraint reversed`);
  }
  if (summary.desirable !== undefined) {
    lines.push(`desirable ${count(summary.desirable.yes)}, undesirable ${count(summary.desirable.no)}`);
  }
  for (const [reason, dropped] of Object.entries(summary.dropped)) {
    lines.push(`left out ${dropText(reason as DropReason, dropped)}`);
  }
  if (summary.unreversedFile !== null) {
    const given = summary.input.reversals === null ? "" : `, add it to ${summary.input.reversals}`;
    lines.push(
      `${counted(summary.unreversed, "constraint")} had no reverse: fill in ${join(out, summary.unreversedFile)}${given} ` +
        "and give it as --reversals",
    );
  }
  if (summary.badRows > 0) lines.push(`left out ${counted(summary.badRows, "bad row")}, see rejects.jsonl`);
  if (summary.mendedRows > 0) lines.push(`${counted(summary.mendedRows, "row")} had lone surrogates, now U+FFFD`);
  if (rows.train === 0) lines.push("no training rows, so nothing was exported to other formats");
  if (rows.train > 0 && rows.validation === 0 && settings.validation > 0) {
    lines.push("no profile fell into validation; with few profiles, try another --seed or a larger --validation");
  }
  return `${lines.join("\n")}\n`;
}

export const command = new Command("pairs")
  .description(
    "Make a training set from a turn table: DIR/train.jsonl and DIR/validation.jsonl, split by profile, and the same in the " +
      "formats of training programs. DIR/summary.json counts everything that was left out, and why.\n" +
      "FILE is a turn table in JSON Lines (docs/turn-table.md), plain or gzip; - is standard input.",
  )
  .argument("<FILE...>", "turn table")
  .addOption(new Option("--method <METHOD>", "which training set").choices([...METHODS]))
  .option("--out <DIR>", "folder to write; an earlier training set in it is replaced")
  .addOption(
    new Option("--untriggered <WHAT>", "rpo: constraints without a verdict for the chosen response stay or go")
      .choices(["keep", "drop"])
      .default("keep"),
  )
  .option("--min-gap <N>", "rpo: smallest gap; dpo: smallest difference of scores", wholeNumber(1), 1)
  .option("--max-pairs-per-turn <N>", "rpo, dpo: keep the largest gaps of a turn, equal ones by lot", wholeNumber(1))
  .addOption(
    new Option(
      "--prefer <WHAT>",
      "rpo: couples of the largest gaps, or of the responses most alike, which differ in little but the constraints",
    )
      .choices(PREFERENCES)
      .default("gap"),
  )
  .option("--seed <N>", "seed of every draw and of the split", wholeNumber(Number.NEGATIVE_INFINITY), 0)
  .option("--validation <SHARE>", "share of the profiles for validation", share, 0.1)
  .option("--reversals <FILE>", "rpo: reversals in JSON Lines, before the rules (docs/turn-table.md)")
  .option(
    "--desirable <SHARE>",
    "kto: share of satisfied constraints from which a response is desirable",
    share,
    ACCEPTED_SHARE,
  )
  .addOption(
    new Option("--format <NAMES>", `comma-separated: ${EXPORT_FORMATS.join(", ")}; or ${NO_FORMAT}`)
      .argParser(namesAmong([...EXPORT_FORMATS, NO_FORMAT]))
      .default([...EXPORT_FORMATS], "all of them"),
  )
  .option("--skip-bad", "leave bad rows out, count them and collect them in DIR/rejects.jsonl")
  .action(async (files: string[], flags: PairsFlags, self: Command) => {
    requireOptions(self, ["--method", "--out"]);
    for (const { flag, name, methods, text } of ONLY_FOR) {
      if (self.getOptionValueSource(flag) === "cli" && !methods(flags.method)) {
        self.error(`error: ${name} is for ${text}, not for --method ${flags.method}`);
      }
    }
    await reportingSystemErrors(() => run(files, flags));
  });
