// Responses of a file beside the items that they answer: who lacks one, and which answer nothing. Ignores where both come from
// (prompt-responses.ts, multiif-responses.ts).
import type { BenchmarkItem } from "./benchmark-item.ts";

/** The responses to an item's turns, in their order; null where there is none. */
export type ItemResponses = readonly (string | null)[];

export interface ResponseFile {
  /** What the file is called in messages. */
  readonly name: string;
  /** By item, as many as it has turns. */
  readonly byItem: ReadonlyMap<string, ItemResponses>;
  /** Responses to what the data set hasn't. */
  readonly strangers: number;
}

/** A turn that has no response, or none that a verdict can be given on. */
export interface Unanswered {
  readonly key: string;
  /** From 1. */
  readonly turn: number;
  readonly cause: string;
}

/** The turns without a response. */
export function unanswered(items: readonly BenchmarkItem[], { byItem }: ResponseFile): Unanswered[] {
  return items.flatMap(({ id, turns }) =>
    turns.flatMap((_, index) => {
      const there = byItem.get(id)?.[index] ?? null;
      return there === null ? [{ key: id, turn: index + 1, cause: "no response" }] : [];
    }),
  );
}
