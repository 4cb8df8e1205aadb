// A system profile: who the assistant is, the constraints it works under, and queries that trigger them. Read from YAML
// (samples/profiles is the project's own collection); rendered to the system prompt that a model is given.
import { z } from "zod";
import type { Message } from "./message.ts";

const id = z.string().regex(/^[\w-]+$/, "ids are letters, digits, - and _");

export const profileSchema = z.strictObject({
  id,
  language: z.enum(["en", "zh"]),
  /** Held-out profiles are kept for evaluation; no training row comes from one. */
  split: z.enum(["train", "held-out"]),
  name: z.string().trim().min(1),
  persona: z.string().trim().min(1),
  constraints: z
    .array(
      z.strictObject({
        id,
        text: z.string().trim().min(1),
        /** Only a judge can decide it. */
        judge: z.literal(true).exactOptional(),
      }),
    )
    .min(1)
    .refine((list) => new Set(list.map((constraint) => constraint.id)).size === list.length, "constraint ids repeat"),
  queries: z.array(z.string().trim().min(1)).min(1),
});

export type Profile = z.infer<typeof profileSchema>;
export type ProfileConstraint = Profile["constraints"][number];

const HEADING = {
  en: "Keep to these requirements in your reply:",
  zh: "回复时请遵守以下要求：",
} as const;

/** The system prompt of a profile with the given constraints (its own, or some of them), numbered, each to the letter. */
export function systemPrompt(
  profile: Profile,
  constraints: readonly ProfileConstraint[] = profile.constraints,
): string {
  const list = constraints.map((constraint, i) => `${i + 1}. ${constraint.text}`).join("\n");
  return `${profile.name}\n\n${profile.persona}\n\n${HEADING[profile.language]}\n${list}`;
}

/** The messages that open a conversation: the system prompt and one query. */
export function opening(profile: Profile, query: string, constraints?: readonly ProfileConstraint[]): Message[] {
  return [
    { role: "system", content: systemPrompt(profile, constraints) },
    { role: "user", content: query },
  ];
}
