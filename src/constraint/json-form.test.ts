import { describe, expect, it } from "vitest";
import { conforms, faultOfSchema, jsonOf, NOT_JSON } from "./json-form.ts";

const deep = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

describe("jsonOf", () => {
  it.each([
    ['{"a": 1}', { a: 1 }],
    [" [1, 2]\n", [1, 2]],
    ["null", null],
    ["```json\n[1]\n```", [1]],
    ["```\n[1]```", [1]],
    ["```json  \r\n[1]\r\n```", [1]],
    ['"```"', "```"],
  ])("%j", (text, value) => {
    expect(jsonOf(text)).toEqual(value);
  });

  it.each([
    "",
    "{a: 1}",
    "Here: [1]",
    "```json\n[1]\n``` done",
    "```json [1]```",
    "```\n```",
    "```",
    "``````",
    "```json data\n[1]\n```",
    "[1]\n```",
  ])("%j is no JSON", (text) => {
    expect(jsonOf(text)).toBe(NOT_JSON);
  });

  it("answers for the deepest nesting and for fences full of space", { timeout: 20_000 }, () => {
    expect(() => jsonOf(deep(1_000_000))).not.toThrow();
    expect(jsonOf("[".repeat(1_000_000))).toBe(NOT_JSON);
    expect(jsonOf(`\`\`\`\n${" ".repeat(1_000_000)}x`)).toBe(NOT_JSON);
    expect(jsonOf(`\`\`\`\n${" \n".repeat(500_000)}1\`\`\``)).toBe(1);
  });
});

describe("faultOfSchema", () => {
  it.each([
    '{"type":"object","required":["a"],"properties":{"pattern":{"type":"string"}}}',
    '{"type":"array","items":{"enum":["pattern","$ref"]},"minItems":3}',
    '{"const":{"$ref":"text"}}',
    "{}",
  ])("takes %s", (schema) => {
    expect(faultOfSchema(schema)).toBeNull();
  });

  it.each(["pattern", "patternProperties", "format", "$ref", "$dynamicRef", "uniqueItems"])("refuses %s", (keyword) => {
    expect(faultOfSchema(`{"items":{"${keyword}":true}}`)).toContain(`"${keyword}"`);
    expect(faultOfSchema(`{"properties":{"x":{"anyOf":[{"${keyword}":true}]}}}`)).toContain(`"${keyword}"`);
  });

  it("refuses what is no object, too large or too deep, and never throws", () => {
    for (const schema of ["", "no", "[]", "null", "true", "3"]) expect(faultOfSchema(schema)).toMatch(/JSON object/);
    expect(faultOfSchema(`{"enum":[${"1,".repeat(10_000)}1]}`)).toMatch(/more than 10000 characters/);
    const nested = `${'{"not":'.repeat(1_200)}{}${"}".repeat(1_200)}`;
    expect(() => faultOfSchema(nested)).not.toThrow();
    expect(() => faultOfSchema('{"not":'.repeat(100_000))).not.toThrow();
  });
});

describe("conforms", () => {
  it("validates", () => {
    const schema = '{"type":"object","required":["name"],"properties":{"name":{"type":"string","minLength":2}}}';
    expect(conforms('{"name":"Li"}', schema)).toBe(true);
    expect(conforms('```json\n{"name":"李明"}\n```', schema)).toBe(true);
    expect(conforms('{"name":"L"}', schema)).toBe(false);
    expect(conforms('{"title":"Li"}', schema)).toBe(false);
    expect(conforms("Li", schema)).toBe(false);
  });

  it("answers no, and does not throw, where a value is nested more deeply than the stack", () => {
    const value = `[${deep(8_000)},${deep(8_000)}]`;
    expect(conforms(value, '{"uniqueItems":true}')).toBe(false);
    expect(conforms(value, `{"items":{"enum":[${deep(8_000).replace("[]", "[1]")}]}}`)).toBe(false);
  });

  it("answers no to a faulty schema", () => {
    expect(conforms("1", "no schema")).toBe(false);
    expect(conforms("1", "{")).toBe(false);
  });
});
