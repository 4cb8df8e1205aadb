// A row of a bank as counts see it, whatever it is: an inspiration, a generated profile, a bare profile, SysBank's record.
import { z } from "zod";
import { fieldPath, type OnBadRow, refuseBadRow } from "../../dataset/input-error.ts";
import { inputName, readJsonl } from "../../dataset/jsonl.ts";
import { type Profile, profileSchema, systemPrompt } from "../profile.ts";
import { profileOfRecord, sysbankRecordSchema } from "../sysbank-record.ts";
import { generatedProfileSchema } from "./generate.ts";
import { inspirationSchema, textOf } from "./inspiration.ts";

export interface BankRow {
  readonly kind: "inspiration" | "profile";
  /** Empty where a row does not tell. */
  readonly source: string;
  readonly language: string;
  readonly category: string;
  /** The prompt, or where there is none the description. */
  readonly text: string;
  readonly constraints: readonly string[];
}

const inspirationRow = inspirationSchema.transform(
  (inspiration): BankRow => ({
    kind: "inspiration",
    source: inspiration.source,
    language: inspiration.language,
    category: inspiration.category ?? "",
    text: textOf(inspiration),
    constraints: inspiration.constraints,
  }),
);

const rowOfProfile = (profile: Profile, source: string): BankRow => ({
  kind: "profile",
  source,
  language: profile.language,
  category: "",
  text: systemPrompt(profile),
  constraints: profile.constraints.map(({ text }) => text),
});

const profileRow = profileSchema.transform((profile) => rowOfProfile(profile, ""));
const generatedRow = generatedProfileSchema.transform(({ profile, inspiration }) =>
  rowOfProfile(profile, inspiration.source),
);
const recordRow = sysbankRecordSchema.transform((record, context): BankRow => {
  try {
    return { ...rowOfProfile(profileOfRecord(record), record.source), text: record.system_prompt };
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    context.addIssue({ code: "custom", message: issue?.message ?? "no profile", path: ["structure_system_prompt"] });
    return z.NEVER;
  }
});

/** Each form by a key that the others have not. */
const FORMS: readonly (readonly [string, z.ZodType<BankRow>])[] = [
  ["structure_system_prompt", recordRow],
  ["profile", generatedRow],
  ["persona", profileRow],
  ["corpus", inspirationRow],
];

/**
 * The rows of any number of JSON Lines files ("-" for standard input), in their order.
 * @param onBad takes rows of none of the forms; without it the first one throws
 */
export async function* readBankRows(files: readonly string[], onBad: OnBadRow = refuseBadRow): AsyncGenerator<BankRow> {
  for (const path of files) {
    for await (const { line, value, text } of readJsonl(path, onBad)) {
      const refuse = (field: string, reason: string): void =>
        onBad({ file: inputName(path), line, field, reason, raw: text });
      const form = FORMS.find(([key]) => typeof value === "object" && value !== null && key in value)?.[1];
      if (form === undefined) {
        refuse("row", "no inspiration (corpus), profile (persona), generated profile (profile) or SysBank record");
        continue;
      }
      const parsed = form.safeParse(value);
      if (parsed.success) yield parsed.data;
      else refuse(fieldPath(parsed.error.issues[0]?.path ?? []), parsed.error.issues[0]?.message ?? "invalid");
    }
  }
}
