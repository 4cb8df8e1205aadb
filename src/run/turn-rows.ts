// From judged turns to rows of a turn table (dataset/turn-table.ts): pass is true, fail false, na null.
import type { TurnRow } from "../dataset/turn-table.ts";
import type { RevisableSample, RevisedTurn } from "./revise.ts";

/** `s3`; `s3+c2` for its edit that satisfies c2 as well. */
export const responseId = ({ sample, revision }: Pick<RevisableSample, "sample" | "revision">): string =>
  revision === undefined ? `s${sample + 1}` : `s${revision.of + 1}+${revision.constraint}`;

/** The row of a turn; every response can be traced to its request by `meta`. */
export function turnRow(turn: RevisedTurn, model: string): TurnRow {
  return {
    id: turn.id,
    profile: { id: turn.profile },
    messages: turn.messages.map(({ role, content }) => ({ role, content })),
    constraints: turn.constraints.map(({ id, text, reversed }) => ({ id, text, reversed })),
    responses: turn.samples.map(({ sample, revision, text, verdicts }) => ({
      id: responseId({ sample, ...(revision && { revision }) }),
      text: text.trim() === "" ? null : text,
      model: revision === undefined ? model : `${model}, edited by rule`,
      verdicts: verdicts.map((verdict) => (verdict === "na" || verdict === null ? null : verdict === "pass")),
    })),
    verdict_source: "code",
    meta: { request: turn.request },
  };
}
