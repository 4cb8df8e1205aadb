// Grammars are tried out with llama.cpp's own parser: what it accepts is what a model can write.
import fc from "fast-check";
import type { LlamaGrammar } from "node-llama-cpp";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { openLlama } from "../../test/llama-logprobs.ts";
import { jsonGrammar } from "./json-grammar.ts";
import { ModelFailure } from "./model-failure.ts";

const llama = await openLlama();
afterAll(() => llama.dispose());

type Schema = Readonly<Record<string, unknown>>;

/** Whether a text is one of the grammar's. */
async function acceptor(schema: Schema): Promise<(text: string) => boolean> {
  const grammar = await llama.createGrammar({ grammar: jsonGrammar(schema) });
  return (text) => (grammar as LlamaGrammar & { _testText(text: string): boolean })._testText(text);
}

const of = (type: z.ZodType): Schema => z.toJSONSchema(type, { io: "input" });

const verdict = z.strictObject({
  id: z.string().regex(/^c\d+$/),
  score: z.int().min(1).max(5).optional(),
  pass: z.boolean(),
});
interface Tree {
  name: string;
  children: Tree[];
}
const tree: z.ZodType<Tree> = z.strictObject({ name: z.string(), children: z.array(z.lazy(() => tree)) });

const CASES: readonly (readonly [
  name: string,
  schema: Schema,
  accepted: readonly string[],
  refused: readonly string[],
])[] = [
  [
    "members in order, those that are optional left out or not, no others",
    of(verdict),
    ['{"id":"c1","score":5,"pass":true}', '{"id": "c1", "pass": false}', '{\n  "id": "c1",\n  "pass": true\n}'],
    [
      '{"id":"c1"}',
      '{"pass":true,"id":"c1"}',
      '{"id":"c1","score":6,"pass":true}',
      '{"id":"c1","pass":true,"x":1}',
      "{}",
    ],
  ],
  [
    "what all optional members leave",
    of(z.strictObject({ a: z.int().optional(), b: z.null().optional() })),
    ["{}", '{"a":-7}', '{"b":null}', '{"a":1,"b":null}'],
    ['{"a":1,}', '{,"b":null}', '{"a":1 "b":null}'],
  ],
  [
    "lists within their bounds",
    of(
      z
        .array(z.enum(["a", "b"]))
        .min(1)
        .max(3),
    ),
    ['["a"]', '["a", "b","a"]'],
    ["[]", '["a","b","a","b"]', '["c"]', '["a",]'],
  ],
  ["lists of a fixed beginning", of(z.tuple([z.string(), z.int()])), ['["x",1]'], ['["x"]', '["x",1,2]', "[1,1]"]],
  [
    "lists of a fixed beginning and more",
    of(z.tuple([z.string()], z.boolean())),
    ['["x"]', '["x",true,false]'],
    ["[]", '["x",1]'],
  ],
  [
    "texts within their bounds, every character but control characters",
    of(z.string().min(2).max(4)),
    ['"ab"', '"你好吗🙂"', '"\\"\\\\\\n"'],
    ['"a"', '"abcde"', '"a\nb"', '"a"b"'],
  ],
  [
    "unions",
    of(z.union([z.literal("none"), z.strictObject({ n: z.number() })])),
    ['"none"', '{"n":-1.5e3}'],
    ['"some"', "{}", '{"n":01}'],
  ],
  ["null beside a type", { type: ["integer", "null"], minimum: 0 }, ["null", "0", "12"], ["-1", "1.5", '"1"']],
  ["records", of(z.record(z.string(), z.int().min(0).max(1))), ["{}", '{"a":1,"b":0}'], ['{"a":2}', "[]"]],
  [
    "schemas that hold themselves",
    of(tree),
    ['{"name":"a","children":[{"name":"b","children":[]}]}'],
    ['{"name":"a","children":[1]}'],
  ],
  [
    "all of several objects",
    of(z.intersection(z.object({ a: z.int() }), z.object({ b: z.int() }))),
    ['{"a":1,"b":2}'],
    ['{"a":1}'],
  ],
  ["any object where nothing is said of it", { type: "object" }, ["{}", '{"a": [1, {"b": null}]}'], ["[]", "1"]],
  [
    "constants of any kind, quoted as they must be",
    { enum: ['a"b\\c', { x: [1] }, "é\n"] },
    ['"a\\"b\\\\c"', '{"x":[1]}', '"é\\n"'],
    ['"a"b"'],
  ],
  [
    "what stands beside choices, for each of them",
    {
      type: "object",
      properties: { a: { type: "integer" } },
      anyOf: [{ required: ["a"] }, { properties: { b: { type: "null" } }, required: ["b"] }],
    },
    ['{"a":1}', '{"a":1,"b":null}', '{"b":null}'],
    ["{}"],
  ],
];

describe("jsonGrammar", () => {
  it.each(CASES)("holds %s", async (_, schema, accepted, refused) => {
    const accepts = await acceptor(schema);
    for (const text of accepted) expect([text, accepts(text)]).toEqual([text, true]);
    for (const text of refused) expect([text, accepts(text)]).toEqual([text, false]);
  });

  it.each([
    [
      "patterns for names",
      { properties: { a: { patternProperties: { x: {} } } } },
      "#/properties/a: it has patternProperties",
    ],
    [
      "references to elsewhere",
      { items: { $ref: "https://x.y/z" } },
      '"$ref": "https://x.y/z" is outside of the schema',
    ],
    ["references to nothing", { $ref: "#/$defs/a" }, "there is no #/$defs/a"],
    [
      "no value",
      { type: "object", properties: { a: false }, required: ["a"] },
      "#/properties/a: false allows no value",
    ],
    ["types that JSON hasn't", { type: "date" }, '"type": "date" is no type of JSON'],
    ["a required member without a schema", { type: "object", required: ["a"] }, 'it requires "a"'],
    [
      "several schemas at once that are no objects",
      { allOf: [{ type: "string" }, { enum: ["a"] }] },
      "several schemas hold at once",
    ],
  ])("refuses %s, by the place", (_, schema: Schema, message) => {
    expect(() => jsonGrammar(schema, "s")).toThrow(ModelFailure);
    expect(() => jsonGrammar(schema, "s")).toThrow(message);
  });

  it("refuses a schema without end instead of filling the stack", () => {
    let deep: Schema = { type: "null" };
    for (let i = 0; i < 1000; i++) deep = { type: "array", items: deep };
    expect(() => jsonGrammar(deep)).toThrow("more than 64 levels deep");
  });

  it("refuses a schema whose choices multiply", () => {
    const $defs: Record<string, Schema> = { a40: { type: "object", properties: { p: { type: "null" } } } };
    for (let i = 0; i < 40; i++) {
      const next = { $ref: `#/$defs/a${i + 1}` };
      $defs[`a${i}`] = { type: "object", properties: { p: { type: "object", required: ["p"], anyOf: [next, next] } } };
    }
    expect(() => jsonGrammar({ $defs, $ref: "#/$defs/a0" })).toThrow(ModelFailure);
  });

  it("accepts any JSON value under the schema that describes it", async () => {
    const described = (value: fc.JsonValue): Schema => {
      if (value === null) return { type: "null" };
      if (Array.isArray(value)) return { type: "array", prefixItems: value.map(described), items: false };
      if (typeof value === "object")
        return {
          type: "object",
          properties: Object.fromEntries(Object.entries(value).map(([key, member]) => [key, described(member!)])),
          required: Object.keys(value),
          additionalProperties: false,
        };
      return typeof value === "number" && !Number.isInteger(value) ? { type: "number" } : { const: value };
    };
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (value) => {
        const text = JSON.stringify(value);
        expect((await acceptor(described(JSON.parse(text))))(text)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
