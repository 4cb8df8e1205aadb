// A constraint as a model drafts it, trigger and demand apart, and as a profile states it: one sentence in which the trigger
// stands to the letter. Pure. Ignores whether the constraint is any good (constraint-list.ts).
import { z } from "zod";
import { recognised } from "../../constraint/reverse-text.ts";
import { opensWithCondition } from "../opening-condition.ts";
import { ALWAYS } from "../profile.ts";

/** The bounds are wide: what is too long for a constraint is refused alone, but a text beyond them is a model that can't stop. */
export const constraintDraftSchema = z.object({
  /** "always", or a clause about the user's message. */
  when: z.string().min(1).max(200),
  /** What the reply must or must not be. */
  must: z.string().min(1).max(400),
});
export type ConstraintDraft = z.infer<typeof constraintDraftSchema>;

/** A constraint before it has its id. */
export interface StatedConstraint {
  readonly text: string;
  /** Missing where the text is somebody else's and begins with a condition of its own. */
  readonly trigger?: string;
}

type Language = "en" | "zh";

const ANY_TIME =
  /^(?:always|at all times|in every (?:reply|response)|every (?:time|reply|response)|in (?:all|any) (?:cases?|situations?|replies|responses)|each (?:reply|response)|any(?:time)?|none|n\/a|始终|总是|一直|永远|任何(?:时候|情况下?)|在?任何情况下|无论何时|每次(?:回复|回答)?(?:时|中)?|所有(?:回复|情况)|无条件|无)$/i;
const SAYS_ALWAYS =
  /\b(?:always|never|(?:in )?(?:every|each|all|any) (?:reply|response|answer|replies|responses|answers|sentence|paragraph|line)s?)\b|每次|始终|总是|一律|任何(?:时候|情况)|所有(?:回复|回答)|每[个条句段]/i;
/** What an unconditional constraint begins with that does not say itself that it holds always. */
export const PREFIX = { en: "In every reply, ", zh: "每次回复，" } as const;

const END = { en: /[.!?]["”’)]*$/, zh: /[。！？.!?]["”’」』）)]*$/ } as const;

/** One line, without list number, quotes around all of it, or marks of emphasis at its ends. */
export function tidy(text: string): string {
  const line = text
    .toWellFormed()
    .replace(/\s+/g, " ")
    .trim()
    .replace(/^(?:[-*•]|\(?\d{1,2}[.)、]|[（(]?[一二三四五六七八九十]{1,2}[）)、.])\s*/u, "")
    .replace(/^\*\*(.*)\*\*$/u, "$1");
  return /^"[^"]*"$|^“[^“”]*”$|^「[^「」]*」$/u.test(line) ? line.slice(1, -1).trim() : line;
}

/** The constraint that a draft states. */
export function stated({ when, must }: ConstraintDraft, language: Language): StatedConstraint {
  const demand = sentence(withoutEcho(tidy(must), tidy(when)), language);
  const trigger = triggerOf(when, language);
  if (trigger !== ALWAYS) {
    const joined = language === "zh" ? `${trigger}，${demand}` : `${trigger}, ${lowered(demand)}`;
    return { text: joined, trigger };
  }
  const explicit = SAYS_ALWAYS.test(demand)
    ? demand
    : `${PREFIX[language]}${language === "zh" ? demand : lowered(demand)}`;
  // What code can check stays in the form that it reads.
  return { text: recognised(demand) !== null && recognised(explicit) === null ? demand : explicit, trigger: ALWAYS };
}

/** A constraint that somebody else wrote, taken over as it stands. */
export function takenOver(text: string, language: Language): StatedConstraint {
  const demand = sentence(tidy(text), language);
  return opensWithCondition(demand, language) ? { text: demand } : { text: demand, trigger: ALWAYS };
}

function triggerOf(when: string, language: Language): string {
  const clause = tidy(when).replace(/[.,:;。，：；]+$/u, "");
  if (clause === "" || ANY_TIME.test(clause)) return ALWAYS;
  if (language === "zh") {
    const opened = opensWithCondition(clause, "zh") ? clause : `当${clause}`;
    return /^当/.test(opened) && !/(?:时|时候|后|的话)$/.test(opened) ? `${opened}时` : opened;
  }
  const opened = opensWithCondition(clause, "en") ? clause : `When ${lowered(clause)}`;
  return opened.charAt(0).toUpperCase() + opened.slice(1);
}

/** The demand without the trigger, where a model says it in both. */
function withoutEcho(must: string, when: string): string {
  const trigger = when.replace(/[.,:;。，：；]+$/u, "");
  if (trigger === "" || !must.toLowerCase().startsWith(trigger.toLowerCase())) return must;
  const rest = must.slice(trigger.length).replace(/^(?:时)?[,，:：]?\s*(?:then )?/iu, "");
  return rest === "" ? must : rest.charAt(0).toUpperCase() + rest.slice(1);
}

const sentence = (text: string, language: Language): string =>
  text === "" || END[language].test(text)
    ? text
    : `${text.replace(/[,;:，；：]+$/u, "")}${language === "zh" ? "。" : "."}`;

/** A sentence as it goes on after a comma: "Use a list." but not "JSON only." or "I am …". */
const lowered = (text: string): string =>
  /^[A-Z][a-z]+(?:['’]t)?\b/.test(text) && !/^[A-Z][a-z]+ [A-Z]/.test(text)
    ? text.charAt(0).toLowerCase() + text.slice(1)
    : text;
