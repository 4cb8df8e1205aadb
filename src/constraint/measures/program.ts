// Verdicts of a benchmark's official program as a measure of 0 and 1: what only that program's text says exactly, quirks included.
// The program is passed in (means.ts); nothing of any benchmark is known here.

import { MissingMeansError } from "../means.ts";
import type { MeasureDefinition } from "../measure.ts";

export const PROGRAM_MEASURES: Record<string, MeasureDefinition> = {
  follows: {
    needsMeans: true,
    instructionOnly: true,
    args: { benchmark: "benchmark", instruction: "text", kwargs: "kwargs" },
    of: ({ text, means }, { benchmark, instruction, kwargs }) => {
      const program = means.programs?.[benchmark as string];
      if (program === undefined)
        throw new MissingMeansError(
          `the verdict program of ${JSON.stringify(benchmark)}`,
          "pass it in with the text (means.programs)",
        );
      return program(instruction as string, JSON.parse(kwargs as string), text) ? 1 : 0;
    },
    wording: {
      en: {
        none: "!follow the instruction {instruction} of {benchmark} with the arguments {kwargs}, as its official program decides",
        some: "follow the instruction {instruction} of {benchmark} with the arguments {kwargs}, as its official program decides",
      },
      zh: {
        none: "!按{benchmark}官方程序的判定遵循其指令{instruction}（参数为{kwargs}）",
        some: "按{benchmark}官方程序的判定遵循其指令{instruction}（参数为{kwargs}）",
      },
    },
  },
};
