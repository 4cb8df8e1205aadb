import { describe, expect, it } from "vitest";
import { jsonLoads } from "./json.ts";

describe("jsonLoads", () => {
  it.each([
    "1",
    " [NaN, -Infinity, 1e5, -0.5] ",
    '{"a": {"b": []}, "a": "\\u00e9\ud83d"}',
    "null",
    '"\u2028\x7f"',
    "[[], {}]",
  ])("takes %j", (text) => expect(jsonLoads(text)).toBe("json"));

  it.each([
    "",
    "[1,]",
    "{'a': 1}",
    '{"a": 1,}',
    "{1: 2}",
    "01",
    "+1",
    "1.",
    "[1 2]",
    '"\n"',
    '"\\x41"',
    "\ufeff1",
    "1 2",
    "nan",
    "-NaN",
    "[",
    "{]",
    "\u00a01",
    `${"1".repeat(4301)}`,
  ])("refuses %j", (text) => expect(jsonLoads(text)).toBe("not json"));

  it("agrees with JSON.parse on its own output", () => {
    const value = { a: [1.5e300, -2, true, null, '\u0000\\"/'], "": {} };
    expect(jsonLoads(JSON.stringify(value, null, 2))).toBe("json");
  });

  it("tells nesting that Python can't read, before anything after it", () => {
    expect(jsonLoads("[".repeat(100_000))).toBe("too deep");
    expect(jsonLoads(`${"[".repeat(900)}${"]".repeat(900)}`)).toBe("json");
  });
});
