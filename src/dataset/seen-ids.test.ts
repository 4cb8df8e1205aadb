import { describe, expect, it } from "vitest";
import { SeenIds } from "./seen-ids.ts";

describe("SeenIds", () => {
  it("gives the first use of an id that comes again", () => {
    const seen = new SeenIds();
    expect(seen.add("a", "one.jsonl", 1)).toBeNull();
    expect(seen.add("b", "one.jsonl", 2)).toBeNull();
    expect(seen.add("a", "two.jsonl", 1)).toEqual({ file: "one.jsonl", line: 1 });
    expect(seen.add("c", "two.jsonl", 7)).toBeNull();
    expect(seen.add("c", "two.jsonl", 8)).toEqual({ file: "two.jsonl", line: 7 });
    expect(seen.add("", "two.jsonl", 9)).toBeNull();
  });

  it("remembers all ids as it grows", () => {
    const seen = new SeenIds();
    const count = 20_000;
    for (let line = 1; line <= count; line += 1) expect(seen.add(`id-${line}`, "f", line)).toBeNull();
    for (let line = 1; line <= count; line += 1) {
      expect(seen.add(`id-${line}`, "f", count + line)).toEqual({ file: "f", line });
    }
  });
});
