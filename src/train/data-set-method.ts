// What a data set was made for, against what it is to be trained by. A mismatch may be meant (DPO on RPO pairs is the paper's
// ablation), so it is only said; rows that a method can't use at all are refused one by one in row-texts.ts.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { METHODS, type Method } from "../preference/training-row.ts";

const summarySchema = z.object({ settings: z.object({ method: z.enum(METHODS) }) });

/** What training rows of one method by another does, where that is not plain. */
const EFFECTS: Readonly<Partial<Record<`${Method} by ${Method}`, string>>> = {
  "rpo by dpo": "the margins are ignored",
  "dpo by rpo": "its pairs have no margin, so this is dpo",
  "rpo by sft": "the chosen responses are trained on",
  "dpo by sft": "the chosen responses are trained on",
  "kto by sft": "the desirable responses are trained on",
};

/** A notice where the folder's summary.json names another method; null where it doesn't, or there is none that can be read. */
export async function methodNotice(folder: string, method: Method): Promise<string | null> {
  let summary: unknown;
  try {
    summary = JSON.parse(await readFile(join(folder, "summary.json"), "utf8"));
  } catch {
    return null;
  }
  const parsed = summarySchema.safeParse(summary);
  if (!parsed.success || parsed.data.settings.method === method) return null;
  const made = parsed.data.settings.method;
  const effect = EFFECTS[`${made} by ${method}`];
  return `${folder} was made for ${made} and is trained by ${method}${effect === undefined ? "" : `: ${effect}`}`;
}
