// The turn table: JSON Lines, one turn a line, with its constraints, the responses to it and their verdicts
// (docs/turn-table.md, schema/turn-table.schema.json). What every training set and every census starts from.
import { hash } from "node:crypto";
import { z } from "zod";
import { counted } from "../preference/counted.ts";
import type { Turn, TurnConstraint, TurnResponse } from "../preference/turn.ts";
import type { Message } from "../profile/message.ts";
import { fieldPath, type OnBadRow, refuseBadRow } from "./input-error.ts";
import { inputName, readJsonl } from "./jsonl.ts";
import { SeenIds } from "./seen-ids.ts";

const filled = z.string().regex(/\S/, "must not be blank");

const messageSchema = z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: z.string() });

const constraintSchema = z.strictObject({
  id: filled.describe("Unique within the turn."),
  text: filled.describe("Replaced where it stands in the messages; appended in a list where it stands nowhere."),
  reversed: filled
    .nullable()
    .exactOptional()
    .describe("The exact complement, where it is known; null for one that must never be reversed."),
});

const responseSchema = z.strictObject({
  id: filled.exactOptional().describe('Unique within the turn; "r1", "r2" … by position where left out.'),
  text: filled.nullable().describe("Null where the model gave nothing: counted in a census, not trained on."),
  model: filled.exactOptional(),
  verdicts: z
    .array(z.boolean().nullable())
    .describe("One for each constraint, in their order: true satisfied, false not, null not applicable."),
});

const sharedFields = {
  id: filled.describe("Unique in the whole input."),
  constraints: z.array(constraintSchema),
  responses: z.array(responseSchema).min(1, "a turn needs a response"),
  verdict_source: filled.exactOptional().describe('Who gave the verdicts: "code", "judge", "human" or another name.'),
  meta: z.record(z.string(), z.unknown()).exactOptional().describe("Anything else; not read."),
};

const messagesRowSchema = z
  .strictObject({
    ...sharedFields,
    messages: z
      .array(messageSchema)
      .min(1, "a turn needs a message")
      .describe("The conversation; the query is its last message."),
    profile: z.strictObject({ id: filled }).exactOptional().describe("What training and validation are split by."),
  })
  .describe("A turn with its messages.");

const profileRowSchema = z
  .strictObject({
    ...sharedFields,
    profile: z
      .union([filled, z.strictObject({ id: filled, system: filled })], {
        error: "must be a system prompt or {id, system}",
      })
      .describe("The system prompt, by itself or with the id that training and validation are split by."),
    history: z
      .array(z.strictObject({ role: z.enum(["user", "assistant"]), content: z.string() }))
      .exactOptional()
      .describe("The messages before the query."),
    query: filled,
  })
  .describe("A turn with its parts.");

/** A row of a turn table. Beyond the schema: no id twice, as many verdicts as constraints, and a user's message last. */
export const turnRowSchema = z.union([messagesRowSchema, profileRowSchema]);
export type TurnRow = z.infer<typeof turnRowSchema>;

/** What is wrong with a value that should be a row: which field, and why. */
export interface RowProblem {
  readonly field: string;
  readonly reason: string;
}

/**
 * A turn from the parsed JSON of a row, or what is wrong with it. A missing response id becomes "r1", "r2" …; a missing
 * profile id becomes a digest of the system messages, or of the first message where there are none.
 */
export function parseTurn(value: unknown): { readonly turn: Turn } | { readonly problem: RowProblem } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { problem: { field: "row", reason: "must be an object" } };
  }
  // Which of the two forms it is decides what a missing or unknown field is called; a union would only say "invalid".
  const parsed = "messages" in value ? messagesRowSchema.safeParse(value) : profileRowSchema.safeParse(value);
  if (!parsed.success) {
    const [first, ...more] = parsed.error.issues;
    const reason = `${first?.message ?? "invalid"}${more.length > 0 ? ` (and ${more.length} more)` : ""}`;
    return { problem: { field: fieldPath(first?.path ?? []), reason } };
  }
  const row = parsed.data;
  const messages = messagesOf(row);
  const constraints = row.constraints;
  const responses: TurnResponse[] = row.responses.map(({ id, ...response }, index) => ({
    id: id ?? `r${index + 1}`,
    ...response,
  }));
  const problem =
    lastMessageProblem(messages) ??
    duplicateProblem("constraints", constraints) ??
    duplicateProblem("responses", responses) ??
    reversalProblem(constraints) ??
    verdictProblem(constraints.length, responses);
  if (problem !== null) return { problem };
  return {
    turn: {
      id: row.id,
      profile: profileOf(row, messages),
      messages,
      constraints,
      responses,
      verdictSource: row.verdict_source ?? "unstated",
    },
  };
}

function messagesOf(row: TurnRow): Message[] {
  if ("messages" in row) return row.messages;
  const system = typeof row.profile === "string" ? row.profile : row.profile.system;
  return [{ role: "system", content: system }, ...(row.history ?? []), { role: "user", content: row.query }];
}

function profileOf(row: TurnRow, messages: readonly Message[]): string {
  if (typeof row.profile === "object") return row.profile.id;
  const system = messages.filter(({ role }) => role === "system");
  const known = system.length > 0 ? system : messages.slice(0, 1);
  const digest = hash("sha256", JSON.stringify(known.map(({ content }) => content)), "hex").slice(0, 16);
  return `${system.length > 0 ? "system" : "opening"}-${digest}`;
}

function lastMessageProblem(messages: readonly Message[]): RowProblem | null {
  const role = messages.at(-1)?.role;
  if (role === "user") return null;
  return {
    field: `messages[${messages.length - 1}].role`,
    reason: `the last message must be the user's query, not ${role}'s`,
  };
}

function duplicateProblem(
  list: "constraints" | "responses",
  items: readonly { readonly id: string }[],
): RowProblem | null {
  const seen = new Map<string, number>();
  for (const [index, { id }] of items.entries()) {
    const before = seen.get(id);
    if (before !== undefined) {
      return { field: `${list}[${index}].id`, reason: `"${id}" is the id of ${list}[${before}] already` };
    }
    seen.set(id, index);
  }
  return null;
}

function reversalProblem(constraints: readonly TurnConstraint[]): RowProblem | null {
  const index = constraints.findIndex(({ text, reversed }) => reversed === text);
  return index === -1 ? null : { field: `constraints[${index}].reversed`, reason: "is the constraint itself" };
}

function verdictProblem(constraints: number, responses: readonly TurnResponse[]): RowProblem | null {
  for (const [index, { verdicts }] of responses.entries()) {
    if (verdicts.length !== constraints) {
      const given = `${counted(verdicts.length, "verdict")} for ${counted(constraints, "constraint")}`;
      const reason = `${given}; give null where one does not apply`;
      return { field: `responses[${index}].verdicts`, reason };
    }
  }
  return null;
}

/** A turn with where it stands. */
export interface TableTurn {
  readonly turn: Turn;
  readonly file: string;
  readonly line: number;
  /** Whether lone surrogates in the row were replaced by U+FFFD. */
  readonly mended: boolean;
}

/**
 * The turns of one table in any number of files ("-" for standard input), in their order, one in memory at a time.
 * @param onBad takes bad rows; without it the first one throws
 * @throws RowError (file, line, field, reason) for a bad row; InputError where a file cannot be read
 */
export async function* readTurnTable(
  files: readonly string[],
  onBad: OnBadRow = refuseBadRow,
): AsyncGenerator<TableTurn> {
  const seen = new SeenIds();
  for (const path of files) {
    const file = inputName(path);
    for await (const { line, value, text, mended } of readJsonl(path, onBad)) {
      const parsed = parseTurn(value);
      if ("problem" in parsed) {
        onBad({ file, line, ...parsed.problem, raw: text });
        continue;
      }
      const used = seen.add(parsed.turn.id, file, line);
      if (used !== null) {
        onBad({
          file,
          line,
          field: "id",
          reason: `"${parsed.turn.id}" is used at ${used.file}:${used.line} already`,
          raw: text,
        });
        continue;
      }
      yield { turn: parsed.turn, file, line, mended };
    }
  }
}
