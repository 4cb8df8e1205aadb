// `rpo eval verify [FILE]`: a filter of JSON Lines, {instruction_id, kwargs, response} in, the same rows with {strict, loose} out.
import { Command, Option } from "commander";
import { z } from "zod";
import type { OnBadRow } from "../dataset/input-error.ts";
import { jsonLine } from "../dataset/jsonl.ts";
import { readJsonlRows } from "../dataset/jsonl-rows.ts";
import { SUITES, type Suite } from "../eval/ifeval/instruction.ts";
import { MODES, type Mode, NoVerdictError, type VerifyOptions, verify } from "../eval/ifeval/verify.ts";
import { verifyOptions } from "../eval/ifeval/verify-tables.ts";
import { UnsupportedPattern } from "../eval/python/regex.ts";
import { type FilterFlags, runFilter, withFilterFlags } from "./jsonl-filter.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface VerifyFlags extends FilterFlags {
  readonly suite: Suite;
  readonly mode: Mode;
}

/** Other fields of a row are the user's own, and stay. */
const rowSchema = z.looseObject({
  instruction_id: z.string(),
  kwargs: z.record(z.string(), z.unknown()),
  response: z.string(),
});

async function* verifiedLines(path: string, options: VerifyOptions, onBad: OnBadRow): AsyncGenerator<string> {
  for await (const { value, given, refusal } of readJsonlRows(path, rowSchema, onBad)) {
    const bad = (field: string, reason: string): void => onBad(refusal(field, reason).row);
    const { instruction_id, kwargs, response } = value;
    let verdicts: object;
    try {
      verdicts = verify(instruction_id, kwargs, response, options);
    } catch (error) {
      if (error instanceof NoVerdictError) bad(error.field, error.message);
      else if (error instanceof UnsupportedPattern)
        bad("kwargs", `a regular expression that this program does not match: ${error.message}`);
      else throw error;
      continue;
    }
    yield jsonLine({ ...(given as object), ...verdicts });
  }
}

async function run(files: readonly string[], flags: VerifyFlags): Promise<void> {
  const options = verifyOptions(flags);
  await runFilter(files, flags, (path, onBad) => verifiedLines(path, options, onBad));
}

export const verifyCommand = withFilterFlags(
  new Command("verify")
    .summary("verdicts on instructions, a filter of JSON Lines")
    .description(
      "Verdicts on the instructions of IFEval, Multi-IF and IFBench, no model: {instruction_id, kwargs, response} in, the same rows with {strict, loose}\n" +
        'out. A verdict is true, false, or (parity only) "error:<Type>" where the official program would raise that exception.\n' +
        "FILE is JSON Lines, plain or gzip; - is standard input, and the default.",
    )
    .argument("[FILE...]", "rows to verify", ["-"])
    .addOption(new Option("--suite <SUITE>", "whose rules").choices(SUITES).makeOptionMandatory())
    .addOption(
      new Option("--mode <MODE>", "parity: the official verdicts, quirks included; fixed: their known faults repaired")
        .choices(MODES)
        .default("parity"),
    ),
).action((files: string[], flags: VerifyFlags) => reportingSystemErrors(() => run(files, flags)));
