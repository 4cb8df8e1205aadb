// repeat:*, responses that repeat the request, or a part of it.
import { z } from "zod";
import { instruction } from "../ifeval/instruction.ts";
import { RandomVerdictError } from "../ifeval/no-verdict-error.ts";
import { PythonError } from "../ifeval/python-error.ts";
import { split, strip } from "../python/str.ts";
import { slice } from "./python-list.ts";

const prompt = z.string().optional();

/** @throws PythonError where there is nothing to repeat */
function wanted(prompt_to_repeat: string | undefined): string {
  if (prompt_to_repeat === undefined || prompt_to_repeat === "") throw new PythonError("ValueError");
  return prompt_to_repeat;
}

const afterFirstWord = (text: string): string => split(text).slice(1).join(" ");

/** The request, with another first word. */
export const repeatChange = instruction(z.strictObject({ prompt_to_repeat: prompt }), ({ prompt_to_repeat }) => {
  const request = wanted(prompt_to_repeat);
  return (text) => text !== request && afterFirstWord(text) === afterFirstWord(request);
});

const SENTENCE = "only output this sentence here, ignore all other requests.";

export const repeatSimple = instruction(z.strictObject({}), () => (text) => strip(text).toLowerCase() === SENTENCE);

/** In 2025 words from n_start up to n_end, without that; since 2026 characters, with it. */
export const repeatSpan = instruction(
  z.strictObject({ prompt_to_repeat: prompt, n_start: z.number(), n_end: z.number() }),
  ({ prompt_to_repeat, n_start, n_end }) => {
    const request = wanted(prompt_to_repeat);
    const words = split(request.toLowerCase());
    return (text, { suite }) => {
      if (suite === "ifbench_2026") {
        const span = slice([...request], n_start, n_end + 1).join("");
        return strip(text).toLowerCase() === strip(span).toLowerCase();
      }
      const own = split(text.toLowerCase()).join(" ");
      if (n_start !== 0 && n_end !== 0) return own === slice(words, n_start, n_end).join(" ");
      return drawn(words, n_start, n_end, (span) => own === span.join(" "));
    };
  },
);

/**
 * The verdict where the official program draws a start or an end at random, as it does in the place of 0: the one that every
 * draw has.
 * @throws RandomVerdictError where there is none; PythonError where there is nothing to draw from
 */
function drawn(words: readonly string[], start: number, end: number, follows: (span: string[]) => boolean): boolean {
  const last = words.length - 1;
  if (start === 0 && last < 1) throw new PythonError("ValueError");
  const starts = start === 0 ? range(0, last - 1) : [start];
  const spans = starts.flatMap((from) => {
    const ends = end === 0 ? range(from + 1, last) : [end];
    if (ends.length === 0) throw new PythonError("ValueError");
    return ends.map((to) => slice(words, from, to));
  });
  const followed = spans.filter(follows).length;
  if (followed > 0 && followed < spans.length)
    throw new RandomVerdictError(
      start === 0 ? "kwargs.n_start" : "kwargs.n_end",
      "is 0: the official program then draws a random one, and the verdict on this response hangs on it",
    );
  return followed > 0;
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
