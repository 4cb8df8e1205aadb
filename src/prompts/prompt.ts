// What a prompt is: one file each in this folder, in English and Chinese, in this project's own words, with a version. A model
// is never asked to do two things where one will do, so that weak models cope. Requests are stored by their content, so a changed
// prompt invalidates just what it made; its version says so to people and names it in records (prompt-versions.test.ts sees to it
// that the one does not change without the other). Ignores which model answers, and how the answer is read.
import type { WordingLanguage } from "../constraint/argument.ts";
import type { Message } from "../profile/message.ts";

/** Languages that every prompt is written in. */
export type PromptLanguage = WordingLanguage;

/** A prompt with its place-holders in `Input`. */
export interface Prompt<Input> {
  /** As in records and in prompt-versions.json: small letters, digits and -. */
  readonly name: string;
  /** From 1; raised whenever the text changes. */
  readonly version: number;
  /** Inputs that reach every part of the text, in either language: what the text is known by. */
  readonly examples: readonly Input[];
  /** The conversation to put to the model. */
  messages(input: Input, language: PromptLanguage): Message[];
}
