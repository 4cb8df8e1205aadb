// The gap of a pair, g = |S_i Δ S_j| (spec/method.md, "The idea"): in how many constraints two responses differ. It is the
// margin of an RPO pair. Not the difference of the two scores, which understates it in cases 1 to 4.
import type { VerdictVector } from "./turn.ts";

/** Indices of the constraints on which two responses differ; one that is null in either does not count. */
export function differing(first: VerdictVector, second: VerdictVector): number[] {
  const indices: number[] = [];
  for (let index = 0; index < first.length; index += 1) if (differAt(first, second, index)) indices.push(index);
  return indices;
}

/** g, the number of constraints on which two responses differ: 0 to n. */
export function gap(first: VerdictVector, second: VerdictVector): number {
  let count = 0;
  for (let index = 0; index < first.length; index += 1) if (differAt(first, second, index)) count += 1;
  return count;
}

function differAt(first: VerdictVector, second: VerdictVector, index: number): boolean {
  const a = first[index];
  const b = second[index];
  return typeof a === "boolean" && typeof b === "boolean" && a !== b;
}
