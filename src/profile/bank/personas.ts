// Personas: who a user is, in a line or a few, as the profiles of users are written from (spec/method.md, data construction, 2).
// From Synthetic-Persona-Chat (spec/corpora.md) or from a text file with one a line. Ignores the conversations that come with them.

import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import { z } from "zod";
import { fieldPath, type OnBadRow, refuseBadRow } from "../../dataset/input-error.ts";
import { inputBytes, inputName, lineBatches, readJsonl } from "../../dataset/jsonl.ts";
import { SeenIds } from "../../dataset/seen-ids.ts";
import { csvRows } from "./csv-rows.ts";
import { textLanguage } from "./text-language.ts";

export const personaSchema = z.strictObject({
  /** Of the hash of its lines: the same persona has the same id in every file. */
  id: z.string().regex(/^[\w-]{1,100}$/, "ids are 1 to 100 letters, digits, - and _"),
  /** ISO 639-1; "und" where nothing tells. */
  language: z.string().min(2),
  /** Each a statement about the user, without spaces at its ends. */
  lines: z.array(z.string().regex(/\S/, "must not be blank")).min(1),
});
export type UserPersona = z.infer<typeof personaSchema>;

/** A persona as one line of text. */
export const personaText = ({ lines, language }: UserPersona): string => lines.join(language === "zh" ? "" : " ");

/** Columns of Synthetic-Persona-Chat that hold a persona each, a statement a line. */
const COLUMNS = ["user 1 personas", "user 2 personas"] as const;
/** Characters of a persona's id that come from its hash: 48 bits. */
const DIGITS = 12;
/** Characters of a line: a persona is who somebody is, not their life. */
const MOST_CHARACTERS = 1_000;

/** The persona that these lines state; null where they state nothing. */
export function personaOf(text: string): UserPersona | null {
  const lines = text
    .toWellFormed()
    .split(/\r\n|[\n\r]/)
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => line !== "");
  if (lines.length === 0) return null;
  const id = `persona_${hash("sha256", JSON.stringify(lines), "hex").slice(0, DIGITS)}`;
  return { id, language: textLanguage(lines.join("\n")), lines };
}

export interface PersonaCount {
  /** Personas read, and those that were there before. */
  read: number;
  repeated: number;
}

/**
 * The distinct personas of the files, in their order. A name that ends in .csv or .csv.gz is Synthetic-Persona-Chat's form,
 * any other a text with one persona a line (blank lines and those that begin with # are none).
 * @param count is kept up to date
 * @param onBad takes rows that are no CSV, lines that are no UTF-8 or too long
 */
export async function* readPersonas(
  files: readonly string[],
  count: PersonaCount,
  onBad: OnBadRow,
): AsyncGenerator<UserPersona> {
  const seen = new SeenIds();
  for (const path of files) {
    for await (const { text, line } of /\.csv(?:\.gz)?$/i.test(path)
      ? chatPersonas(path, onBad)
      : linePersonas(path, onBad)) {
      const persona = personaOf(text);
      if (persona === null) continue;
      count.read += 1;
      const before = seen.add(persona.id, path, line);
      if (before === null) yield persona;
      else count.repeated += 1;
    }
  }
}

interface PersonaLines {
  readonly text: string;
  readonly line: number;
}

async function* chatPersonas(path: string, onBad: OnBadRow): AsyncGenerator<PersonaLines> {
  for await (const { line, fields } of csvRows(path, COLUMNS, onBad))
    for (const column of COLUMNS) yield { line, text: fields[column] };
}

async function* linePersonas(path: string, onBad: OnBadRow): AsyncGenerator<PersonaLines> {
  const file = inputName(path);
  for await (const batch of lineBatches(inputBytes(path), file)) {
    for (const { line, bytes } of batch) {
      const text = bytes.toString("utf8").trim();
      if (text.startsWith("#")) continue;
      const reason = !isUtf8(bytes)
        ? "not valid UTF-8"
        : [...text].length > MOST_CHARACTERS
          ? `longer than ${MOST_CHARACTERS} characters; a persona is one line`
          : null;
      if (reason === null) yield { line, text };
      else onBad({ file, line, field: "row", reason, raw: text.slice(0, MOST_CHARACTERS) });
    }
  }
}

/**
 * The personas that `rpo bank personas` wrote.
 * @throws RowError for a row of another form, or an id used twice; InputError where a file cannot be read
 */
export async function* readPersonaFile(
  files: readonly string[],
  onBad: OnBadRow = refuseBadRow,
): AsyncGenerator<UserPersona> {
  const seen = new SeenIds();
  for (const path of files) {
    const file = inputName(path);
    for await (const { line, value, text } of readJsonl(path, onBad)) {
      const parsed = personaSchema.safeParse(value);
      const issue = parsed.error?.issues[0];
      const used = parsed.success ? seen.add(parsed.data.id, file, line) : null;
      if (parsed.success && used === null) yield parsed.data;
      else if (used !== null)
        onBad({ file, line, field: "id", reason: `is used at ${used.file}:${used.line} already`, raw: text });
      else onBad({ file, line, field: fieldPath(issue?.path ?? []), reason: issue?.message ?? "invalid", raw: text });
    }
  }
}
