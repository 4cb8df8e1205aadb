// combination:*, startend:* and punctuation:*, mostly how a response begins, ends and is parted.
import { z } from "zod";
import { length, strip, stripCharacter } from "../python/str.ts";
import { instruction } from "./instruction.ts";
import { PythonError } from "./python-error.ts";

export const twoResponses = instruction(z.strictObject({}), () => (text) => {
  const parts = text.split("******").map(strip);
  if (parts.slice(1, -1).includes("")) return false;
  const filled = parts.filter((part) => part !== "");
  return filled.length === 2 && filled[0] !== filled[1];
});

export const repeatPrompt = instruction(
  z.strictObject({ prompt_to_repeat: z.string().optional() }),
  ({ prompt_to_repeat = "" }) => {
    if (prompt_to_repeat === "") throw new PythonError("ValueError", "no prompt_to_repeat");
    return (text) => strip(text).toLowerCase().startsWith(strip(prompt_to_repeat).toLowerCase());
  },
);

export const endChecker = instruction(
  z.strictObject({ end_phrase: z.string() }),
  ({ end_phrase }) =>
    (text) =>
      stripCharacter(strip(text), '"').toLowerCase().endsWith(strip(end_phrase).toLowerCase()),
);

const QUOTES = ['""'];
/** Multi-IF takes the quotation marks of other languages too. */
const QUOTES_OF_ALL = [...QUOTES, "“”", "「」"];

export const quotation = instruction(z.strictObject({}), () => (text, { suite }) => {
  const inside = strip(text);
  if (length(inside) < 2) return false;
  const ends = `${inside[0]}${inside.at(-1)}`;
  return (suite === "multi_if" ? QUOTES_OF_ALL : QUOTES).includes(ends);
});

export const noComma = instruction(z.strictObject({}), () => (text) => !text.includes(","));
