// The constraints of a profile being written: takes what is good and says of the rest why not, in words that a model can act on.
// A constraint is refused for its form, for a forbidden kind, as a duplicate, or because no reply could keep it and those before
// it. Pure. One bad constraint costs nothing but itself.
import { ratio } from "fuzzball";
import { findConflict } from "../../constraint/conflict.ts";
import { promptLanguage } from "../prompt.ts";
import { PREFIX, type StatedConstraint } from "./constraint-draft.ts";
import { forbiddenKind } from "./forbidden-kind.ts";

/** Constraints of a profile (spec/method.md, data construction, 1). */
export const LEAST_CONSTRAINTS = 6;
export const MOST_CONSTRAINTS = 12;

/** Characters of a constraint: more are several constraints in one. */
const MOST_LENGTH = { en: 300, zh: 150 } as const;
/** Characters of what it demands, its trigger aside: fewer say nothing to check. */
const LEAST_LENGTH = { en: 9, zh: 5 } as const;
/** Letters and figures in it, beside what stands before every demand: "In every reply, }}." has none. */
const LEAST_LETTERS = { en: 4, zh: 2 } as const;
/** A demand whose subject is the user, with no word of the reply in it. */
const ASKS_USER =
  /^(?:in every reply, )?(?:the )?users?(?:['’]s)?\b(?!.*\b(?:reply|response|answer)\b)|^(?:每次回复，)?用户(?!.*(?:回复|回答|答复))/i;
/** From this likeness on (0 to 100) two constraints are one: they differ in a word or in spelling. */
const SAME = 90;

export interface RefusedConstraint {
  readonly text: string;
  readonly reason: string;
}

export interface GatheredConstraints {
  readonly taken: readonly StatedConstraint[];
  readonly refused: readonly RefusedConstraint[];
}

/** Adds to the constraints taken so far what is good of the offered ones, in their order, up to `most`. */
export function gather(
  before: readonly StatedConstraint[],
  offered: readonly StatedConstraint[],
  { language, most }: { readonly language: "en" | "zh"; readonly most: number },
): GatheredConstraints {
  const taken = [...before];
  const refused: RefusedConstraint[] = [];
  for (const constraint of offered) {
    if (taken.length >= most) break;
    const reason = faultOf(constraint, taken, language);
    if (reason === null) taken.push(constraint);
    else refused.push({ text: constraint.text, reason });
  }
  return { taken, refused };
}

const WORDS = {
  en: {
    short: "it is too short to say what the reply must do",
    long: "it is too long; one constraint asks one thing",
    language: "it is not in English",
    vague: "its trigger is not about the user",
    question: "it is a question, not a demand",
    user: "it asks something of the user, not of the reply",
    twin: (other: string) => `it says the same as “${other}”`,
    conflict: (other: string) => `no reply could keep it and also “${other}”`,
  },
  zh: {
    short: "它太短，看不出回复要做到什么",
    long: "它太长；一条约束只要求一件事",
    language: "它不是用中文写的",
    vague: "它的触发条件与用户无关",
    question: "它是一个问句，而不是要求",
    user: "它是对用户的要求，而不是对回复的要求",
    twin: (other: string) => `它与“${other}”意思相同`,
    conflict: (other: string) => `没有回复能同时遵守它和“${other}”`,
  },
} as const;

function faultOf(
  { text, trigger }: StatedConstraint,
  taken: readonly StatedConstraint[],
  language: "en" | "zh",
): string | null {
  const words = WORDS[language];
  const demand = trigger !== undefined && text.startsWith(trigger) ? text.slice(trigger.length + 1) : text;
  const said = demand.trim();
  if ([...said].length < LEAST_LENGTH[language] || lettersIn(said, language) < LEAST_LETTERS[language])
    return words.short;
  if ([...text].length > MOST_LENGTH[language]) return words.long;
  if (languageOf(text) !== language) return words.language;
  if (/[?？]$/.test(text)) return words.question;
  if (trigger !== undefined && ASKS_USER.test(said)) return words.user;
  if (trigger !== undefined && !isAboutUser(trigger)) return words.vague;
  const forbidden = forbiddenKind(text, language);
  if (forbidden !== null) return forbidden.reason;
  const twin = taken.find((other) => ratio(plain(other.text), plain(text), { full_process: false }) >= SAME);
  if (twin !== undefined) {
    const differ = numbersIn(twin.text) !== numbersIn(text); // "at least 3" and "at least 5" are one, and worse than one
    return differ ? words.conflict(twin.text) : words.twin(twin.text);
  }
  const conflict = findConflict([...taken.map((other) => other.text), text]);
  return conflict === null ? null : words.conflict(taken[conflict.first]?.text ?? text);
}

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[\s\p{P}]+/gu, " ")
    .trim();
const lettersIn = (demand: string, language: "en" | "zh"): number =>
  (demand.replace(PREFIX[language], "").match(/[\p{L}\p{N}]/gu) ?? []).length;
const numbersIn = (text: string): string => (text.match(/\d+/g) ?? []).join(" ");

/** A trigger that something other than the user's message sets off ("when the weather is bad") can never be judged. */
const isAboutUser = (trigger: string): boolean =>
  trigger === "always" ||
  /\b(?:user|users|they|their|customer|client|student|guest|visitor|player|reader|caller|patient|asked|asking|message|question|query|request|prompt|conversation turns to|mentioned)\b|用户|对方|客户|客人|顾客|学生|学员|玩家|读者|来访者|患者|有人|问|提到|提及|消息|请求|说|要求|表示|谈到|涉及/i.test(
    trigger,
  );

/** The language of what a constraint says; what it quotes may be in any. */
const languageOf = (text: string): "en" | "zh" =>
  promptLanguage([{ role: "user", content: text.replace(/“[^”]*”|「[^」]*」|"[^"]*"/gu, "") }]);
