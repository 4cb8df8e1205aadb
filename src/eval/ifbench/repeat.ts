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
  ({ prompt_to_repeat, n_start, n_end }, suite) => {
    const request = wanted(prompt_to_repeat);
    if (suite === "ifbench_2026")
      return (text) => {
        const span = slice([...request], n_start, n_end + 1).join("");
        return strip(text).toLowerCase() === strip(span).toLowerCase();
      };
    const words = split(request.toLowerCase());
    const draws = drawsOf(words.length, n_start, n_end);
    return (text) => {
      const own = split(text.toLowerCase());
      const isSpan = (from: number, to: number): boolean => {
        const span = slice(words, from, to);
        return span.length === own.length && span.every((word, i) => word === own[i]);
      };
      let all = 0;
      let followed = 0;
      for (const { start, firstEnd, lastEnd } of draws) {
        all += lastEnd - firstEnd + 1;
        // Of ends that are drawn only one gives a span as long as the response.
        const end = firstEnd === lastEnd ? firstEnd : start + own.length;
        if (end >= firstEnd && end <= lastEnd && isSpan(start, end)) followed += 1;
      }
      if (followed > 0 && followed < all)
        throw new RandomVerdictError(
          n_start === 0 ? "kwargs.n_start" : "kwargs.n_end",
          "is 0: the official program then draws a random one, and the verdict on this response hangs on it",
        );
      return followed > 0;
    };
  },
);

interface Draw {
  readonly start: number;
  readonly firstEnd: number;
  readonly lastEnd: number;
}

/**
 * The starts and ends that the official program of 2025 may use: those given, but it draws one at random in the place of 0.
 * @throws PythonError where there is nothing to draw from
 */
function drawsOf(words: number, start: number, end: number): Draw[] {
  const starts = start === 0 ? Array.from({ length: Math.max(0, words - 1) }, (_, from) => from) : [start];
  const draws = starts.map((from) =>
    end === 0 ? { start: from, firstEnd: from + 1, lastEnd: words - 1 } : { start: from, firstEnd: end, lastEnd: end },
  );
  if (draws.length === 0 || draws.some(({ firstEnd, lastEnd }) => firstEnd > lastEnd))
    throw new PythonError("ValueError");
  return draws;
}
