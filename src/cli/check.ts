// `rpo check [FILE]`: a filter of JSON Lines, {constraint, query?, response} in, the same rows with their verdicts out.
import { Command } from "commander";
import { z } from "zod";
import { check } from "../constraint/check.ts";
import { fieldPath, type OnBadRow } from "../dataset/input-error.ts";
import { inputName, jsonLine, readJsonl } from "../dataset/jsonl.ts";
import { type FilterFlags, runFilter, withFilterFlags } from "./jsonl-filter.ts";
import { reportingSystemErrors } from "./system-failure.ts";

/** Other fields of a row are the user's own, and stay. */
const rowSchema = z.looseObject({
  constraint: z.string().regex(/\S/, "must not be blank"),
  query: z.string().nullish(),
  response: z.string(),
});

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

export const command = withFilterFlags(
  new Command("check")
    .description(
      "Verdicts by code, no model: {constraint, query?, response} in, the same rows with {recognised, verdict, reversed,\n" +
        'reversed_verdict} out. A verdict is "pass", "fail", "na" (not triggered) or null (a judge is needed).\n' +
        "FILE is JSON Lines, plain or gzip; - is standard input, and the default.",
    )
    .argument("[FILE...]", "rows to check", ["-"]),
).action((files: string[], flags: FilterFlags) => reportingSystemErrors(() => runFilter(files, flags, checkedLines)));
