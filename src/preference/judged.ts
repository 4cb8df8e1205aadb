// What the training sets share: the responses of a turn that can be trained on, and how they are named in a row.
import { type Drops, drop } from "./drops.ts";
import type { ResponseGroup } from "./merge.ts";
import { drawOne, type Random } from "./seed.ts";
import type { PreferenceRow } from "./training-row.ts";
import type { Turn, TurnResponse, VerdictVector } from "./turn.ts";

/** A response that the model gave a text for. */
export interface WrittenResponse extends TurnResponse {
  readonly text: string;
}

/** The responses with a text; the others are counted as dropped. */
export function writtenResponses(turn: Turn, drops: Drops): WrittenResponse[] {
  const written = turn.responses.filter((response): response is WrittenResponse => response.text !== null);
  drop(drops, "no_text", turn.responses.length - written.length);
  return written;
}

/** A group's stand-in in one row, and its provenance: the response drawn, and those that it stands for. */
export interface Representative {
  readonly text: string;
  readonly provenance: NonNullable<PreferenceRow["provenance"]["chosen"]>;
}

/** Draws one response of a group, each equally likely. */
export function representative(group: ResponseGroup<WrittenResponse>, random: Random): Representative {
  return represent(
    drawOne(group.responses, random),
    group.responses.map(({ id }) => id),
  );
}

/** The response under its own name, standing for `merged`. */
export function represent(response: WrittenResponse, merged: readonly string[]): Representative {
  return {
    text: response.text,
    provenance: { response: response.id, merged, ...(response.model !== undefined && { model: response.model }) },
  };
}

/** Share of the judged (non-null) constraints that are satisfied, 0 to 1; null where none is judged. */
export function satisfiedShare(verdicts: VerdictVector): number | null {
  let judged = 0;
  let satisfied = 0;
  for (const verdict of verdicts) {
    if (verdict === null) continue;
    judged += 1;
    if (verdict) satisfied += 1;
  }
  return judged === 0 ? null : satisfied / judged;
}
