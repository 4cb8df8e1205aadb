// A user profile, written by a model from a one-line persona (spec/method.md, data construction, 2): who talks to an assistant
// in self-play. Traits are drawn by the seed, so that users are not all pleasant.
import { z } from "zod";
import type { ChatModel } from "../model/model.ts";
import { askPlain } from "../model/plain-answer.ts";
import { sampleSeed } from "../model/sample-seed.ts";
import { seededRandom } from "../preference/seed.ts";
import { userProfilePrompt } from "../prompts/user-profile.ts";
import { promptLanguage } from "./prompt.ts";
import { drawTraits } from "./user-traits.ts";

/** A one-line persona, of a list of them. */
export interface Persona {
  readonly id: string;
  readonly text: string;
}

export const userProfileSchema = z.strictObject({
  /** The persona's id and the language. */
  id: z.string().min(1),
  language: z.enum(["en", "zh"]),
  /** The line that it was made of. */
  persona: z.string(),
  traits: z.array(z.string()),
  /** Who the user is, in a few sentences. */
  text: z.string().trim().min(1),
  /** Whether the model wrote none that would do, and its last answer or, where that is no text, the persona and the traits stand for it. */
  mended: z.boolean(),
  /** Name of the model that wrote it. */
  model: z.string(),
  /** Versions of the prompts that it was asked with. */
  prompts: z.record(z.string(), z.int()),
});
export type UserProfile = z.infer<typeof userProfileSchema>;

/** Characters of a profile: fewer are the persona again, more crowd the history out of the user model's context. */
const LENGTH = { en: [120, 2000], zh: [50, 800] } as const;
/** Characters of a persona that are used: it is a line. */
const MOST_PERSONA = 500;
/** People shall differ, by persona and traits more than by chance: at 1, small models lose the thread within a paragraph. */
const TEMPERATURE = 0.8;

const WORDS = {
  en: {
    short: (length: number, least: number) => `it has ${length} characters, and must have at least ${least}`,
    language: "it must be in English",
    plain: (persona: string, traits: readonly string[]) => `${persona} (${traits.join("; ")})`,
  },
  zh: {
    short: (length: number, least: number) => `只有 ${length} 个字，至少要有 ${least} 个字`,
    language: "必须用中文写",
    plain: (persona: string, traits: readonly string[]) => `${persona}（${traits.join("；")}）`,
  },
} as const;

/**
 * A user is never lost to a weak writer: what it wrote is taken in another language as well, and the persona with its traits where
 * it wrote next to nothing.
 * @throws what the model throws; the signal's reason
 */
export async function generateUserProfile(
  writer: ChatModel,
  persona: Persona,
  {
    language,
    seed,
    maxTokens,
    temperature = TEMPERATURE,
    signal,
  }: {
    readonly language: "en" | "zh";
    readonly seed: number;
    readonly maxTokens: number;
    readonly temperature?: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<UserProfile> {
  const traits = drawTraits(language, seededRandom("traits", seed, persona.id));
  const line = persona.text.toWellFormed().replace(/\s+/g, " ").trim().slice(0, MOST_PERSONA);
  const [least, most] = LENGTH[language];
  const { text, mended } = await askPlain(
    writer,
    {
      name: "user profile",
      messages: userProfilePrompt.messages({ persona: line, traits }, language),
      clean: (raw) => upToSentence(raw.toWellFormed().replace(/\s+/g, " ").trim(), most),
      fault: (said) => {
        const length = [...said].length;
        if (length < least) return WORDS[language].short(length, least);
        return promptLanguage([{ role: "user", content: said }]) === language ? null : WORDS[language].language;
      },
      mend: (said) => ([...said].length < least ? WORDS[language].plain(line, traits) : said),
      language,
      seed: sampleSeed(seed, 0),
      sampling: { maxTokens, temperature },
    },
    { signal },
  );
  return {
    id: `${persona.id}-${language}`,
    language,
    persona: line,
    traits,
    text,
    mended,
    model: writer.name,
    prompts: { [userProfilePrompt.name]: userProfilePrompt.version },
  };
}

/** As many whole sentences as fit, or what fits of a text without sentences. */
function upToSentence(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most);
  const end = Math.max(...[". ", "! ", "? ", "。", "！", "？"].map((mark) => cut.lastIndexOf(mark)));
  return (end === -1 ? cut : cut.slice(0, end + 1)).toWellFormed();
}
