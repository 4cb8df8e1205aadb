// A user's own texts as inspirations, from JSON Lines or a JSON list: our own records as they are, SysBank's published ones, or rows with a
// prompt or a description under the usual names. Fields that are not known are left where they are.
import { z } from "zod";
import { fieldPath, type OnBadRow } from "../../dataset/input-error.ts";
import { readJsonRows } from "../../dataset/json-rows.ts";
import { inputName } from "../../dataset/jsonl.ts";
import { profileId } from "../profile-id.ts";
import { corpusText, describedPrompt } from "./corpus-text.ts";
import { type Inspiration, inspirationSchema } from "./inspiration.ts";
import { statedRules } from "./stated-rules.ts";
import { textLanguage } from "./text-language.ts";

const filled = z.string().regex(/\S/, "must not be blank");

/** What is read of SysBank's published record, generated or not. */
const recordSchema = z.object({
  inspired_corpus: filled,
  source: filled.optional(),
  name: z.string(),
  desription: z.string(),
  gptId: filled,
});

const PROMPT_NAMES = ["system_prompt", "systemPrompt", "system", "prompt", "text"] as const;

const rowSchema = z
  .object({
    id: z.union([z.string(), z.int()]).optional(),
    name: z.string().optional(),
    description: z.string().optional(),
    system_prompt: z.string().optional(),
    systemPrompt: z.string().optional(),
    system: z.string().optional(),
    prompt: z.string().optional(),
    text: z.string().optional(),
    language: z.string().min(2).optional(),
    category: filled.optional(),
    constraints: z.array(filled).optional(),
    usage: inspirationSchema.shape.usage,
  })
  .refine(
    (row) =>
      [row.description, ...PROMPT_NAMES.map((name) => row[name])].some(
        (text) => text !== undefined && text.trim() !== "",
      ),
    `a row needs a description or a prompt (${PROMPT_NAMES.join(", ")})`,
  );

/**
 * @param source what the records are said to come from; begins their ids
 * @param onBad takes rows of no known form
 */
export async function* importJsonl(
  files: readonly string[],
  source: string,
  onBad: OnBadRow,
): AsyncGenerator<Inspiration> {
  let rows = 0;
  for (const path of files) {
    const file = inputName(path);
    for await (const { line, value, text } of readJsonRows(path, onBad)) {
      rows += 1;
      const read = inspirationOf(value, source, rows);
      if ("id" in read) yield read;
      else onBad({ file, line, ...read, raw: text });
    }
  }
}

interface Fault {
  readonly field: string;
  readonly reason: string;
}

/** @param number of the row in all the files: the id of one that has none */
function inspirationOf(value: unknown, source: string, number: number): Inspiration | Fault {
  const has = (key: string): boolean => typeof value === "object" && value !== null && key in value;
  if (has("corpus") && has("id")) return parsed(inspirationSchema, value, (row) => row);
  if (has("inspired_corpus")) {
    return parsed(recordSchema, value, (record) => ({
      id: profileId(record.gptId),
      source: record.source ?? source,
      name: record.name,
      description: record.desription,
      corpus: record.inspired_corpus,
      language: textLanguage(record.desription),
      constraints: [],
      meta: {},
    }));
  }
  return parsed(rowSchema, value, (row) => {
    const prompt = PROMPT_NAMES.map((name) => row[name]).find((text) => text !== undefined && text.trim() !== "");
    const name = row.name ?? "";
    const description = row.description ?? "";
    const said = prompt === undefined ? description : describedPrompt(description, prompt);
    return {
      id: profileId(`${source}_${row.id ?? number}`),
      source,
      name,
      description,
      corpus: corpusText(name, said),
      language: row.language ?? textLanguage(prompt ?? description),
      ...(row.category !== undefined && { category: row.category }),
      ...(row.usage !== undefined && { usage: row.usage }),
      constraints: row.constraints ?? (prompt === undefined ? [] : statedRules(prompt)),
      ...(prompt !== undefined && { systemPrompt: prompt }),
      meta: {},
    };
  });
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, make: (row: T) => Inspiration): Inspiration | Fault {
  const result = schema.safeParse(value);
  if (result.success) return make(result.data);
  const issue = result.error.issues[0];
  return { field: fieldPath(issue?.path ?? []), reason: issue?.message ?? "invalid" };
}
