// Writes a system profile with a model, from a text that inspires it (spec/method.md, data construction, 1): first who the
// assistant is, then its constraints, asked for until there are enough good ones. What the model writes is checked
// (constraint-list.ts) and told apart: what code can decide and what needs a judge. Ignores where inspirations come from and
// where profiles go.
import { z } from "zod";
import type { ChatModel } from "../../model/model.ts";
import { ModelFailure } from "../../model/model-failure.ts";
import { sampleSeed } from "../../model/sample-seed.ts";
import { askTyped } from "../../model/typed-answer.ts";
import { seededRandom } from "../../preference/seed.ts";
import { profileConstraintsPrompt } from "../../prompts/profile-constraints.ts";
import { systemProfilePrompt } from "../../prompts/system-profile.ts";
import { isChecked, judged } from "../judged.ts";
import { type Profile, profileSchema } from "../profile.ts";
import { profileId } from "../profile-id.ts";
import { promptLanguage } from "../prompt.ts";
import { constraintDraftSchema, type StatedConstraint, stated, takenOver, tidy } from "./constraint-draft.ts";
import { gather, LEAST_CONSTRAINTS, MOST_CONSTRAINTS, type RefusedConstraint } from "./constraint-list.ts";

/** What inspires a profile: of an imported record, what is needed here. */
export interface ProfileInspiration {
  readonly id: string;
  readonly source: string;
  readonly name: string;
  readonly description: string;
  /** The whole text. */
  readonly corpus: string;
  /** Explicit rules and output instructions, which are taken over as constraints where they are in the profile's language. */
  readonly constraints: readonly string[];
}

export const generatedProfileSchema = z.strictObject({
  profile: profileSchema,
  /** Id and source of what inspired it. */
  inspiration: z.strictObject({ id: z.string(), source: z.string() }),
  /** Name of the model that wrote it. */
  model: z.string(),
  /** Versions of the prompts that it was asked with. */
  prompts: z.record(z.string(), z.int()),
  /** How many of the constraints code decides; the others need a judge. */
  checked: z.int().min(0),
  /** How many were taken over from the inspiration. */
  takenOver: z.int().min(0),
  /** What was offered and could not be used. */
  refused: z.array(z.strictObject({ text: z.string(), reason: z.string() })),
});
export type GeneratedProfile = z.infer<typeof generatedProfileSchema>;

export interface GenerateProfileOptions {
  readonly language: "en" | "zh";
  readonly seed: number;
  /** Longest answer of the model, in its tokens. */
  readonly maxTokens: number;
  readonly signal?: AbortSignal | undefined;
  /** Default 0.7, the method's own. */
  readonly temperature?: number;
  /**
   * Least and most constraints of a profile; how many it shall have is drawn between them by the seed, and it gets fewer, but not
   * under the least, where the model has no more. Default 6 and 12.
   */
  readonly constraints?: { readonly least: number; readonly most: number };
}

/** Characters of the inspiring text that the model is shown: what comes after is examples and repetition, and fills small contexts. */
const SHOWN = 4000;
/** Characters of a description (the method's own bound), and of the longest that is still one. */
const DESCRIPTION = [100, 2000] as const;
const SKILLS = [1, 8] as const;
const MOST_NAME = 80;
/** Constraints of one answer; a list that goes on beyond is a model that can't stop. */
const MOST_OFFERED = 20;
/** Times that constraints are asked for: with half of each answer refused, 12 are together after 4. */
const ROUNDS = 5;
/** Answers per round: a round without a single good constraint is tried once more with the reasons. */
const ANSWERS = 2;
/** Refused constraints that the model is shown, the latest ones: enough to see what is wrong. */
const SHOWN_REFUSED = 6;
/** Profiles shall differ; the sampling of the method's own profile writer. */
const TEMPERATURE = 0.7;

/**
 * One profile; its id is made of the inspiration's and the language.
 * @throws ModelFailure when the model gives no usable description or fewer than 6 usable constraints, and what the model throws
 */
export async function generateProfile(
  writer: ChatModel,
  inspiration: ProfileInspiration,
  {
    language,
    seed,
    maxTokens,
    signal,
    temperature = TEMPERATURE,
    constraints: { least, most } = { least: LEAST_CONSTRAINTS, most: MOST_CONSTRAINTS },
  }: GenerateProfileOptions,
): Promise<GeneratedProfile> {
  if (!(least >= 1 && most >= least)) throw new RangeError(`no number of constraints is from ${least} to ${most}`);
  const wanted = least + Math.floor(seededRandom("constraints", seed, inspiration.id)() * (most - least + 1));
  const asked = { language, maxTokens, temperature } as const;

  const who = await askTyped(
    writer,
    {
      ...asked,
      name: "profile",
      answer: whoSchema(language),
      fault: (value) => faultOfWho(value, language),
      messages: systemProfilePrompt.messages({ inspiration: shownOf(inspiration) }, language),
      seed: sampleSeed(seed, 0),
    },
    { signal },
  );
  const name = tidy(who.value.name);
  const description = oneParagraph(who.value.description);
  const skills = distinct(who.value.skills.map(tidy));

  const own = inspiration.constraints.map((text) => takenOver(text, language));
  const fromInspiration = gather([], own, { language, most });
  let taken = fromInspiration.taken;
  const refused: RefusedConstraint[] = [];
  const target = Math.max(wanted, taken.length);
  let failure: ModelFailure | null = null;
  for (let round = 1; round <= ROUNDS && taken.length < target; round += 1) {
    const before: readonly StatedConstraint[] = taken;
    const read = (drafts: Drafts) =>
      gather(
        before,
        drafts.map((draft) => stated(draft, language)),
        { language, most: target },
      );
    const input = {
      name,
      description,
      count: target - before.length,
      taken: before.map(({ text }) => text),
      refused: refused.slice(-SHOWN_REFUSED),
    };
    try {
      const answer = await askTyped(
        writer,
        {
          ...asked,
          name: "constraints",
          answer: constraintsSchema,
          fault: ({ constraints }) => {
            const offered = read(constraints);
            return offered.taken.length > before.length ? null : reasonsOf(offered.refused, language);
          },
          messages: profileConstraintsPrompt.messages(input, language),
          seed: sampleSeed(seed, round),
          answers: ANSWERS,
        },
        { signal },
      );
      const offered = read(answer.value.constraints);
      taken = offered.taken;
      refused.push(...offered.refused);
    } catch (error) {
      signal?.throwIfAborted();
      // An answer that could not be used is one round lost; anything else would meet the next round too.
      if (!(error instanceof ModelFailure) || error.kind !== "answer") throw error;
      failure = error;
    }
  }
  if (taken.length < least) throw tooFew(writer, taken.length, least, refused, failure);
  return {
    profile: assemble(inspiration, language, { name, description, skills }, taken),
    inspiration: { id: inspiration.id, source: inspiration.source },
    model: writer.name,
    prompts: {
      [systemProfilePrompt.name]: systemProfilePrompt.version,
      [profileConstraintsPrompt.name]: profileConstraintsPrompt.version,
    },
    checked: taken.filter(({ text }) => isChecked(text)).length,
    takenOver: fromInspiration.taken.length,
    refused,
  };
}

// Bounds that stand in the schema too: a model that is held to it by a grammar then keeps them without knowing how.
const whoSchema = (language: "en" | "zh") =>
  z.object({
    name: z
      .string()
      .min(1)
      .max(2 * MOST_NAME),
    description: z
      .string()
      .min(DESCRIPTION[0], { error: ({ input }) => WORDS[language].short([...String(input)].length) }),
    skills: z
      .array(z.string().min(1).max(200))
      .min(SKILLS[0], WORDS[language].skills)
      .max(2 * SKILLS[1]),
  });
type Who = z.infer<ReturnType<typeof whoSchema>>;

const constraintsSchema = z.object({ constraints: z.array(constraintDraftSchema).min(1).max(MOST_OFFERED) });
type Drafts = z.infer<typeof constraintsSchema>["constraints"];

function shownOf({ name, description, corpus }: ProfileInspiration): string {
  const text = corpus.trim() === "" ? `${name.trim()}\n${description.trim()}` : corpus.trim();
  return text.slice(0, SHOWN).toWellFormed().trim();
}

const oneParagraph = (text: string): string => text.toWellFormed().replace(/\s+/g, " ").trim();
const distinct = (texts: readonly string[]): string[] =>
  [...new Set(texts)].filter((text) => text !== "").slice(0, SKILLS[1]);

const WORDS = {
  en: {
    name: `"name" must have 1 to ${MOST_NAME} characters`,
    short: (length: number) => `the description has ${length} characters; it must have at least ${DESCRIPTION[0]}`,
    long: `"description" is longer than ${DESCRIPTION[1]} characters`,
    language: "it must be written in English",
    skills: '"skills" must name at least one skill',
    none: "there is no constraint in it",
    refused: (list: string) => `none of the constraints can be used. ${list}`,
  },
  zh: {
    name: `"name" 必须有 1 到 ${MOST_NAME} 个字`,
    short: (length: number) => `介绍只有 ${length} 个字，至少要有 ${DESCRIPTION[0]} 个字`,
    long: `"description" 超过了 ${DESCRIPTION[1]} 个字`,
    language: "必须用中文写",
    skills: '"skills" 至少要写一项技能',
    none: "里面没有约束",
    refused: (list: string) => `这些约束都不能用。${list}`,
  },
} as const;

function faultOfWho({ name, description, skills }: Who, language: "en" | "zh"): string | null {
  const words = WORDS[language];
  const said = oneParagraph(description);
  const length = [...said].length;
  const called = tidy(name);
  if (called === "" || called.length > MOST_NAME) return words.name;
  if (promptLanguage([{ role: "user", content: said }]) !== language) return words.language;
  if (length < DESCRIPTION[0]) return words.short(length);
  if (length > DESCRIPTION[1]) return words.long;
  return distinct(skills.map(tidy)).length < SKILLS[0] ? words.skills : null;
}

/** Reasons that the model is told at once: more would be passed over. */
const TOLD = 3;

const reasonsOf = (refused: readonly RefusedConstraint[], language: "en" | "zh"): string =>
  refused.length === 0
    ? WORDS[language].none
    : WORDS[language].refused(
        refused
          .slice(0, TOLD)
          .map(({ text, reason }) => (language === "zh" ? `“${text}”：${reason}。` : `“${text}”: ${reason}.`))
          .join(" "),
      );

function tooFew(
  writer: ChatModel,
  count: number,
  least: number,
  refused: readonly RefusedConstraint[],
  failure: ModelFailure | null,
): ModelFailure {
  const last = refused.at(-1);
  const why = last === undefined ? (failure?.message ?? "the model gave none") : `“${last.text}”: ${last.reason}`;
  return new ModelFailure(
    "answer",
    `${writer.name}: only ${count} usable constraints after ${ROUNDS} questions, a profile needs ${least}; the last one refused: ${why}`,
    { attempts: failure?.attempts ?? [], raw: failure?.raw ?? null, finishReason: failure?.finishReason ?? null },
  );
}

function assemble(
  inspiration: ProfileInspiration,
  language: "en" | "zh",
  { name, description, skills }: { name: string; description: string; skills: string[] },
  taken: readonly StatedConstraint[],
): Profile {
  // Sorted by code units, so that the order says nothing of who wrote which, and is the same everywhere.
  const sorted = [...taken].sort((a, b) => (a.text < b.text ? -1 : 1));
  return profileSchema.parse({
    id: profileId(`${inspiration.id}-${language}`),
    language,
    split: "train",
    name,
    persona: description,
    skills,
    constraints: sorted.map((constraint, i) => ({ id: `c${i + 1}`, ...constraint, ...judged(constraint.text) })),
  });
}
