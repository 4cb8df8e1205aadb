// The constraints of turns with responses to try their reverses on, gathered from a stream of turns: each different text once, with
// no more responses in memory than will be tried.

import type { Turn } from "../preference/turn.ts";
import { promptLanguage } from "../profile/prompt.ts";
import type { ReversalRequest } from "./audited-reversals.ts";
import { type Trial, TrialDraw } from "./trial-draw.ts";

export interface GatherOptions {
  /** Responses for each constraint. */
  readonly trials: number;
  readonly seed: number;
  /** Take no account of the verdicts of the turns: everything is judged anew. */
  readonly rejudge: boolean;
}

/** Gathers; `meet` turns and texts in any order, then ask for the requests. */
export class ReversalRequests {
  readonly #options: GatherOptions;
  readonly #draws = new Map<string, TrialDraw>();

  constructor(options: GatherOptions) {
    this.#options = options;
  }

  /** A constraint without responses, such as a profile's. */
  meetText(text: string): TrialDraw {
    const { trials, seed } = this.#options;
    const draw = this.#draws.get(text) ?? new TrialDraw(trials, seed, text);
    this.#draws.set(text, draw);
    return draw;
  }

  /** A turn's constraints, each with the responses that have a text and to which it applies. */
  meetTurn({ id, messages, constraints, responses }: Turn): void {
    const history = messages.filter(({ role }) => role !== "system").slice(0, -1);
    const query = messages.at(-1)!.content;
    const language = promptLanguage(messages);
    const trials = responses.flatMap(({ id: response, text, verdicts }) =>
      text === null
        ? []
        : [{ id: JSON.stringify([id, response]), item: { history, query, response: text, language }, verdicts }],
    );
    for (const [index, { text }] of constraints.entries()) {
      const draw = this.meetText(text);
      for (const { verdicts, ...trial } of trials)
        draw.offer({ ...trial, verdict: this.#options.rejudge ? null : verdictOf(verdicts[index]) });
    }
  }

  /** One request for each different text, in the order in which they were met. */
  requests(): ReversalRequest[] {
    return [...this.#draws].map(([text, draw]) => ({ text, trials: draw.trials() }));
  }
}

/** As turn tables have verdicts: null is `na`. */
const verdictOf = (verdict: boolean | null | undefined): Trial["verdict"] =>
  verdict == null ? "na" : verdict ? "pass" : "fail";
