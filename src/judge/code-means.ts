// What verdicts by code may need beyond the texts: langdetect, whose tables are read at the first question about a language.
import type { Means } from "../constraint/means.ts";
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
};
