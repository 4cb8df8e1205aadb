import { readFileSync } from "node:fs";
import { Validator } from "@cfworker/json-schema";
import { describe, expect, it } from "vitest";
import { parseTurn } from "./turn-table.ts";
import { turnTableJsonSchema } from "./turn-table-schema.ts";

const published = JSON.parse(readFileSync(new URL("../../schema/turn-table.schema.json", import.meta.url), "utf8"));
const documentation = readFileSync(new URL("../../docs/turn-table.md", import.meta.url), "utf8");

/** The JSON code blocks of the documentation that are rows of a turn table. */
const examples = [...documentation.matchAll(/```json\n(.*?)```/gs)]
  .map(([, text]) => JSON.parse(text ?? "") as object)
  .filter((value) => "responses" in value);

describe("the published schema of the turn table", () => {
  it("is the one that rows are checked with (node src/dataset/turn-table-schema.ts writes it)", () => {
    expect(published).toEqual(turnTableJsonSchema());
  });

  it("accepts the documented examples of both forms, and so does the reader", () => {
    const schema = new Validator(published, "2020-12");
    expect(examples.some((value) => "messages" in value)).toBe(true);
    expect(examples.some((value) => "query" in value)).toBe(true);
    for (const example of examples) {
      expect(schema.validate(example)).toEqual({ valid: true, errors: [] });
      expect(parseTurn(example)).toHaveProperty("turn");
    }
  });

  it("refuses what the reader refuses by its shape", () => {
    const schema = new Validator(published, "2020-12");
    for (const changes of [{ extra: 1 }, { responses: [] }, { id: "" }, { constraints: [{ id: "c" }] }]) {
      const wrong = { ...examples[0], ...changes };
      expect(schema.validate(wrong).valid).toBe(false);
      expect(parseTurn(wrong)).toHaveProperty("problem");
    }
  });
});
