// JSON in a response, and JSON schemas that come from data. Schemas are interpreted, never compiled to code, and may not
// carry regular expressions (those would run unbounded).
import { type Schema, Validator } from "@cfworker/json-schema";

const FENCED = /^```[\w-]*[^\S\n]*\n([\s\S]*?)\n?[^\S\n]*```$/;
/** Keywords whose values are regular expressions, or name schemas that live elsewhere. */
const REFUSED = ["pattern", "patternProperties", "format", "$ref", "$dynamicRef", "$recursiveRef"];

/** Marks text that is not JSON (undefined and null are not free: null is JSON). */
export const NOT_JSON = Symbol("not JSON");

/** The JSON value that a text is, a Markdown fence around it taken off; NOT_JSON if it is none. */
export function jsonOf(text: string): unknown {
  const trimmed = text.trim();
  try {
    return JSON.parse(FENCED.exec(trimmed)?.[1] ?? trimmed);
  } catch {
    return NOT_JSON;
  }
}

/** What is wrong with a JSON schema given as text, or null. */
export function faultOfSchema(schema: string): string | null {
  const value = jsonOf(schema);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "not a JSON schema (a JSON object)";
  const refused = keywordsIn(value).find((keyword) => REFUSED.includes(keyword));
  if (refused !== undefined) return `the schema keyword "${refused}" is not supported`;
  try {
    new Validator(value as Schema, "2020-12").validate({});
    return null;
  } catch (error) {
    return `not a JSON schema: ${(error as Error).message}`;
  }
}

/** Keywords of a schema and of the schemas in it (names of properties are no keywords). */
function keywordsIn(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keywordsIn);
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (keyword === "const" || keyword === "enum" || keyword === "default" || keyword === "examples") return [keyword];
    if (keyword === "properties" || keyword === "$defs" || keyword === "dependentSchemas")
      return [keyword, ...Object.values(value ?? {}).flatMap(keywordsIn)];
    return [keyword, ...keywordsIn(value)];
  });
}

/** Whether a text is JSON that is valid against the schema (draft 2020-12). */
export function conforms(text: string, schema: string): boolean {
  const value = jsonOf(text);
  if (value === NOT_JSON) return false;
  return new Validator(JSON.parse(schema) as Schema, "2020-12").validate(value).valid;
}
