// A JSON schema as a grammar of llama.cpp (GBNF), so that a model of this process can write nothing but values of that shape.
// What a grammar can't hold (pattern, format, multipleOf, uniqueItems, bounds of wide ranges) only narrows a shape: it is left
// out, and whoever asked checks what comes (typed-answer.ts). What would change the shape and can't be had is refused. Members
// come in the order of the schema; those that it doesn't name come only where it says that there are such. Follows draft 2020-12.
import { ModelFailure } from "./model-failure.ts";

type Schema = Readonly<Record<string, unknown>>;

/** Integers of a range of at most so many are listed one by one; of a wider one the bounds are left to the check. */
const LISTED_INTEGERS = 256;

/** llama.cpp writes a repetition out as so many rules, and refuses 2,000: longer texts and lists are left to the check. */
const LONGEST_REPETITION = 500;

/** Deeper schemas than this are a mistake, or an attack on the stack. */
const DEEPEST = 64;

/** Choices beside choices are multiplied out: what comes to more rules than this is too much to be held to. */
const MOST_RULES = 20_000;

/** Rules that every grammar may call on. Numbers and white space have an end, or a small model never finds one. */
const SHARED: Readonly<Record<string, string>> = {
  ws: '" "? | "\\n" " "{0,16}',
  comma: '"," ws',
  char: '[^"\\\\\\x00-\\x1F\\x7F] | "\\\\" ["\\\\/bfnrt]', // no \u: every character that it could name can stand for itself
  string: '"\\"" char* "\\""',
  integer: '"-"? ("0" | [1-9] [0-9]{0,15})',
  number: 'integer ("." [0-9]{1,24})? ([eE] [-+]? [0-9]{1,3})?',
  boolean: '"true" | "false"',
  null: '"null"',
  value: "object | array | string | number | boolean | null",
  object: '"{" ws (string ":" ws value (comma string ":" ws value)* ws)? "}"',
  array: '"[" ws (value (comma value)* ws)? "]"',
};

/**
 * The grammar of a schema's values; its root rule is `root`.
 * @param name what the schema is called in a message
 * @throws ModelFailure of kind "schema", naming the place, where the shape is one that no such grammar holds
 */
export function jsonGrammar(schema: Schema, name = "schema"): string {
  const rules = new Map<string, string>();
  const references = new Map<string, string>();

  const refuse = (path: string, reason: string): never => {
    throw new ModelFailure(
      "schema",
      `JSON schema ${name}, at ${path}: ${reason}; the embedded model can't be held to it`,
    );
  };

  /** A name for a rule, which may be written later: rules may call themselves. */
  function define(body: string | null): string {
    if (rules.size >= MOST_RULES) refuse("#", `it comes to more than ${MOST_RULES} rules`);
    const rule = `r${rules.size}`;
    rules.set(rule, body ?? "");
    return rule;
  }

  /** The rule that a `$ref` means; only what is in the schema itself can be meant. */
  function referred(reference: string, path: string, depth: number): string {
    const known = references.get(reference);
    if (known !== undefined) return known;
    const rule = define(null);
    references.set(reference, rule);
    rules.set(rule, expression(pointed(reference, path), `${path} (${reference})`, depth));
    return rule;
  }

  function pointed(reference: string, path: string): unknown {
    if (!reference.startsWith("#"))
      return refuse(path, `"$ref": ${JSON.stringify(reference)} is outside of the schema`);
    let found: unknown = schema;
    for (const part of reference.slice(1).split("/").slice(1)) {
      const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
      found =
        isObject(found) && Object.hasOwn(found, key) ? found[key] : refuse(path, `"$ref": there is no ${reference}`);
    }
    return found;
  }

  /** What stands for a value of the schema in the body of a rule. */
  function expression(given: unknown, path: string, depth: number): string {
    if (depth > DEEPEST) return refuse(path, `more than ${DEEPEST} levels deep`);
    if (given === true) return "value";
    if (!isObject(given)) return refuse(path, given === false ? "false allows no value" : "a schema must be an object");
    if (typeof given.$ref === "string") return referred(given.$ref, path, depth + 1);
    if (Object.hasOwn(given, "const")) return literal(JSON.stringify(given.const));
    if (Array.isArray(given.enum))
      return anyOf(
        given.enum.map((value) => literal(JSON.stringify(value))),
        path,
      );
    if (Array.isArray(given.allOf)) return expression(joined(given, given.allOf, path), path, depth + 1);
    const choices = given.anyOf ?? given.oneOf; // that just one of oneOf holds is for the check
    if (Array.isArray(choices)) {
      // What stands beside the choices holds for each of them.
      const { anyOf: _, oneOf: __, ...beside } = given;
      const simple = typeof beside.type === "string" && !["object", "array"].includes(beside.type);
      const shape = SHAPE.some((key) => Object.hasOwn(beside, key) && !(simple && key === "type"));
      return anyOf(
        choices.map((choice, i) =>
          expression(
            shape ? joined(beside, [choice], path) : choice,
            `${path}/${given.anyOf ? "anyOf" : "oneOf"}/${i}`,
            depth + 1,
          ),
        ),
        path,
      );
    }
    const types = Array.isArray(given.type) ? given.type : [given.type ?? impliedType(given)];
    return anyOf(
      types.map((type) => ofType(type, given, path, depth)),
      path,
    );
  }

  function anyOf(alternatives: readonly string[], path: string): string {
    if (alternatives.length === 0) return refuse(path, "no value is allowed");
    const [first] = alternatives;
    return alternatives.length === 1 ? first! : define([...new Set(alternatives)].join(" | "));
  }

  function ofType(type: unknown, given: Schema, path: string, depth: number): string {
    switch (type) {
      case undefined:
        return "value";
      case "object":
        return objectRule(given, path, depth);
      case "array":
        return arrayRule(given, path, depth);
      case "string":
        return stringRule(given);
      case "integer":
        return integerRule(given);
      case "number":
      case "boolean":
      case "null":
        return type;
      default:
        return refuse(path, `"type": ${JSON.stringify(type)} is no type of JSON`);
    }
  }

  function stringRule({ minLength, maxLength }: Schema): string {
    const repetition = repeated(minLength, maxLength);
    return repetition === "*" ? "string" : define(`"\\"" char${repetition} "\\""`);
  }

  function integerRule({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
    const least = Math.max(
      typeof minimum === "number" ? Math.ceil(minimum) : Number.NEGATIVE_INFINITY,
      typeof exclusiveMinimum === "number" ? Math.floor(exclusiveMinimum) + 1 : Number.NEGATIVE_INFINITY,
    );
    const most = Math.min(
      typeof maximum === "number" ? Math.floor(maximum) : Number.POSITIVE_INFINITY,
      typeof exclusiveMaximum === "number" ? Math.ceil(exclusiveMaximum) - 1 : Number.POSITIVE_INFINITY,
    );
    const count = most - least + 1;
    if (count >= 1 && count <= LISTED_INTEGERS)
      return define(Array.from({ length: count }, (_, i) => literal(String(least + i))).join(" | "));
    return least >= 0 ? define('"0" | [1-9] [0-9]{0,15}') : "integer";
  }

  function arrayRule(given: Schema, path: string, depth: number): string {
    const fixed = Array.isArray(given.prefixItems) ? given.prefixItems : [];
    const first = fixed.map((item, i) => expression(item, `${path}/prefixItems/${i}`, depth + 1));
    const open = given.items === undefined ? fixed.length === 0 : given.items !== false;
    if (!open) return define(`"[" ws ${first.map((item) => `${item} `).join("comma ")}ws "]"`);
    const item = expression(given.items ?? true, `${path}/items`, depth + 1);
    if (first.length > 0) {
      const more = repeated(below(given.minItems, first.length), below(given.maxItems, first.length));
      return define(`"[" ws ${first.join(" comma ")} (comma ${item})${more} ws "]"`);
    }
    if (given.maxItems === 0) return literal("[]");
    const more = repeated(below(given.minItems, 1), below(given.maxItems, 1));
    const items = `${item} (comma ${item})${more} ws`;
    return define(
      typeof given.minItems === "number" && given.minItems > 0 ? `"[" ws ${items} "]"` : `"[" ws (${items})? "]"`,
    );
  }

  /**
   * Members in the schema's order. What may follow depends on whether a member stands before, for the comma: so there are two
   * rules for each rest of the list, and each optional member may be passed over.
   */
  function objectRule(given: Schema, path: string, depth: number): string {
    if (given.patternProperties !== undefined) return refuse(path, "it has patternProperties");
    const properties = isObject(given.properties) ? given.properties : {};
    const required = new Set(Array.isArray(given.required) ? given.required : []);
    const unnamed = [...required].find((key) => !Object.hasOwn(properties, String(key)));
    if (unnamed !== undefined && !isObject(given.propertyNames))
      return refuse(path, `it requires ${JSON.stringify(unnamed)} and doesn't say what that is`);
    // An object of which nothing is said may be any; where members are named, others come only if the schema speaks of them.
    const others = given.additionalProperties ?? Object.keys(properties).length === 0;
    let rest = { after: '""', first: '""' };
    if (others !== false) {
      const value = expression(others, `${path}/additionalProperties`, depth + 1);
      const key = isObject(given.propertyNames)
        ? expression(given.propertyNames, `${path}/propertyNames`, depth + 1)
        : "string";
      const member = define(`${key} ":" ws ${value}`);
      rest = { after: define(`(comma ${member})*`), first: define(`(${member} (comma ${member})*)?`) };
    }
    for (const [key, value] of Object.entries(properties).reverse()) {
      const member = `${literal(JSON.stringify(key))} ":" ws ${expression(value, `${path}/properties/${key}`, depth + 1)}`;
      const { after, first } = rest;
      rest = required.has(key)
        ? { after: define(`comma ${member} ${after}`), first: define(`${member} ${after}`) }
        : { after: define(`comma ${member} ${after} | ${after}`), first: define(`${member} ${after} | ${first}`) };
    }
    return define(`"{" ws ${rest.first} ws "}"`);
  }

  /** One schema of several that all must hold: of objects, the members of all. */
  function joined(base: Schema, parts: readonly unknown[], path: string): Schema {
    const { allOf: _, ...own } = base;
    let all: Schema = own;
    for (const given of parts) {
      const part = isObject(given) && typeof given.$ref === "string" ? pointed(given.$ref, path) : given;
      if (!isObject(part)) return refuse(path, "allOf needs schemas that are objects");
      const shapes = SHAPE.filter((key) => Object.hasOwn(all, key));
      const isPlainObject = (schema: Schema): boolean =>
        (schema.type ?? "object") === "object" && !CHOICES.some((key) => Object.hasOwn(schema, key));
      if (shapes.length > 0 && !(isPlainObject(all) && isPlainObject(part)))
        return refuse(path, "several schemas hold at once, and not all are of plain objects");
      const both = (key: string): unknown =>
        all[key] === false || part[key] === false ? false : (all[key] ?? part[key]);
      all = {
        ...all,
        ...part,
        ...(shapes.length > 0 && {
          properties: bothMembers(all.properties, part.properties),
          required: [...((all.required as string[]) ?? []), ...((part.required as string[]) ?? [])],
          additionalProperties: both("additionalProperties"),
        }),
      };
    }
    return all;
  }

  const root = expression(schema, "#", 0);
  const named = [...rules].map(([rule, body]) => `${rule} ::= ${body}`);
  const shared = Object.entries(SHARED).map(([rule, body]) => `${rule} ::= ${body}`);
  return [`root ::= ${root}`, ...named, ...shared].join("\n");
}

/** Keywords that say which values there are, beside annotations and what only narrows. */
const CHOICES = ["$ref", "const", "enum", "anyOf", "oneOf", "allOf"] as const;
const SHAPE = [...CHOICES, "type", "properties", "items", "prefixItems", "additionalProperties", "required"] as const;

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Members of two objects that are one: what both name is both. */
function bothMembers(one: unknown, other: unknown): Schema {
  const [members, more] = [isObject(one) ? one : {}, isObject(other) ? other : {}];
  const shared = Object.keys(more).filter((key) => Object.hasOwn(members, key));
  return {
    ...members,
    ...more,
    ...Object.fromEntries(shared.map((key) => [key, { allOf: [members[key], more[key]] }])),
  };
}

/** The type of a schema that doesn't name one and yet speaks of one. */
function impliedType(schema: Schema): string | undefined {
  if (["properties", "additionalProperties", "patternProperties", "required"].some((key) => Object.hasOwn(schema, key)))
    return "object";
  return Object.hasOwn(schema, "items") || Object.hasOwn(schema, "prefixItems") ? "array" : undefined;
}

/** A text as a literal of the grammar. */
const literal = (text: string): string =>
  `"${text.replace(/["\\]/g, "\\$&").replace(/[\x00-\x1f\x7f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`;

/** How often, as the grammar writes it. */
function repeated(least: unknown, most: unknown): string {
  const from = typeof least === "number" && least <= LONGEST_REPETITION ? Math.max(0, Math.ceil(least)) : 0;
  if (typeof most === "number" && most <= LONGEST_REPETITION) return `{${from},${Math.max(from, Math.floor(most))}}`;
  return from === 0 ? "*" : `{${from},}`;
}

/** A bound for what is left when so many are there already. */
const below = (bound: unknown, there: number): unknown =>
  typeof bound === "number" ? Math.max(0, bound - there) : undefined;
