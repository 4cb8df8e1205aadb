// From judged turns to rows of a turn table (dataset/turn-table.ts): pass is true, fail false, na null.
import type { TurnRow } from "../dataset/turn-table.ts";
import type { JudgedTurn } from "./judge.ts";

export const responseId = (sample: number): string => `s${sample + 1}`;

/** The row of a turn; every response can be traced to its request by `meta`. */
export function turnRow(turn: JudgedTurn, model: string): TurnRow {
  return {
    id: turn.id,
    profile: { id: turn.profile },
    messages: turn.messages.map(({ role, content }) => ({ role, content })),
    constraints: turn.constraints.map(({ id, text, reversed }) => ({ id, text, reversed })),
    responses: turn.samples.map(({ sample, text, verdicts }) => ({
      id: responseId(sample),
      text: text.trim() === "" ? null : text,
      model,
      verdicts: verdicts.map((verdict) => (verdict === "na" || verdict === null ? null : verdict === "pass")),
    })),
    verdict_source: "code",
    meta: { request: turn.request },
  };
}
