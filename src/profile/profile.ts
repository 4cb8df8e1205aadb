// A system profile: who the assistant is, what it can do, the constraints it works under, and queries that trigger them. Read
// from YAML (samples/profiles is the project's own collection) or written by a model (bank/generate.ts); rendered to the system
// prompt that a model is given.
import { z } from "zod";
import type { Message } from "./message.ts";

const id = z.string().regex(/^[\w-]+$/, "ids are letters, digits, - and _");

/** The trigger of a constraint that binds whatever the user says. */
export const ALWAYS = "always";

export const constraintSchema = z.strictObject({
  id,
  text: z.string().trim().min(1),
  /** `always`, or when it binds, in words that stand in the text too ("When the user asks for a price"). Missing: as the text says. */
  trigger: z.string().trim().min(1).exactOptional(),
  /** Only a judge can decide it. */
  judge: z.literal(true).exactOptional(),
});

export const profileSchema = z.strictObject({
  id,
  language: z.enum(["en", "zh"]),
  /** Held-out profiles are kept for evaluation; no training row comes from one. */
  split: z.enum(["train", "held-out"]),
  name: z.string().trim().min(1),
  persona: z.string().trim().min(1),
  skills: z.array(z.string().trim().min(1)).min(1).exactOptional(),
  constraints: z
    .array(constraintSchema)
    .min(1)
    .refine((list) => new Set(list.map((constraint) => constraint.id)).size === list.length, "constraint ids repeat"),
  /** Written queries; none where a user model is to write them (dialogue/). */
  queries: z.array(z.string().trim().min(1)).default([]),
});

export type Profile = z.infer<typeof profileSchema>;
export type ProfileConstraint = Profile["constraints"][number];

const HEADING = {
  en: "Keep to these requirements in your reply:",
  zh: "回复时请遵守以下要求：",
} as const;

/** The headings of SysBank's flat text, as its records have them. */
const SYSBANK_HEADINGS = {
  en: {
    profile: "## Profile:",
    name: "Name:",
    description: "Description:",
    skills: "## Skills:",
    constraints: "## Constraints:",
  },
  zh: { profile: "## profile:", name: "名称:", description: "描述:", skills: "## 技能:", constraints: "## 约束:" },
} as const;

const numbered = (texts: readonly string[]): string => texts.map((text, i) => `${i + 1}. ${text}`).join("\n");

/**
 * The system prompt of a profile with the given constraints (its own, or some of them), numbered, each to the letter. One with
 * skills is laid out as SysBank's records are.
 */
export function systemPrompt(
  profile: Profile,
  constraints: readonly ProfileConstraint[] = profile.constraints,
): string {
  const { name, persona, skills, language } = profile;
  const list = numbered(constraints.map(({ text }) => text));
  if (skills === undefined) return `${name}\n\n${persona}\n\n${HEADING[language]}\n${list}`;
  const heading = SYSBANK_HEADINGS[language];
  const who = `${heading.profile}\n${heading.name} ${name}\n${heading.description} ${persona}`;
  return `${who}\n\n${heading.skills}\n${numbered(skills)}\n\n${heading.constraints}\n${list}`;
}

/** The messages that open a conversation: the system prompt and one query. */
export function opening(profile: Profile, query: string, constraints?: readonly ProfileConstraint[]): Message[] {
  return [
    { role: "system", content: systemPrompt(profile, constraints) },
    { role: "user", content: query },
  ];
}
