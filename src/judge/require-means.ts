// Whether code can give the verdicts that it will be asked for, found out before anything is paid for: every constraint that needs more
// than the texts (a language detector, an official program, their tables) is tried on a few. Ignores what the verdicts are.
import { atomsOf } from "../constraint/expression.ts";
import { measureNamed } from "../constraint/measure.ts";
import { languageOf } from "../constraint/recognise/recognise.ts";
import { viewOf } from "../constraint/verdict.ts";
import { parse } from "../constraint/wording/parse.ts";
import { InputError } from "../dataset/input-error.ts";
import { UnsupportedPattern } from "../eval/python/regex-syntax.ts";
import { CODE_MEANS } from "./code-means.ts";
import type { ProfileText } from "./triggered.ts";

/** On these a program looks into every table that it will ever look into: some do only on capitals throughout, or on Thai. */
export const PROBES: readonly string[] = [
  'Run home. "Is it 2 or 3?" he asked; it was two.',
  "WE RUN HOME. IT IS LATE.",
  "we run home. it is late.",
  "วันนี้อากาศดีมาก เราจะไปเดินเล่นที่สวนสาธารณะ",
];

/**
 * Sees to it that code can judge these constraints, so far as they are its to judge.
 * @throws InputError naming the first that it cannot, and what to do
 */
export function requireMeans(constraints: Iterable<Pick<ProfileText, "text" | "judge">>): void {
  const tried = new Set<string>();
  const probes = PROBES.map((text) => viewOf(text, CODE_MEANS));
  for (const { text, judge } of constraints) {
    // What needs means is stated in rendered wording alone, which is read in a tenth of the time that people's phrasings take.
    const constraint = judge ? null : parse(text, languageOf(text));
    if (constraint === null) continue;
    for (const { measure: name, arg = {} } of atomsOf(constraint)) {
      const measure = measureNamed(name);
      const key = JSON.stringify([name, arg]);
      if (!measure.needsMeans || tried.has(key)) continue;
      tried.add(key);
      try {
        for (const probe of probes) measure.of(probe, arg, probe);
      } catch (error) {
        if (!(error instanceof InputError || error instanceof UnsupportedPattern)) throw error;
        throw new InputError(`code cannot judge the constraint ${JSON.stringify(text)}: ${error.message}`);
      }
    }
  }
}
