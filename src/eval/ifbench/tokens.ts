// Word tokens by the NLTK that IFBench's program is locked to (3.9.2).
import type { RuleContext } from "../ifeval/instruction.ts";
import { wordTokens } from "../nltk/word-tokens.ts";

export const tokensOf = (text: string, { punkt }: Pick<RuleContext, "punkt">): string[] =>
  wordTokens(text, punkt(), "3.9");
