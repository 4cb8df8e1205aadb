// Data sets and responses of IFEval and Multi-IF as files: what is read, and what every bad row gets.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkInstruction } from "../ifeval/verify.ts";
import type { AskedInstruction, InstructionItem } from "./benchmark-item.ts";
import { readMultiIfItems } from "./multiif-items.ts";
import { readMultiIfResponses } from "./multiif-responses.ts";
import { readPromptItems } from "./prompt-items.ts";
import { readPromptResponses } from "./prompt-responses.ts";
import { unanswered } from "./responses.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rpo-benchmark-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const check = ({ id, kwargs }: AskedInstruction): void => checkInstruction(id, kwargs);
function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}
const jsonl = (name: string, rows: readonly object[]): string =>
  file(name, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
const faultOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "nothing wrong",
    (error: Error) => error.message.replace(`${folder}/`, ""),
  );

const prompt = (key: number | string, more: object = {}) => ({
  key,
  prompt: `Prompt ${key}.`,
  instruction_id_list: ["punctuation:no_comma"],
  kwargs: [{}],
  ...more,
});

describe("readPromptItems", () => {
  it("reads keys of both kinds, null arguments, and messages in the prompt's place", async () => {
    const messages = [
      { role: "system", content: "No commas." },
      { role: "user", content: "Write." },
    ];
    const data = jsonl("data.jsonl", [
      prompt(7, { instruction_id_list: ["startend:quotation"], kwargs: [{ relation: null }], extra: 1 }),
      prompt("b", { messages }),
    ]);
    expect(await readPromptItems(data, check)).toEqual([
      {
        id: "7",
        language: null,
        file: data,
        line: 1,
        turns: [
          {
            messages: [{ role: "user", content: "Prompt 7." }],
            prompt: "Prompt 7.",
            instructions: [{ id: "startend:quotation", kwargs: { relation: null } }],
          },
        ],
      },
      expect.objectContaining({ id: "b", turns: [expect.objectContaining({ messages, prompt: "Prompt b." })] }),
    ]);
  });

  it("takes instructions whose official verdict is random", async () => {
    const letter = { let_relation: "at least", letter: "#", let_frequency: 4 };
    const row = prompt(1, { instruction_id_list: ["keywords:letter_frequency"], kwargs: [letter] });
    expect(await readPromptItems(jsonl("data.jsonl", [row]), check)).toHaveLength(1);
  });

  it.each([
    ["a key twice", [prompt(1), prompt("1", { prompt: "Other." })], 'data.jsonl:2: key: "1" is that of line 1 as well'],
    ["a prompt twice", [prompt(1), prompt(2, { prompt: " Prompt 1. " })], "data.jsonl:2: prompt: is that of line 1"],
    [
      "an unknown instruction",
      [prompt(1), prompt(2, { instruction_id_list: ["punctuation:none"] })],
      'data.jsonl:2: instruction_id_list[0]: no instruction is called "punctuation:none"',
    ],
    ["arguments for none", [prompt(1, { kwargs: [{}, {}] })], "data.jsonl:1: kwargs: 2 of them for 1 instruction"],
    [
      "a missing argument",
      [prompt(1, { instruction_id_list: ["keywords:existence"] })],
      "data.jsonl:1: kwargs[0].keywords: keywords:existence:",
    ],
    [
      "an argument that the official program doesn't know",
      [prompt(1, { kwargs: [{ commas: 0 }] })],
      'data.jsonl:1: kwargs[0]: punctuation:no_comma: the official program refuses these arguments: no argument "commas" (TypeError)',
    ],
    [
      "a relation that it doesn't know",
      [
        prompt(1, {
          instruction_id_list: ["length_constraints:number_words"],
          kwargs: [{ num_words: 3, relation: "at most" }],
        }),
      ],
      'no relation "at most": less than or at least (ValueError)',
    ],
    ["no instruction", [prompt(1, { instruction_id_list: [], kwargs: [] })], "data.jsonl:1: instruction_id_list:"],
    ["no prompt", [prompt(1, { prompt: undefined })], "data.jsonl:1: prompt:"],
    ["arguments as a text", [prompt(1, { kwargs: ["{}"] })], "data.jsonl:1: kwargs[0]:"],
    ["no row", [], "data.jsonl: no row in it"],
  ])("refuses %s", async (_, rows, fault) => {
    expect(await faultOf(readPromptItems(jsonl("data.jsonl", rows), check))).toContain(fault);
  });
});

describe("readPromptResponses", () => {
  const items = () => readPromptItems(jsonl("data.jsonl", [prompt(1), prompt(2), prompt(3)]), check);

  it("matches by prompt, white space around it apart, counts strangers, and leaves what is missing to see", async () => {
    const path = jsonl("responses.jsonl", [
      { prompt: "Prompt 2. ", response: "Two" },
      { prompt: "Prompt 9.", response: "Nine" },
      { prompt: "Prompt 1.", response: "" },
    ]);
    const responses = await readPromptResponses([path], await items());
    expect([...responses.byItem]).toEqual([
      ["2", ["Two"]],
      ["1", [""]],
    ]);
    expect(responses.strangers).toBe(1);
    expect(unanswered(await items(), responses)).toEqual([{ key: "3", turn: 1, cause: "no response" }]);
  });

  it("refuses a prompt twice and a row without a response", async () => {
    const twice = jsonl("twice.jsonl", [
      { prompt: "Prompt 1.", response: "a" },
      { prompt: "Prompt 1.", response: "b" },
    ]);
    expect(await faultOf(readPromptResponses([twice], await items()))).toMatch(
      /twice.jsonl:2: prompt: is that of .*twice.jsonl:1 as well/,
    );
    const none = jsonl("none.jsonl", [{ prompt: "Prompt 1.", response: null }]);
    expect(await faultOf(readPromptResponses([none], await items()))).toContain("none.jsonl:1: response:");
  });
});

const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`;
const HEADER = ["key", "language", "turn_index"].concat(
  [1, 2, 3].flatMap((turn) => [`turn_${turn}_prompt`, `turn_${turn}_instruction_id_list`, `turn_${turn}_kwargs`]),
);
const csv = (name: string, header: readonly string[], rows: readonly (readonly string[])[]): string =>
  file(name, [header, ...rows].map((row) => `${row.map(quoted).join(",")}\n`).join(""));

/** A row of Multi-IF with so many turns; the others as the data set writes that there is none. */
function conversation(key: string, turns: number, none = ""): string[] {
  const of = (turn: number): string[] =>
    turn > turns
      ? [none, "", ""]
      : [
          JSON.stringify({ role: "user", content: `Turn ${turn}.` }),
          JSON.stringify(["punctuation:no_comma", "startend:quotation", "startend:end_checker"].slice(0, turn)),
          JSON.stringify(["{}", "{}", '{"end_phrase": "Bye"}'].slice(0, turn)),
        ];
  return [key, "English", "0", ...[1, 2, 3].flatMap(of)];
}

describe("readMultiIfItems", () => {
  it("reads cumulative instructions and leaves out turns that are not asked", async () => {
    const rows = [conversation("a", 3), conversation("b", 2), conversation("c", 2, "None")];
    const items = await readMultiIfItems(csv("data.csv", HEADER, rows), check);
    expect(items.map(({ id, line, turns }) => [id, line, turns.length])).toEqual([
      ["a", 2, 3],
      ["b", 3, 2],
      ["c", 4, 2],
    ]);
    expect(items[0]!.turns[2]).toEqual({
      messages: [{ role: "user", content: "Turn 3." }],
      prompt: "Turn 3.",
      instructions: [
        { id: "punctuation:no_comma", kwargs: {} },
        { id: "startend:quotation", kwargs: {} },
        { id: "startend:end_checker", kwargs: { end_phrase: "Bye" } },
      ],
    });
  });

  const changed = (column: string, value: string): string[] =>
    conversation("b", 3).map((field, index) => (HEADER[index] === column ? value : field));
  it.each([
    ["a key twice", conversation("a", 2), 'data.csv:3: key: "a" is that of line 2 as well'],
    ["arguments that are no JSON", changed("turn_2_kwargs", "[{]"), "data.csv:3: turn_2_kwargs: not JSON"],
    ["one that is no JSON", changed("turn_1_kwargs", '["{"]'), "data.csv:3: turn_1_kwargs[0]: not JSON"],
    ["arguments that are no texts", changed("turn_1_kwargs", "[{}]"), "data.csv:3: turn_1_kwargs[0]:"],
    ["too few arguments", changed("turn_3_kwargs", '["{}"]'), "turn_3_kwargs: 1 of them for 3 instructions"],
    ["a missing argument", changed("turn_3_kwargs", '["{}","{}","{}"]'), "turn_3_kwargs[2].end_phrase:"],
    [
      "an unknown instruction",
      changed("turn_1_instruction_id_list", '["x:y"]'),
      'data.csv:3: turn_1_instruction_id_list[0]: no instruction is called "x:y"',
    ],
    ["a turn after none", changed("turn_2_prompt", "None"), "data.csv:3: turn_3_prompt: there is a turn 3, but none"],
    ["a prompt that is no message", changed("turn_1_prompt", '"Hi"'), "data.csv:3: turn_1_prompt:"],
  ])("refuses %s", async (_, row, fault) => {
    const path = csv("data.csv", HEADER, [conversation("a", 3), row]);
    expect(await faultOf(readMultiIfItems(path, check))).toContain(fault);
  });

  it("refuses a file that is no such table", async () => {
    expect(await faultOf(readMultiIfItems(csv("data.csv", ["key"], [["a"]]), check))).toContain("data.csv: no header");
  });
});

describe("readMultiIfResponses", () => {
  const items = (): Promise<InstructionItem[]> =>
    readMultiIfItems(csv("data.csv", HEADER, [conversation("a", 3), conversation("b", 2)]), check);
  const response = (key: string, turn: number, text: string) => ({ key, turn, response: text });

  it("reads lines, and takes a wrapped response out of its JSON", async () => {
    const rows = [response("a", 1, "one"), response("a", 3, '[{"response": "three"}]'), response("b", 2, "[x]")];
    const { byItem, strangers } = await readMultiIfResponses(
      [jsonl("responses.jsonl", [...rows, response("z", 1, "")])],
      await items(),
    );
    expect([...byItem]).toEqual([
      ["a", ["one", null, "three"]],
      ["b", [null, "[x]"]],
    ]);
    expect(strangers).toBe(1);
  });

  it("reads the official program's tables of each turn", async () => {
    const columns = ["key", "turn_index", "responses"];
    const first = csv("step_1.csv", columns, [
      ["a", "1", "one"],
      ["b", "1", "two\nlines"],
    ]);
    const third = csv("step_3.csv", columns, [
      ["a", "3", "three"],
      ["b", "3", "Exception: nothing was asked"],
    ]);
    const { byItem } = await readMultiIfResponses([first, third], await items());
    expect([...byItem.values()]).toEqual([
      ["one", null, "three"],
      ["two\nlines", null],
    ]);
  });

  it.each([
    ["a turn too many", response("b", 3, "x"), 'turn: "b" has 2 turns, and this responds to turn 3'],
    ["a turn twice", response("a", 1, "x"), 'key: turn 1 of "a" has a response in'],
    ["a turn that is none", response("a", 0, "x"), "turn:"],
    ["no text", { key: "a", turn: 2, response: 5 }, "response:"],
  ])("refuses %s", async (_, row, fault) => {
    const path = jsonl("responses.jsonl", [response("a", 1, "x"), row]);
    expect(await faultOf(readMultiIfResponses([path], await items()))).toContain(`responses.jsonl:2: ${fault}`);
  });
});
