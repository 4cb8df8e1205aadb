// The user's next query, written by a model that plays the user (spec/method.md, data construction, 3): cleaned, short, and not
// opening like an earlier one. A query that comes out too long is cut, one that keeps opening alike is kept with a note: a weak
// user model makes dull sessions, not none.
import { z } from "zod";
import { askPlain } from "../model/plain-answer.ts";
import { seededRandom, shuffled } from "../preference/seed.ts";
import type { Message } from "../profile/message.ts";
import { openingCondition } from "../profile/opening-condition.ts";
import { ALWAYS, type Profile } from "../profile/profile.ts";
import { promptLanguage } from "../profile/prompt.ts";
import type { UserProfile } from "../profile/user-profile.ts";
import { rephraseQueryPrompt } from "../prompts/rephrase-query.ts";
import { userQueryPrompt } from "../prompts/user-query.ts";
import { drawManners } from "./manners.ts";
import { openingOf, resembled } from "./opening-similarity.ts";
import { MOST_UNITS, queryText, shortened, unitsOf } from "./query-text.ts";
import { type Speaker, samplingOf, seedFor } from "./speaker.ts";

export const writtenQuerySchema = z.strictObject({
  text: z.string().min(1),
  /** Times that it was rephrased because it opened like an earlier one. */
  rephrased: z.int().min(0),
  /** The earlier query that it opens like all the same, or null. */
  resembles: z.string().nullable(),
  /** Whether the model wrote nothing that would do, and its last answer was cut to fit or taken in another language. */
  mended: z.boolean(),
});
export type WrittenQuery = z.infer<typeof writtenQuerySchema>;

export interface QueryContext {
  readonly profile: Profile;
  readonly user: UserProfile;
  /** Queries and replies so far. */
  readonly history: readonly Message[];
  /** Ids of constraints that were triggered before. */
  readonly triggered: ReadonlySet<string>;
}

export interface QueryOptions {
  readonly speaker: Speaker;
  /** Last messages of the history that the model is shown. */
  readonly historyMessages: number;
  /** Manners of speaking that it may choose from. */
  readonly manners: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/** Triggers that the model is told of, so that constraints with one are triggered at all; more would read like a list to work off. */
const AIMS = 2;
/** Rephrasings of one query: each is a request, and what opens alike after three will after more. */
const MOST_REPHRASINGS = 3;

const WORDS = {
  en: {
    blank: "there is no message in it",
    long: (units: number) => `it has ${units} words, at most ${MOST_UNITS} are allowed`,
    language: "it is not in English",
  },
  zh: {
    blank: "里面没有消息",
    long: (units: number) => `它有${units}个字，最多只能有${MOST_UNITS}个字`,
    language: "它不是用中文写的",
  },
} as const;

/** @throws ModelFailure when the model writes nothing at all, and what the model throws; the signal's reason */
export async function writeQuery(
  { profile, user, history, triggered }: QueryContext,
  { speaker, historyMessages, manners, seed, signal }: QueryOptions,
): Promise<WrittenQuery> {
  const { language } = profile;
  const words = WORDS[language];
  const ask = async (messages: readonly Message[], purpose: string) => {
    const { text, mended } = await askPlain(
      speaker.model,
      {
        name: "query",
        messages,
        clean: queryText,
        fault: (said) => {
          const units = unitsOf(said, language);
          if (units === 0) return words.blank;
          if (units > MOST_UNITS) return words.long(units);
          return promptLanguage([{ role: "user", content: said }]) === language ? null : words.language;
        },
        mend: (said) => (unitsOf(said, language) === 0 ? null : shortened(said, language)),
        language,
        seed: seedFor(seed, purpose),
        sampling: samplingOf(speaker.sampling),
      },
      { signal },
    );
    return { text, mended };
  };
  const draw = seededRandom("query", seed);
  const input = {
    user: user.text,
    assistant: introduction(profile),
    history: historyMessages === 0 ? [] : history.slice(-historyMessages),
    manners: drawManners(language, manners, draw),
    aims: shuffled(triggersLeft(profile, triggered), draw).slice(0, AIMS),
    most: MOST_UNITS,
  };
  let query = await ask(userQueryPrompt.messages(input, language), "query");
  const earlier = history.filter(({ role }) => role === "user").map(({ content }) => content);
  let rephrased = 0;
  for (
    let other = resembled(query.text, earlier, language);
    other !== null && rephrased < MOST_REPHRASINGS;
    other = resembled(query.text, earlier, language)
  ) {
    rephrased += 1;
    const openings = [
      ...new Set([openingOf(query.text, language), ...earlier.map((text) => openingOf(text, language))]),
    ];
    const messages = rephraseQueryPrompt.messages({ query: query.text, openings, most: MOST_UNITS }, language);
    query = await ask(messages, `rephrase ${rephrased}`);
  }
  return { ...query, rephrased, resembles: resembled(query.text, earlier, language) };
}

/** Triggers of the constraints that have one and were not triggered yet; of all of them when each was. */
function triggersLeft({ constraints, language }: Profile, triggered: ReadonlySet<string>): string[] {
  const conditional = constraints.flatMap(({ id, text, trigger = openingCondition(text, language) }) =>
    trigger === null || trigger === ALWAYS ? [] : [{ id, trigger }],
  );
  const left = conditional.filter(({ id }) => !triggered.has(id));
  return (left.length > 0 ? left : conditional).map(({ trigger }) => trigger);
}

/** Who the assistant is and what it can do; what it must do is not the user's to know, but for the triggers. */
const introduction = ({ name, persona, skills = [] }: Profile): string =>
  [name, persona, ...skills.map((skill) => `- ${skill}`)].join("\n");
