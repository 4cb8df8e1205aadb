// `rpo check [FILE]`: a filter of JSON Lines, {constraint, query?, response} in, the same rows with their verdicts out.
import { Command } from "commander";
import { z } from "zod";
import { type CheckRequest, type CheckResult, check } from "../constraint/check.ts";
import { type Means, MissingMeansError } from "../constraint/means.ts";
import { fieldPath, type OnBadRow } from "../dataset/input-error.ts";
import { inputName, jsonLine, readJsonl } from "../dataset/jsonl.ts";
import { officialPrograms } from "../eval/ifeval/constraint-of.ts";
import { NoVerdictError } from "../eval/ifeval/no-verdict-error.ts";
import { verifyOptions } from "../eval/ifeval/verify-tables.ts";
import { LangdetectMissingError } from "../eval/python/langdetect-files.ts";
import { CODE_MEANS } from "../judge/code-means.ts";
import { CliError } from "./cli-error.ts";
import { type FilterFlags, runFilter, withFilterFlags } from "./jsonl-filter.ts";
import { reportingSystemErrors } from "./system-failure.ts";

/** Other fields of a row are the user's own, and stay. */
const rowSchema = z.looseObject({
  constraint: z.string().regex(/\S/, "must not be blank"),
  query: z.string().nullish(),
  response: z.string(),
});

/** A check that loads the official programs' tables at the first constraint that speaks of one. */
function checker(): (request: CheckRequest) => Promise<CheckResult> {
  let means: Means = CODE_MEANS;
  return async (request) => {
    try {
      return check({ ...request, means });
    } catch (error) {
      if (!(error instanceof MissingMeansError) || means.programs !== undefined) throw error;
      const [ifeval, multi_if, ifbench, ifbench_2026] = await Promise.all(
        (["ifeval", "multi_if", "ifbench", "ifbench_2026"] as const).map((suite) =>
          verifyOptions({ suite, mode: "parity" }),
        ),
      );
      means = {
        ...CODE_MEANS,
        programs: officialPrograms({
          ifeval: ifeval!,
          multi_if: multi_if!,
          ifbench: ifbench!,
          ifbench_2026: ifbench_2026!,
        }),
      };
      return check({ ...request, means });
    }
  };
}

async function* checkedLines(path: string, onBad: OnBadRow): AsyncGenerator<string> {
  const checkRow = checker();
  for await (const { line, value, text } of readJsonl(path, onBad)) {
    const bad = (field: string, reason: string): void =>
      onBad({ file: inputName(path), line, field, reason, raw: text });
    const parsed = rowSchema.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      bad(fieldPath(issue.path), issue.message);
      continue;
    }
    const { constraint, query, response } = parsed.data;
    let result: CheckResult;
    try {
      result = await checkRow({ constraint, response, ...(query != null && { query }) });
    } catch (error) {
      if (error instanceof LangdetectMissingError) throw new CliError(error.message);
      if (!(error instanceof NoVerdictError)) throw error;
      bad("constraint", error.message);
      continue;
    }
    yield jsonLine({ ...(value as object), ...result });
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
