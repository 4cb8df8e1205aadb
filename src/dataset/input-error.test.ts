import { describe, expect, it } from "vitest";
import { fieldPath, InputError, RowError, refuseBadRow } from "./input-error.ts";

describe("RowError", () => {
  it("says file, line, field and reason, and keeps the row", () => {
    const row = { file: "t.jsonl", line: 3, field: "responses[0].text", reason: "must not be blank", raw: "{}" };
    const error = new RowError(row);
    expect(error.message).toBe("t.jsonl:3: responses[0].text: must not be blank");
    expect(error.row).toBe(row);
    expect(error).toBeInstanceOf(InputError);
    expect(() => refuseBadRow(row)).toThrow(RowError);
  });
});

describe("fieldPath", () => {
  it("writes paths as JavaScript does", () => {
    expect(fieldPath(["responses", 0, "verdicts", 2])).toBe("responses[0].verdicts[2]");
    expect(fieldPath([])).toBe("row");
  });
});
