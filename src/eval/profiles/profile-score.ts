// The system-prompt evaluation's score as `rpo eval run profiles` and `rpo eval score profiles` give it.
import { counted } from "../../preference/counted.ts";
import { percent } from "../../report/number-text.ts";
import { terminalText, textTable } from "../../report/terminal-text.ts";
import { type MeasureOptions, type Measures, measuresOf } from "../measures.ts";
import type { ScoredRun } from "../scored-run.ts";
import { byProfile, type JudgedProfileResponse, profileItems } from "./profile-items.ts";
import { PROFILE_FORMS } from "./profile-turns.ts";

export interface ProfileScore {
  readonly scored: ScoredRun;
  readonly json: object;
  readonly text: string;
}

/**
 * Scores judged responses. There is no official program to agree with: the mode is always `fixed`.
 * @returns null where no response has a verdict
 */
export function profileScore(
  responses: readonly JudgedProfileResponse[],
  { run, ...options }: MeasureOptions & { readonly run: string },
): ProfileScore | null {
  const scored: ScoredRun = { benchmark: "profiles", mode: "fixed", run, items: profileItems(responses) };
  if (scored.items.length === 0) return null;
  const measures = measuresOf(scored, options);
  const profiles = byProfile(responses);
  return {
    scored,
    json: { benchmark: "profiles", mode: "fixed", run, measures, by_profile: profiles, ...options },
    text: scoreText(run, measures, scored.items.length, profiles.length),
  };
}

function scoreText(run: string, measures: Measures, responses: number, profiles: number): string {
  const row = (label: string, name: string): string[][] => {
    const found = measures[name];
    if (found === undefined) return [];
    const { value, low, high, of } = found;
    return [[label, percent(value), `[${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`, String(of)]];
  };
  const rows = [
    ["", "", "95% interval", "of"],
    ...row("constraints satisfied", "satisfied"),
    ...PROFILE_FORMS.flatMap((form) => row(`  ${form}`, `satisfied.${form}`)),
    ...row("responses that satisfy all", "all_satisfied"),
    ...PROFILE_FORMS.flatMap((form) => row(`  ${form}`, `all_satisfied.${form}`)),
  ];
  return `${terminalText(run)}: ${counted(responses, "response")} to ${counted(profiles, "profile")}\n${textTable(rows).join("\n")}\n`;
}
