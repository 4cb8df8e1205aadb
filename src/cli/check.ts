// `rpo check [FILE]`: a filter of JSON Lines, {constraint, query?, response} in, the same rows with their verdicts out.
import { Command } from "commander";
import { z } from "zod";
import { type CheckResult, check } from "../constraint/check.ts";
import type { OnBadRow } from "../dataset/input-error.ts";
import { jsonLine } from "../dataset/jsonl.ts";
import { readJsonlRows } from "../dataset/jsonl-rows.ts";
import { NoVerdictError } from "../eval/ifeval/no-verdict-error.ts";
import { CODE_MEANS } from "../judge/code-means.ts";
import { type FilterFlags, runFilter, withFilterFlags } from "./jsonl-filter.ts";
import { reportingSystemErrors } from "./system-failure.ts";

/** Other fields of a row are the user's own, and stay. */
const rowSchema = z.looseObject({
  constraint: z.string().regex(/\S/, "must not be blank"),
  query: z.string().nullish(),
  response: z.string(),
});

async function* checkedLines(path: string, onBad: OnBadRow): AsyncGenerator<string> {
  for await (const { value, given, refusal } of readJsonlRows(path, rowSchema, onBad)) {
    const { constraint, query, response } = value;
    let result: CheckResult;
    try {
      result = check({ constraint, response, ...(query != null && { query }), means: CODE_MEANS });
    } catch (error) {
      if (!(error instanceof NoVerdictError)) throw error;
      onBad(refusal("constraint", error.message).row);
      continue;
    }
    yield jsonLine({ ...(given as object), ...result });
  }
}

export const command = withFilterFlags(
  new Command("check")
    .description(
      "Verdicts by code, no model: {constraint, query?, response} in, the same rows with {recognised, verdict, reversed,\n" +
        'reversed_verdict} out. A verdict is "pass", "fail", "na" (not triggered) or null (a judge is needed).\n' +
        "FILE is JSON Lines, plain or gzip; - is standard input, and the default.",
    )
    .argument("[FILE...]", "rows to check", ["-"]),
).action((files: string[], flags: FilterFlags) => reportingSystemErrors(() => runFilter(files, flags, checkedLines)));
