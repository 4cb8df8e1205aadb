// JSON in a response, and JSON schemas that come from data. Schemas are interpreted, never compiled to code, and may not
// carry regular expressions (those would run unbounded), comparisons of every item with every other, or names of schemas.
import { type Schema, Validator } from "@cfworker/json-schema";

const FENCE = "```";
/** What may follow the opening fence on its line: the name of a language. */
const FENCE_INFO = /^[\w-]*\s*$/;
/** Keywords whose values are regular expressions, that name schemas elsewhere, or that take the square of the items' number. */
const REFUSED = ["pattern", "patternProperties", "format", "$ref", "$dynamicRef", "$recursiveRef", "uniqueItems"];
/** Characters of a schema: validation takes up to its size times that of the value. */
const LONGEST_SCHEMA = 10_000;
/** Validators kept: a corpus repeats few schemas. */
const CACHE_SIZE = 256;
const validators = new Map<string, Validator>();

/** Marks text that is not JSON (undefined and null are not free: null is JSON). */
export const NOT_JSON = Symbol("not JSON");

/** The text inside a Markdown fence that is all of it, or the text itself. */
function unfenced(text: string): string {
  if (!text.startsWith(FENCE) || !text.endsWith(FENCE)) return text;
  const firstLineEnd = text.indexOf("\n");
  if (firstLineEnd === -1 || !FENCE_INFO.test(text.slice(FENCE.length, firstLineEnd))) return text;
  return text.slice(firstLineEnd + 1, -FENCE.length);
}

/** The JSON value that a text is, a Markdown fence around it taken off; NOT_JSON if it is none, or nested too deeply to read. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(unfenced(text.trim()));
  } catch {
    return NOT_JSON;
  }
}

/** What is wrong with a JSON schema given as text, or null. Never throws. */
export function faultOfSchema(schema: string): string | null {
  if (schema.length > LONGEST_SCHEMA) return `a JSON schema of more than ${LONGEST_SCHEMA} characters`;
  const value = jsonOf(schema);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "not a JSON schema (a JSON object)";
  try {
    const refused = keywordsIn(value).find((keyword) => REFUSED.includes(keyword));
    if (refused !== undefined) return `the schema keyword "${refused}" is not supported`;
    validatorOf(schema).validate({});
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

function validatorOf(schema: string): Validator {
  let validator = validators.get(schema);
  if (validator === undefined) {
    validator = new Validator(JSON.parse(unfenced(schema.trim())) as Schema, "2020-12");
    if (validators.size >= CACHE_SIZE) validators.clear();
    validators.set(schema, validator);
  }
  return validator;
}

/**
 * Whether a text is JSON that is valid against the schema (draft 2020-12). Never throws: a value that the schema cannot be
 * held against (it is nested more deeply than the stack) does not conform, nor does any to a faulty schema.
 */
export function conforms(text: string, schema: string): boolean {
  const value = jsonOf(text);
  if (value === NOT_JSON) return false;
  try {
    return validatorOf(schema).validate(value).valid;
  } catch {
    return false;
  }
}
