// language:* and change_case:*. A response whose language can't be told follows.
import { z } from "zod";
import { wordTokens } from "../nltk/word-tokens.ts";
import { isLower, isUpper } from "../python/str.ts";
import { instruction, languageOf } from "./instruction.ts";
import { PythonError } from "./python-error.ts";
import { checkRelation, holds } from "./relation.ts";

/** Languages that the official programs have a name for; any other is a KeyError there. */
const NAMED = new Set(
  "en es pt ar hi fr ru de ja it bn uk th ur ta te bg ko pl he fa vi ne sw kn mr gu pa ml fi".split(" "),
);

export const responseLanguage = instruction(z.strictObject({ language: z.string() }), ({ language }) => {
  if (!NAMED.has(language)) throw new PythonError("KeyError", `no language ${JSON.stringify(language)}`);
  return (text, context) => {
    const found = languageOf(text, context);
    return found === null || found === language;
  };
});

const inEnglish = (cased: (text: string) => boolean) =>
  instruction(z.strictObject({}), () => (text, context) => {
    if (!cased(text)) return false;
    const found = languageOf(text, context);
    return found === null || found === "en";
  });

export const englishCapital = inEnglish(isUpper);
export const englishLowercase = inEnglish(isLower);

export const capitalWordFrequency = instruction(
  z.strictObject({ capital_frequency: z.int(), capital_relation: z.string() }),
  ({ capital_frequency, capital_relation }) => {
    checkRelation(capital_relation);
    return (text, { punkt, suite }) => {
      const tokens = wordTokens(text, punkt(), suite === "ifbench_2026" ? "3.9" : "3.8");
      return holds(tokens.filter(isUpper).length, capital_relation, capital_frequency);
    };
  },
);
