// What verdicts by code may need beyond the texts: langdetect and the benchmarks' official programs. Their tables are read out of the
// cache at the first question that needs them, so that whoever asks none pays for none. Whoever is about to pay for what code shall
// judge asks first whether it can: require-means.ts.
import type { Means } from "../constraint/means.ts";
import { officialPrograms } from "../eval/ifeval/constraint-of.ts";
import { verifyOptions } from "../eval/ifeval/verify-tables.ts";
import { detectLanguage, LangDetectError } from "../eval/python/langdetect.ts";

export const CODE_MEANS: Means = {
  /** @throws LangdetectMissingError saying how to fetch its tables, where they are not in the cache */
  detectLanguage(text) {
    try {
      return detectLanguage(text);
    } catch (error) {
      if (error instanceof LangDetectError) return null;
      throw error;
    }
  },
  /** They throw NoVerdictError: where a table is not in the cache it says how to fetch it. */
  programs: officialPrograms((suite) => verifyOptions({ suite, mode: "parity" })),
};
