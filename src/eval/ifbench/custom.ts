// custom:*, tasks whose answer is known. They take any arguments, and look at none.
import { z } from "zod";
import { instruction, type Rule } from "../ifeval/instruction.ts";
import { PythonError } from "../ifeval/python-error.ts";
import { DIGIT, decimalValue, SPACE, WORD } from "../python/characters.ts";
import { CsvError, csvRows } from "../python/csv.ts";
import { stripCharacters, withoutPunctuation } from "../python/punctuation.ts";
import { length, split, strip } from "../python/str.ts";
import { AROUND_WORDS, firstCharacter } from "./python-list.ts";
import { sentencesOf } from "./sentences.ts";

const task = (rule: Rule) => instruction(z.looseObject({}), () => rule);

const numbers = new RegExp(`[${DIGIT}]+`, "gu");
const MULTIPLES = "14 21 28 35 42 49";

export const multiples = task((text) => (text.match(numbers) ?? []).join(" ") === MULTIPLES);

const questionLabel = new RegExp(`Question [${DIGIT}]+[.|):;]?`, "u");
const optionLine = new RegExp(`^[A-Ea-e][.|)][${SPACE}]*[${WORD}]`, "u");

/** Four questions, each longer, of five options. */
export const mcqCountLength = task((text) => {
  if (text.includes("Question") && !text.startsWith("Question")) return false;
  const questions = text
    .split(questionLabel)
    .map(strip)
    .filter((question) => question !== "");
  if (questions.length !== 4) return false;
  const lengths: number[] = [];
  for (const question of questions) {
    const lines = question.split("\n").map(strip);
    const isOption = lines.map((line) => optionLine.test(line));
    if (isOption.filter(Boolean).length !== 5) return false;
    lengths.push(length(strip(lines.slice(0, isOption.indexOf(true)).join(" "))));
  }
  return lengths.every((own, i) => i === 0 || own > (lengths[i - 1] as number));
});

/** Of letters with marks the letters, of ASCII. */
const plainLetters = (text: string): string => text.normalize("NFKD").replace(/[^\0-\x7f]+/g, "");

/** From Zimbabwe on 52 lines or more, none after the one before it in the alphabet. */
export const reverseNewline = task((text) => {
  const lines = text
    .split("\n")
    .map((line) => stripCharacters(line, AROUND_WORDS))
    .filter((line) => line !== "");
  const start = lines.findIndex((line) => line.includes("Zimbabwe"));
  if (start === -1 || lines.length - start < 52) return false;
  const plain = lines.slice(start).map(plainLetters);
  return plain.every((line, i) => i === 0 || line <= (plain[i - 1] as string));
});

/** That it is one sentence read backwards always holds: there are no signs left in it. */
export const wordReverse = task((text) =>
  split(withoutPunctuation(text.toLowerCase())).reverse().join(" ").includes("bald eagle"),
);

export const characterReverse = task((text) => text.toLowerCase().includes("elgae dlab"));

/** 26 sentences, of which the first begins with a. */
export const sentenceAlphabet = task((text, context) => {
  const sentences = sentencesOf(text, context);
  return (
    sentences.length === 26 &&
    sentences.every((sentence, i) => {
      const [word] = split(sentence);
      if (word !== undefined) return firstCharacter(word.toLowerCase()) === String.fromCharCode(0x61 + i);
      if (context.suite === "ifbench_2026") return false;
      throw new PythonError("IndexError");
    })
  );
});

const CAPITALS =
  "Reykjavik,Helsinki,Oslo,Tallinn,Stockholm,Riga,Moscow,Copenhagen,Vilnius,Minsk,Dublin,Berlin,Amsterdam,Warsaw,London,Brussels,Prague,Luxembourg,Paris,Vienna,Bratislava,Budapest,Vaduz,Chisinau,Bern,Ljubljana,Zagreb";

export const europeanCapitalsSort = task(
  (text) =>
    plainLetters(text)
      .split(",")
      .map(strip)
      .filter((capital) => capital !== "")
      .join(",") === CAPITALS,
);

/** @throws PythonError Error, as csv.Error is called */
function rowsOf(text: string, delimiter: "," | "\t"): string[][] {
  try {
    return csvRows(text, delimiter);
  } catch (error) {
    throw error instanceof CsvError ? new PythonError("Error", error.message) : error;
  }
}

const CITY_COLUMNS = ["ID", "Country", "City", "Year", "Count"];

export const csvCity = task((text) => {
  const rows = rowsOf(text, ",");
  if (rows.length !== 8) return false;
  return rows.every((row, i) => (i === 0 ? row.join("\n") === CITY_COLUMNS.join("\n") : row.length === 5));
});

/** A line with the columns, each in quotes or not, and this between them. */
const headerOf = (columns: string, between: string): RegExp =>
  new RegExp(
    `^${columns
      .split(" ")
      .map((column) => `(?:${column}|"${column}")`)
      .join(between)}$`,
  );
const PRODUCT_HEADER = headerOf("ProductID Category Brand Price Stock", ",[ \\t]*");
const STUDENT_HEADER = headerOf("StudentID Subject Grade Semester Score", "\\t *");

/** The first line is the header; the rows are read with every quote as a part of its field. */
function rowsWithQuotes(text: string, header: RegExp, delimiter: "," | "\t"): string[][] | null {
  if (!header.test(strip(text.slice(0, lineEnd(text))))) return null;
  return rowsOf(text.replaceAll('"', '"""'), delimiter);
}

const lineEnd = (text: string): number => {
  const end = text.indexOf("\n");
  return end === -1 ? text.length : end;
};

const special = new RegExp(`[^${DIGIT}${WORD}${SPACE}]`, "u");

/** Begins with a quote; a sign and a quote follow on its first line. */
function isSpecial(field: string): boolean {
  const line = field.slice(0, lineEnd(field));
  return line.startsWith('"') && special.test(line.slice(1, Math.max(1, line.lastIndexOf('"'))));
}

/** Rows are looked at up to the first with a special field. */
export const csvSpecialCharacter = task((text) => {
  const rows = rowsWithQuotes(text, PRODUCT_HEADER, ",");
  if (rows?.length !== 15) return false;
  const found = rows.slice(1).find((row) => row.length !== 5 || row.some(isSpecial));
  return found !== undefined && found.length === 5;
});

export const csvQuotes = task((text) => {
  const rows = rowsWithQuotes(text, STUDENT_HEADER, "\t");
  if (rows?.length !== 4) return false;
  return rows.every((row) => row.length === 5 && row.every(isQuoted));
});

function isQuoted(field: string): boolean {
  const own = strip(field);
  if (own === "") throw new PythonError("IndexError");
  return own.startsWith('"') && own.endsWith('"');
}

const date = new RegExp(`^([${DIGIT}]{4})-([${DIGIT}]{2})-([${DIGIT}]{2})$`, "u");
const SHORT_MONTHS = new Set([4, 6, 9, 11]);

/** int() of decimal digits of any script. */
const integer = (digits: string): number => Number([...digits].map(decimalValue).join(""));

/** Dates of Napoleon's lifetime; month and day 0 are let pass. */
export const dateFormatList = task((text) =>
  text.split(",").every((part) => {
    const [, ...digits] = date.exec(strip(part)) ?? [];
    const [year, month, day] = digits.map(integer);
    if (year === undefined || month === undefined || day === undefined) return false;
    const longest = month === 0 ? 99 : month === 2 ? 29 : SHORT_MONTHS.has(month) ? 30 : 31;
    return year >= 1769 && year <= 1821 && month <= 12 && day <= longest;
  }),
);
