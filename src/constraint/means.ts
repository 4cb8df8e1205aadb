// What some measures need beyond the text and may not fetch themselves: a language detector with tables that are downloaded, the
// verdict programs of benchmarks. They are passed in with the text (`viewOf(text, means)`), so that measures stay pure.

/** Whether a response follows an instruction, as a benchmark's own program decides. */
export type Program = (instruction: string, kwargs: Readonly<Record<string, unknown>>, response: string) => boolean;

export interface Means {
  /** The text's language as langdetect 1.0.9 tells it ("fr", "zh-cn"); null where it finds none. */
  readonly detectLanguage?: (text: string) => string | null;
  /** Benchmarks' programs by the name of the benchmark ("ifeval", "multi_if"). */
  readonly programs?: Readonly<Record<string, Program>>;
}

export const NO_MEANS: Means = {};

/** A measure was asked of a text that came without what it needs. */
export class MissingMeansError extends Error {
  constructor(what: string, todo: string) {
    super(`this constraint needs ${what}: ${todo}`);
    this.name = "MissingMeansError";
  }
}
