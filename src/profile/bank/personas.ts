// Personas: who a user is, in a line or a few, as the profiles of users are written from (spec/method.md, data construction, 2).
// From Synthetic-Persona-Chat (spec/corpora.md), from a text file with one a line, or as they were written before. Ignores the conversations that come with them.

import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { csvRows } from "../../dataset/csv-rows.ts";
import { type OnBadRow, refuseBadRow } from "../../dataset/input-error.ts";
import { inputBytes, inputName, lineBatches } from "../../dataset/jsonl.ts";
import { readJsonlRows } from "../../dataset/jsonl-rows.ts";
import { SeenIds } from "../../dataset/seen-ids.ts";
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

const samplePersonaFile = (language: "en" | "zh"): string =>
  fileURLToPath(new URL(`../../../samples/personas/${language}.txt`, import.meta.url));

/** The project's own personas. */
export async function samplePersonas(language: "en" | "zh"): Promise<UserPersona[]> {
  const personas: UserPersona[] = [];
  for await (const { persona } of linePersonas(samplePersonaFile(language), refuseBadRow, language))
    personas.push(persona);
  return personas;
}

/** A persona as one line of text, as `generateUserProfile` takes it. */
export const personaText = ({ lines, language }: UserPersona): string => lines.join(language === "zh" ? "" : " ");

/** Columns of Synthetic-Persona-Chat that hold a persona each, a statement a line. */
const COLUMNS = ["user 1 personas", "user 2 personas"] as const;
/** Characters of a persona's id that come from its hash: 48 bits. */
const DIGITS = 12;
/** Characters of a line: a persona is who somebody is, not their life. */
const MOST_CHARACTERS = 1_000;

/**
 * The persona that these lines state; null where they state nothing.
 * @param language where it is known: to tell it takes tables of 180 MB
 */
export function personaOf(text: string, language?: string): UserPersona | null {
  const lines = text
    .toWellFormed()
    .split(/\r\n|[\n\r]/)
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => line !== "");
  if (lines.length === 0) return null;
  const id = `persona_${hash("sha256", JSON.stringify(lines), "hex").slice(0, DIGITS)}`;
  return { id, language: language ?? textLanguage(lines.join("\n")), lines };
}

export interface PersonaCount {
  /** Personas read, and those that were there before. */
  read: number;
  repeated: number;
}

/**
 * The distinct personas of the files, in their order. The end of a name tells the form: .csv is Synthetic-Persona-Chat, .jsonl
 * what `rpo bank personas` wrote (either with .gz behind it), anything else a text with one persona a line (blank lines and
 * those that begin with # are none).
 * @param count is kept up to date
 * @param onBad takes bad rows and lines; without it the first one throws
 * @throws RowError (file, line, field, reason) for a bad row; InputError where a file cannot be read
 */
export async function* readPersonas(
  files: readonly string[],
  count: PersonaCount = { read: 0, repeated: 0 },
  onBad: OnBadRow = refuseBadRow,
): AsyncGenerator<UserPersona> {
  const seen = new SeenIds();
  for (const path of files) {
    const form = /\.(csv|jsonl)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase();
    const read = form === "csv" ? chatPersonas : form === "jsonl" ? writtenPersonas : linePersonas;
    for await (const { persona, line } of read(path, onBad)) {
      count.read += 1;
      if (seen.add(persona.id, path, line) === null) yield persona;
      else count.repeated += 1;
    }
  }
}

interface LocatedPersona {
  readonly persona: UserPersona;
  readonly line: number;
}

async function* chatPersonas(path: string, onBad: OnBadRow): AsyncGenerator<LocatedPersona> {
  for await (const { line, fields } of csvRows(path, COLUMNS, onBad))
    for (const column of COLUMNS) {
      const persona = personaOf(fields[column]);
      if (persona !== null) yield { persona, line };
    }
}

async function* writtenPersonas(path: string, onBad: OnBadRow): AsyncGenerator<LocatedPersona> {
  for await (const { value: persona, line } of readJsonlRows(path, personaSchema, onBad)) yield { persona, line };
}

async function* linePersonas(path: string, onBad: OnBadRow, language?: string): AsyncGenerator<LocatedPersona> {
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
      const persona = reason === null ? personaOf(text, language) : null;
      if (persona !== null) yield { persona, line };
      else if (reason !== null)
        onBad({ file, line, field: "row", reason, raw: text.slice(0, MOST_CHARACTERS).toWellFormed() });
    }
  }
}
