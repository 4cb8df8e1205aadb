// A judge whose verdicts are written beforehand, for tests: a scripted model that reads the blocks of the question, as a real one
// would, and answers about each requirement by its text.
import type { Verdict } from "../constraint/verdict.ts";
import { type ScriptedModel, scriptedModel } from "../model/scripted-model.ts";
import type { Message } from "../profile/message.ts";

/** A question of judge-verdicts.ts or triggered-constraints.ts, read back. */
export interface ReadQuestion {
  readonly query: string;
  /** Empty where there is no reply yet. */
  readonly response: string;
  readonly requirements: readonly { readonly id: string; readonly requirement: string }[];
}

/** The text of a block of a message, or null. The code is that of the last line, where no other text stands. */
export function blockOf(content: string, name: string): string | null {
  const code = / ([0-9a-f]{8})\]\]$/.exec(content)?.[1];
  const [open, close] = [`[[${name} ${code}]]\n`, `\n[[/${name} ${code}]]`];
  const start = content.indexOf(open);
  return start === -1 ? null : content.slice(start + open.length, content.indexOf(close, start));
}

/** What a question asks; of a conversation that was corrected, what it asked at first. */
export function readQuestion(messages: readonly Message[]): ReadQuestion {
  const content = messages.find(({ role }) => role === "user")!.content;
  return {
    query: blockOf(content, "USER MESSAGE") ?? "",
    response: blockOf(content, "REPLY") ?? "",
    requirements: (blockOf(content, "REQUIREMENTS") ?? "").split("\n").map((line) => JSON.parse(line)),
  };
}

/** Says what becomes of a requirement: its text, the response, its place in the list and the seed of the sample are known. */
export type ScriptedVerdict = (requirement: string, response: string, place: number, seed: number) => Verdict;

/** The answer to a question about verdicts. */
export function scriptedVerdicts(messages: readonly Message[], verdict: ScriptedVerdict, seed = 0): string {
  const { requirements, response } = readQuestion(messages);
  return JSON.stringify({
    verdicts: requirements.map(({ id, requirement }, place) => ({
      id,
      reason: `because of ${requirement}`,
      verdict: verdict(requirement, response, place, seed),
    })),
  });
}

/** Judges by a function. */
export const scriptedJudge = (verdict: ScriptedVerdict): ScriptedModel =>
  scriptedModel(({ messages, seed }) => scriptedVerdicts(messages, verdict, seed));
