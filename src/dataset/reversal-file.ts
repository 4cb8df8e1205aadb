// Reversals from outside: JSON Lines of {text, reversed}, for every constraint of that text, or {id, reversed} with `turn`
// where ids are unique in their turn only (docs/turn-table.md). `reversed` null says that a constraint must never be
// reversed; a row without it is one that nobody has filled in yet, and says nothing. What `rpo reverse run` adds to a row (how the
// reversal fared when it was tried, reverse/reversal.ts) is checked, and decides nothing here: what failed has no `reversed`.
import { z } from "zod";
import type { Turn, TurnConstraint } from "../preference/turn.ts";
import { auditFields } from "../reverse/reversal.ts";
import { InputError } from "./input-error.ts";
import { inputName } from "./jsonl.ts";
import { type JsonlRow, readJsonlRows } from "./jsonl-rows.ts";

const filled = z.string().regex(/\S/, "must not be blank");
const reversed = filled.nullable().exactOptional();
const byTextSchema = z.strictObject({ text: filled, reversed, ...auditFields });
const byIdSchema = z.strictObject({ turn: filled.exactOptional(), id: filled, reversed, ...auditFields });

/** A row of a reversal file: of a text, or of an id with or without its turn. */
export type ReversalRow = z.infer<typeof byTextSchema> | z.infer<typeof byIdSchema>;

/** The rows of a reversal file, in their order. @throws RowError for a bad row; InputError where the file cannot be read */
export const readReversalRows = (path: string): AsyncGenerator<JsonlRow<ReversalRow>> =>
  readJsonlRows<ReversalRow>(path, (given) =>
    typeof given === "object" && given !== null && "id" in given ? byIdSchema : byTextSchema,
  );

interface IdEntry {
  readonly reversed: string | null;
  readonly line: number;
  /** The text of the constraint of this id, once one was met. */
  text?: string;
}

/** The reversals of a file. Call `meet` with every turn, in any order, and `finish` after the last. */
export interface Reversals {
  /** R(c) for a constraint of this turn: null if it must not be reversed, undefined if the file does not say. */
  find(turn: string, constraint: TurnConstraint): string | null | undefined;
  /** Notes which ids there are. @throws InputError where an id without a turn stands for different texts */
  meet(turn: Turn): void;
  /** @throws InputError that names an id of the file that no turn has */
  finish(): void;
}

/** No reversals: what there is without a file. */
export const NO_REVERSALS: Reversals = { find: () => undefined, meet: () => {}, finish: () => {} };

const idKey = (turn: string | undefined, id: string): string => JSON.stringify([turn ?? null, id]);

/**
 * Reads a reversal file. Its rows are few beside the turns', so all are held.
 * @throws RowError for a bad row or a constraint named twice; InputError where the file cannot be read
 */
export async function readReversals(path: string): Promise<Reversals> {
  const file = inputName(path);
  const texts = new Map<string, { reversed: string | null; line: number }>();
  const ids = new Map<string, IdEntry>();
  for await (const { value: row, line, refusal } of readReversalRows(path)) {
    if (row.reversed === undefined) continue;
    if ("text" in row) {
      const before = texts.get(row.text);
      if (before !== undefined) throw refusal("text", `is reversed on line ${before.line} already`);
      if (row.reversed === row.text) throw refusal("reversed", "is the constraint itself");
      texts.set(row.text, { reversed: row.reversed, line });
    } else {
      const key = idKey(row.turn, row.id);
      const before = ids.get(key);
      if (before !== undefined) throw refusal("id", `is reversed on line ${before.line} already`);
      ids.set(key, { reversed: row.reversed, line });
    }
  }
  const entryOf = (turn: string, id: string): IdEntry | undefined =>
    ids.get(idKey(turn, id)) ?? ids.get(idKey(undefined, id));
  return {
    find: (turn, { id, text }) => {
      const entry = ids.size === 0 ? undefined : entryOf(turn, id);
      return entry === undefined ? texts.get(text)?.reversed : entry.reversed;
    },
    meet: (turn) => {
      if (ids.size === 0) return;
      for (const { id, text } of turn.constraints) {
        const entry = entryOf(turn.id, id);
        if (entry === undefined) continue;
        entry.text ??= text;
        if (entry.text !== text) {
          throw new InputError(
            `${file}:${entry.line}: id: "${id}" stands for different texts in different turns (one is ${turn.id}); ` +
              "add the field turn, or give the text in place of the id",
          );
        }
      }
    },
    finish: () => {
      for (const [key, { line, text }] of ids) {
        if (text !== undefined) continue;
        const [turn, id] = JSON.parse(key) as [string | null, string];
        const problem =
          turn === null ? `no turn has a constraint "${id}"` : `there is no turn "${turn}" with a constraint "${id}"`;
        throw new InputError(`${file}:${line}: id: ${problem}`);
      }
    },
  };
}
