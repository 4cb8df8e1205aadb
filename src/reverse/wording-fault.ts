// What can be seen to be wrong with a reverse by its wording alone, before any response is judged under it (spec/constraints.md, "Ten
// ways to reverse wrongly"): it allows instead of demanding, says the same, has another language or more than a sentence to it. In words
// that go back to the model that wrote it.
import type { WordingLanguage } from "../constraint/argument.ts";
import { languageOf } from "../constraint/recognise/recognise.ts";
import { compareByCode } from "./exact-complement.ts";

/** "May" and the like demand nothing. Only where the constraint itself has none of it: "say what the user may do" is a demand. */
const PERMISSIVE: Readonly<Record<WordingLanguage, RegExp>> = {
  en: /\b(?:may|need not|needn['’]t|(?:do|does) not (?:have|need) to|(?:don|doesn)['’]t (?:have|need) to|(?:is|are|not) (?:optional|required|necessary)|(?:is|are) (?:allowed|permitted|free) to|feel free|no need to)\b/i,
  zh: /可以不|可不必|不必|无需|无须|不需要|不用非|不一定|可有可无|允许/,
};

/** A reverse is a sentence or two; a model that writes more explains, or has lost itself. */
const MAX_LENGTH = 600;

const WORDS = {
  en: {
    blank: "the opposite is empty",
    same: "the opposite says the same as the requirement",
    long: `the opposite is longer than ${MAX_LENGTH} characters; write one sentence`,
    language: "the opposite must be in the language of the requirement",
    permissive: (found: string) =>
      `"${found}" allows something instead of demanding it; write what the reply must or must not do`,
    wrong: (reason: string) => `it is no exact opposite: ${reason}`,
  },
  zh: {
    blank: "相反的要求是空的",
    same: "相反的要求与原要求说的是一回事",
    long: `相反的要求超过了 ${MAX_LENGTH} 个字符，请只写一句话`,
    language: "相反的要求必须用原要求的语言书写",
    permissive: (found: string) => `“${found}”只是许可，不是要求；请写明回复必须或不得做什么`,
    wrong: (reason: string) => `并非精确相反：${reason}`,
  },
} as const;

/** Letters and digits alone: what is left of a text when layout, case and punctuation are put aside. */
const bare = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** The fault of a reverse in the language of its constraint, or null. */
export function wordingFault(text: string, reversed: string): string | null {
  const language = languageOf(text);
  const words = WORDS[language];
  if (bare(reversed) === "") return words.blank;
  if (bare(reversed) === bare(text)) return words.same;
  if (reversed.length > Math.max(MAX_LENGTH, 2 * text.length)) return words.long;
  if (languageOf(reversed) !== language) return words.language;
  const permissive = PERMISSIVE[language].exec(reversed)?.[0];
  if (permissive !== undefined && !PERMISSIVE[language].test(text)) return words.permissive(permissive);
  const compared = compareByCode(text, reversed);
  return compared.kind === "wrong" ? words.wrong(compared.reason) : null;
}
