// SysBank's published record of a profile, to and from ours (spec/method.md, data construction, 1). Its keys are kept to the
// letter, `desription` too, and in its language inside `structure_system_prompt` (the published English example has "Skils").
// Ignores where a record stands; knows nothing of triggers, which a record has only in the words of its constraints.
import { z } from "zod";
import { judged } from "./judged.ts";
import { type Profile, type ProfileConstraint, profileSchema, systemPrompt } from "./profile.ts";
import { profileId } from "./profile-id.ts";

const texts = z.array(z.string());

const structureSchema = z.union([
  z.object({ 名称: z.string(), 描述: z.string(), 技能: texts, 约束: texts }),
  z.object({ Name: z.string(), Description: z.string(), Skills: texts, Constraints: texts }),
  z
    .object({ Name: z.string(), Description: z.string(), Skils: texts, Constraints: texts })
    .transform(({ Skils, ...rest }) => ({ ...rest, Skills: Skils })),
]);

export const sysbankRecordSchema = z.object({
  /** Flat text: profile, skills, constraints, each numbered. */
  system_prompt: z.string(),
  structure_system_prompt: structureSchema,
  /** The text that the profile was inspired by. */
  inspired_corpus: z.string(),
  source: z.string(),
  gen_model: z.string(),
  /** "2025-01-14 15:54:40"; the zone is not stated, ours is UTC. */
  timestamp: z.string(),
  name: z.string(),
  desription: z.string(),
  gptId: z.string(),
});
export type SysbankRecord = z.infer<typeof sysbankRecordSchema>;

/** What a record tells beside the profile. */
export interface RecordOrigin {
  readonly inspiration: {
    readonly id: string;
    readonly source: string;
    readonly name: string;
    readonly description: string;
    readonly corpus: string;
  };
  /** Name of the model that wrote the profile. */
  readonly model: string;
  readonly time: Date;
}

/** The record of a profile. */
export function sysbankRecord(profile: Profile, { inspiration, model, time }: RecordOrigin): SysbankRecord {
  const { name, persona, skills = [], language } = profile;
  const constraints = profile.constraints.map(({ text }) => text);
  return {
    system_prompt: systemPrompt({ ...profile, skills }),
    structure_system_prompt:
      language === "zh"
        ? { 名称: name, 描述: persona, 技能: skills, 约束: constraints }
        : { Name: name, Description: persona, Skills: skills, Constraints: constraints },
    inspired_corpus: inspiration.corpus,
    source: inspiration.source,
    gen_model: model,
    timestamp: time.toISOString().slice(0, 19).replace("T", " "),
    name: inspiration.name,
    desription: inspiration.description,
    gptId: inspiration.id,
  };
}

/**
 * The profile of a record, for training. Constraints that code cannot check are marked; triggers stand in their texts only.
 * @param id the profile's id, where the record's own will not do
 * @throws z.ZodError for a record without name, description or constraints
 */
export function profileOfRecord(
  { structure_system_prompt: parts, gptId }: SysbankRecord,
  id = profileId(gptId),
): Profile {
  const [name, persona, skills, constraints, language] =
    "名称" in parts
      ? ([parts.名称, parts.描述, parts.技能, parts.约束, "zh"] as const)
      : ([parts.Name, parts.Description, parts.Skills, parts.Constraints, "en"] as const);
  return profileSchema.parse({
    id,
    language,
    split: "train",
    name,
    persona,
    ...(skills.length > 0 && { skills }),
    constraints: constraints.map((text, i): ProfileConstraint => ({ id: `c${i + 1}`, text, ...judged(text) })),
  });
}
