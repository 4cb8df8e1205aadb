// The language of a text as langdetect 1.0.9 gives it, to the last bit: a naive Bayes classifier over n-grams of characters
// which draws n-grams at random, seven times, until one language is nearly certain. Its quirks are kept, for verdicts of
// published programs hang on them. Follows spec/evaluation.md, "Python behaviour to reproduce" (Python 3.11). Ignores prior
// probabilities and the other settings that no evaluation uses.
import { readLangdetectTables } from "./langdetect-files.ts";
import { LanguageProfiles } from "./langdetect-profiles.ts";
import { LANGUAGES } from "./langdetect-tables.ts";
import { ReplayedRandom } from "./replayed-random.ts";

/** What the official package raises as LangDetectException: the text has no n-gram of any language. */
export class LangDetectError extends Error {
  /** The official code. */
  readonly code = "CantDetectError";
  constructor() {
    super("No features in text.");
    this.name = "LangDetectError";
  }
}

export interface LanguageProbability {
  /** One of LANGUAGES. */
  readonly language: string;
  /** Greater than 0.1. */
  readonly probability: number;
}

export interface DetectionOptions {
  /** Seed of the draws of each text. Default 0, as in the published verdicts. */
  readonly seed?: number | undefined;
}

/** What `detect` answers when no language is likely enough. */
export const UNKNOWN_LANGUAGE = "unknown";

const DEFAULT_SEED = 0;

// The official constants.
const TRIALS = 7;
const ALPHA = 0.5;
const ALPHA_WIDTH = 0.05;
const BASE_FREQUENCY = 10_000;
const STEPS_BETWEEN_CHECKS = 5;
const STEP_LIMIT = 1000;
const CERTAIN = 0.99999;
const LIKELY = 0.1;
/** Code points of a text that count. */
const TEXT_LIMIT = 10_000;

const URLS = /https?:\/\/[-_.?&~;+=/#0-9A-Za-z]{1,2076}/g;
const MAILS = /[-_.0-9A-Za-z]{1,64}@[-_0-9A-Za-z]{1,255}[-_.0-9A-Za-z]{1,255}/g;

const SPACE = 0x20;
/** The Latin letters, as the official code has them: "A" to "z", with the six characters between. */
const isLatin = (code: number): boolean => code >= 0x41 && code <= 0x7a;
/** From here on characters count as not Latin; meant to leave out Latin Extended Additional, the official test never does. */
const FIRST_NOT_LATIN = 0x300;

/** Detects with the profiles given. Not to be shared between threads; within one, calls follow each other. */
export class LanguageDetector {
  readonly #profiles: LanguageProfiles;
  readonly #text = new Uint32Array(TEXT_LIMIT);
  readonly #grams = new Int32Array(3 * TEXT_LIMIT);
  readonly #trial = new Float64Array(LANGUAGES.length);
  #seed = DEFAULT_SEED;
  #random = new ReplayedRandom(DEFAULT_SEED);

  constructor(profiles: LanguageProfiles) {
    this.#profiles = profiles;
  }

  /**
   * `detect_langs`: the likely languages, the likeliest first; those equally likely in the order of LANGUAGES.
   * @throws LangDetectError when the text has no features
   */
  probabilities(text: string, { seed = DEFAULT_SEED }: DetectionOptions = {}): LanguageProbability[] {
    const length = this.#withoutLatin(this.#read(text));
    const count = this.#profiles.extract(this.#text, length, this.#grams);
    if (count === 0) throw new LangDetectError();
    if (seed !== this.#seed) {
      this.#seed = seed;
      this.#random = new ReplayedRandom(seed);
    }
    const mean = this.#sample(count);
    const likely: LanguageProbability[] = [];
    for (let index = 0; index < mean.length; index += 1)
      if (mean[index]! > LIKELY) likely.push({ language: LANGUAGES[index]!, probability: mean[index]! });
    return likely.sort((a, b) => b.probability - a.probability);
  }

  /** `detect`: the likeliest language, or UNKNOWN_LANGUAGE. @throws LangDetectError when the text has no features */
  detect(text: string, options: DetectionOptions = {}): string {
    return this.probabilities(text, options)[0]?.language ?? UNKNOWN_LANGUAGE;
  }

  /** The code points that count: addresses out, Vietnamese composed, spaces in a row made one. @returns how many */
  #read(given: string): number {
    let text = given.replace(URLS, " ");
    if (text.includes("@")) text = text.replace(MAILS, " "); // without one, the search is long and in vain
    let length = 0;
    let taken = 0; // of the composed text, spaces and all
    let afterSpace = false;
    for (let i = 0; i < text.length && taken < TEXT_LIMIT; i += 1) {
      let code = text.codePointAt(i)!;
      if (code > 0xffff) i += 1;
      const composed = this.#profiles.compose(code, text.charCodeAt(i + 1));
      if (composed !== undefined) {
        code = composed;
        i += 1;
      }
      taken += 1;
      if (code !== SPACE || !afterSpace) {
        this.#text[length] = code;
        length += 1;
      }
      afterSpace = code === SPACE;
    }
    return length;
  }

  /** Takes Latin letters out of a text that is mostly in another script. @returns the new length */
  #withoutLatin(length: number): number {
    const text = this.#text;
    let latin = 0;
    let other = 0;
    for (let i = 0; i < length; i += 1) {
      const code = text[i]!;
      if (isLatin(code)) latin += 1;
      else if (code >= FIRST_NOT_LATIN) other += 1;
    }
    if (latin * 2 >= other) return length;
    let kept = 0;
    for (let i = 0; i < length; i += 1) {
      const code = text[i]!;
      if (isLatin(code)) continue;
      text[kept] = code;
      kept += 1;
    }
    return kept;
  }

  /** The mean of the trials' probabilities, in the order of LANGUAGES. Each sum is taken in the official order. */
  #sample(count: number): Float64Array {
    const mean = new Float64Array(LANGUAGES.length);
    const trial = this.#trial;
    const random = this.#random;
    random.restart();
    for (let done = 0; done < TRIALS; done += 1) {
      trial.fill(1 / LANGUAGES.length);
      const smoothing = (ALPHA + random.gauss(0, 1) * ALPHA_WIDTH) / BASE_FREQUENCY;
      for (let step = 0; ; step += 1) {
        weigh(trial, this.#profiles.frequencies(this.#grams[random.below(count)]!), smoothing);
        if (step % STEPS_BETWEEN_CHECKS === 0 && (normalise(trial) > CERTAIN || step >= STEP_LIMIT)) break;
      }
      for (let language = 0; language < mean.length; language += 1) mean[language]! += trial[language]! / TRIALS;
    }
    return mean;
  }
}

/** Multiplies each language's probability by the frequency in it of what was drawn, plus `smoothing`. */
function weigh(probabilities: Float64Array, frequencies: Float64Array, smoothing: number): void {
  for (let i = 0; i < probabilities.length; i += 1) probabilities[i]! *= smoothing + frequencies[i]!;
}

/** Scales the values to a sum of 1. @returns the greatest */
function normalise(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i += 1) total += values[i]!;
  let greatest = 0;
  for (let i = 0; i < values.length; i += 1) {
    const share = values[i]! / total;
    values[i] = share;
    if (share > greatest) greatest = share;
  }
  return greatest;
}

let detector: LanguageDetector | undefined;

/** The detector with langdetect's own profiles, which must have been fetched: see `pullLangdetect`. */
function cachedDetector(): LanguageDetector {
  detector ??= new LanguageDetector(new LanguageProfiles(readLangdetectTables()));
  return detector;
}

/**
 * The likely languages of a text, as langdetect's `detect_langs`.
 * @throws LangDetectError when the text has no features; LangdetectMissingError before `pullLangdetect`
 */
export const languageProbabilities = (text: string, options?: DetectionOptions): LanguageProbability[] =>
  cachedDetector().probabilities(text, options);

/**
 * The language of a text, as langdetect's `detect`: one of LANGUAGES, or UNKNOWN_LANGUAGE.
 * @throws LangDetectError when the text has no features; LangdetectMissingError before `pullLangdetect`
 */
export const detectLanguage = (text: string, options?: DetectionOptions): string =>
  cachedDetector().detect(text, options);
