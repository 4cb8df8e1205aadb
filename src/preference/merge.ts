// Responses with the same verdict vector say the same about the constraints, so they stand for one another in a pair
// (spec/method.md, step 9). Which one stands for the group is the caller's draw.
import type { TurnResponse, VerdictVector } from "./turn.ts";

/** Responses whose verdict vectors are equal; never empty. */
export interface ResponseGroup<R extends TurnResponse = TurnResponse> {
  readonly verdicts: VerdictVector;
  readonly responses: readonly R[];
}

/** Groups of equal verdict vector, null being a value of its own; groups and members stay in the order of the input. */
export function mergeEqual<R extends TurnResponse>(responses: readonly R[]): ResponseGroup<R>[] {
  const groups = new Map<string, { verdicts: VerdictVector; responses: R[] }>();
  for (const response of responses) {
    let key = "";
    for (const verdict of response.verdicts) key += verdict === null ? "-" : verdict ? "1" : "0";
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { verdicts: response.verdicts, responses: [response] });
    else group.responses.push(response);
  }
  return [...groups.values()];
}
