// The system-prompt evaluation's score of judged responses, as items of a scored run: how many of the constraints that bind it a response
// satisfies, and whether all. Verdicts are strict: a loose reading of a response (its first line off, its asterisks removed) would
// pass a constraint and its reverse alike, and what both forms are there to tell apart would be lost. Pure.
import type { Outcome, ScoredItem } from "../scored-run.ts";
import { PROFILE_FORMS } from "./profile-turns.ts";

/** A response with its verdicts: true satisfied, false not, null where the constraint asks nothing of it. */
export interface JudgedProfileResponse {
  /** Unique: "en-cook/q1/reversed", of further samples "en-cook/q1/reversed#2". */
  readonly id: string;
  readonly profile: string;
  readonly prompt: string;
  readonly response: string | null;
  readonly constraints: readonly { readonly id: string; readonly text: string }[];
  readonly verdicts: readonly (boolean | null)[];
}

const FORM_END = new RegExp(`^(.+)/(${PROFILE_FORMS.join("|")})(?:#\\d+)?$`);

/** The question and the form that an id names; any other id is a question of its own, in no form. */
export function questionOf(id: string): { question: string; form: string | null } {
  const found = FORM_END.exec(id);
  return found === null ? { question: id.replace(/#\d+$/, ""), form: null } : { question: found[1]!, form: found[2]! };
}

/**
 * Items, clustered by question: its forms and samples hang together, as what a heedless model satisfies by the one form it fails by
 * the other. A response that no constraint binds gives nothing to any measure, and is left out.
 */
export function profileItems(responses: readonly JudgedProfileResponse[]): ScoredItem[] {
  return responses.flatMap(({ id, prompt, response, constraints, verdicts }): ScoredItem[] => {
    const judged = verdicts.filter((verdict) => verdict !== null).length;
    if (judged === 0) return [];
    const passed = verdicts.filter((verdict) => verdict === true).length;
    const { question, form } = questionOf(id);
    const satisfied: Outcome = [passed, judged];
    const all: Outcome = [passed === judged ? 1 : 0, 1];
    return [
      {
        id,
        cluster: question,
        outcomes: {
          satisfied,
          all_satisfied: all,
          ...(form !== null && { [`satisfied.${form}`]: satisfied, [`all_satisfied.${form}`]: all }),
        },
        shown: {
          prompt,
          response,
          verdicts: constraints.map((constraint, index) => ({
            id: constraint.id,
            text: constraint.text,
            verdict: wordOf(verdicts[index]!),
          })),
        },
      },
    ];
  });
}

const wordOf = (verdict: boolean | null): string => (verdict === null ? "not triggered" : verdict ? "pass" : "fail");

/** How far the responses to each profile satisfy: a share of constraints and one of responses, 0 to 1. */
export function byProfile(
  responses: readonly JudgedProfileResponse[],
): { profile: string; satisfied: number; all_satisfied: number; responses: number }[] {
  return [...Map.groupBy(responses, ({ profile }) => profile)].flatMap(([profile, some]) => {
    const items = profileItems(some);
    if (items.length === 0) return [];
    const sum = (measure: string, place: 0 | 1): number =>
      items.reduce((total, { outcomes }) => total + outcomes[measure]![place], 0);
    return [
      {
        profile,
        satisfied: sum("satisfied", 0) / sum("satisfied", 1),
        all_satisfied: sum("all_satisfied", 0) / items.length,
        responses: items.length,
      },
    ];
  });
}
