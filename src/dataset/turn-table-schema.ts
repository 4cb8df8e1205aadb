// The JSON schema of the turn table, as published in schema/turn-table.schema.json, from the zod schema that rows are
// checked with. After a change: `node src/dataset/turn-table-schema.ts > schema/turn-table.schema.json`.
import { z } from "zod";
import { turnRowSchema } from "./turn-table.ts";

/** JSON Schema 2020-12 of one row of a turn table. */
export function turnTableJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(turnRowSchema, { io: "input" });
  return {
    $schema,
    title: "Row of a turn table",
    description:
      "One line of a turn table in JSON Lines. Beyond this schema: turn ids are unique in the whole input, constraint and " +
      "response ids in their turn, every response has one verdict for each constraint, and the last message is the user's.",
    ...schema,
  };
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(turnTableJsonSchema(), null, 2)}\n`);
