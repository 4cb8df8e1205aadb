// The options of `verify` with the tables that are in the cache (`rpo eval tables`): Punkt's parameters, langdetect's
// profiles, Thai words, and what IFBench goes by.
import { cachedSyllables } from "../ifbench/syllables.ts";
import { cachedPunktParameters } from "../nltk/punkt-parameters.ts";
import { cachedStopWords } from "../nltk/stop-words.ts";
import { cachedTaggerWeights } from "../nltk/tagger-weights.ts";
import { detectLanguage } from "../python/langdetect.ts";
import { thaiWords } from "../thai/newmm.ts";
import { cachedThaiDictionary } from "../thai/thai-dictionary.ts";
import type { VerifyOptions } from "./verify.ts";

/** With the tables that are here; what needs another is refused, and says how to fetch it. */
export function verifyOptions({ suite, mode }: Pick<VerifyOptions, "suite" | "mode">): VerifyOptions {
  const punkt = cachedPunktParameters() ?? undefined;
  const isIfbench = suite === "ifbench" || suite === "ifbench_2026";
  const thai = suite === "multi_if" ? cachedThaiDictionary() : null;
  return {
    suite,
    mode,
    punkt,
    detect: (text) => detectLanguage(text),
    stopWords: (isIfbench && cachedStopWords()) || undefined,
    tagger: (isIfbench && cachedTaggerWeights()) || undefined,
    syllables: (isIfbench && cachedSyllables()) || undefined,
    thaiWords: thai === null ? undefined : (text) => thaiWords(text, thai).length,
  };
}
