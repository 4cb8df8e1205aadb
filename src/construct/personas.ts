// The personas that users are written from: those that come with the program, or the user's own. Which of them a run takes is
// users.ts's business.
import { InputError } from "../dataset/input-error.ts";
import { personaText, readPersonas, samplePersonas, type UserPersona } from "../profile/bank/personas.ts";
import type { Persona } from "../profile/user-profile.ts";
import type { PromptLanguage } from "../prompts/prompt.ts";

/**
 * The personas for users of a language: of a file those in that language, or all where there is none in it (who writes profiles can
 * translate).
 * @param path a file that `rpo bank personas` reads, or one that it wrote; null for the personas that come with the program
 * @throws InputError where there is none, or the file cannot be read
 */
export async function personasIn(path: string | null, language: PromptLanguage): Promise<readonly Persona[]> {
  if (path === null) return (await samplePersonas(language)).map(persona);
  const all: UserPersona[] = [];
  for await (const one of readPersonas([path])) all.push(one);
  if (all.length === 0) throw new InputError(`${path}: there is no persona in it`);
  const own = all.filter((one) => one.language === language);
  return (own.length > 0 ? own : all).map(persona);
}

const persona = (one: UserPersona): Persona => ({ id: one.id, text: personaText(one) });
