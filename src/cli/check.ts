// `rpo check [FILE]`: a filter of JSON Lines, {constraint, query?, response} in, the same rows with their verdicts out.
import { once } from "node:events";
import { rename } from "node:fs/promises";
import { Command } from "commander";
import { z } from "zod";
import { check } from "../constraint/check.ts";
import { fieldPath, type OnBadRow, refuseBadRow } from "../dataset/input-error.ts";
import { inputName, jsonLine, readJsonl } from "../dataset/jsonl.ts";
import { RejectsFile } from "../dataset/rejects-file.ts";
import { stageText, stagingPath } from "../dataset/staged-file.ts";
import { countsAndRate, progressLine } from "./progress-line.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface CheckFlags {
  readonly out?: string;
  readonly skipBad?: true;
  readonly rejects: string;
}

/** Other fields of a row are the user's own, and stay. */
const rowSchema = z.looseObject({
  constraint: z.string().regex(/\S/, "must not be blank"),
  query: z.string().nullish(),
  response: z.string(),
});

/** Rows are written in pieces of about this many characters. */
const PIECE = 1 << 16;

async function* checkedLines(path: string, onBad: OnBadRow): AsyncGenerator<string> {
  for await (const { line, value, text } of readJsonl(path, onBad)) {
    const parsed = rowSchema.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      onBad({ file: inputName(path), line, field: fieldPath(issue.path), reason: issue.message, raw: text });
      continue;
    }
    const { constraint, query, response } = parsed.data;
    yield jsonLine({ ...(value as object), ...check({ constraint, response, ...(query != null && { query }) }) });
  }
}

async function run(files: readonly string[], flags: CheckFlags): Promise<void> {
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  const rejects = new RejectsFile(stagingPath(flags.rejects));
  const out = flags.out === undefined ? null : await stageText(flags.out);
  const write = async (text: string): Promise<void> => {
    if (out !== null) await out.write(text);
    else if (!process.stdout.write(text)) await once(process.stdout, "drain");
  };
  let rows = 0;
  let piece = "";
  const flush = async (): Promise<void> => {
    const text = piece;
    piece = "";
    if (text !== "") await write(text);
  };
  try {
    for (const file of files) {
      for await (const line of checkedLines(file, flags.skipBad ? (row) => rejects.add(row) : refuseBadRow)) {
        if (piece === "" && out === null) setImmediate(flush); // when the input pauses, what is there is shown
        piece += line;
        rows += 1;
        if (piece.length >= PIECE) await flush();
        progress.update((seconds) => countsAndRate({ rows }, seconds));
      }
    }
    await flush();
    rejects.close();
    if (rejects.rows > 0) await rename(rejects.path, flags.rejects);
    await out?.close();
    await out?.commit();
    if (rejects.rows > 0) process.stderr.write(`rpo: ${rejects.rows} bad rows left out, see ${flags.rejects}\n`);
  } finally {
    progress.done();
    rejects.discard();
    await out?.discard();
  }
}

export const command = new Command("check")
  .description(
    "Verdicts by code, no model: {constraint, query?, response} in, the same rows with {recognised, verdict, reversed,\n" +
      'reversed_verdict} out. A verdict is "pass", "fail", "na" (not triggered) or null (a judge is needed).\n' +
      "FILE is JSON Lines, plain or gzip; - is standard input, and the default.",
  )
  .argument("[FILE...]", "rows to check", ["-"])
  .option("--out <FILE>", "write there, all or nothing, instead of to standard output")
  .option("--skip-bad", "leave bad rows out, count them and collect them")
  .option("--rejects <FILE>", "where --skip-bad collects them", "rejects.jsonl")
  .action((files: string[], flags: CheckFlags) => reportingSystemErrors(() => run(files, flags)));
