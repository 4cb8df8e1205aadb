import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Turn } from "../preference/turn.ts";
import type { BadRow } from "./input-error.ts";
import { parseTurn, readTurnTable } from "./turn-table.ts";

const row = {
  id: "soup-1",
  profile: { id: "cook", system: "You are a cook. Use no commas." },
  history: [
    { role: "user", content: "Hello" },
    { role: "assistant", content: "Hi" },
  ],
  query: "Soup?",
  constraints: [
    { id: "c1", text: "Use no commas.", reversed: "Use a comma." },
    { id: "c2", text: "Be brief." },
  ],
  responses: [
    { id: "a", text: "Leek soup.", model: "m", verdicts: [true, null] },
    { text: null, verdicts: [false, true] },
  ],
  verdict_source: "code",
  meta: { anything: [1] },
};

const withoutParts = { id: row.id, constraints: row.constraints, responses: row.responses };

function turnOf(value: unknown): Turn {
  const parsed = parseTurn(value);
  if ("problem" in parsed) throw new Error(`${parsed.problem.field}: ${parsed.problem.reason}`);
  return parsed.turn;
}

function problemOf(value: unknown): string {
  const parsed = parseTurn(value);
  return "problem" in parsed ? `${parsed.problem.field}: ${parsed.problem.reason}` : "none";
}

describe("parseTurn", () => {
  it("reads a turn from profile, history and query", () => {
    expect(turnOf(row)).toEqual({
      id: "soup-1",
      profile: "cook",
      messages: [
        { role: "system", content: "You are a cook. Use no commas." },
        { role: "user", content: "Hello" },
        { role: "assistant", content: "Hi" },
        { role: "user", content: "Soup?" },
      ],
      constraints: row.constraints,
      responses: [
        { id: "a", text: "Leek soup.", model: "m", verdicts: [true, null] },
        { id: "r2", text: null, verdicts: [false, true] },
      ],
      verdictSource: "code",
    });
  });

  it("reads a turn from messages", () => {
    const messages = [
      { role: "system", content: "You are a cook." },
      { role: "user", content: "Soup?" },
    ];
    const turn = turnOf({ ...withoutParts, messages });
    expect(turn.messages).toEqual(messages);
    expect(turn.verdictSource).toBe("unstated");
    expect(turnOf({ ...withoutParts, messages, profile: { id: "cook" } }).profile).toBe("cook");
  });

  it("takes the system prompt for the profile where none is named, and the opening where there is no system prompt", () => {
    const profile = (messages: unknown[]): string => turnOf({ ...withoutParts, messages }).profile;
    const system = { role: "system", content: "You are a cook." };
    const soup = { role: "user", content: "Soup?" };
    const bread = { role: "user", content: "Bread?" };
    expect(profile([system, soup])).toBe(profile([system, bread]));
    expect(profile([system, soup])).toBe(turnOf({ ...withoutParts, profile: system.content, query: "Cake?" }).profile);
    expect(profile([system, soup])).not.toBe(profile([{ ...system, content: "You are a baker." }, soup]));
    expect(profile([soup])).toBe(profile([soup, { role: "assistant", content: "Leek." }, bread]));
    expect(profile([soup])).not.toBe(profile([bread]));
  });

  const changed = (changes: object): object => ({ ...row, ...changes });
  const withResponse = (changes: object): object =>
    changed({ responses: [{ ...row.responses[0], ...changes }, row.responses[1]] });
  const withConstraint = (changes: object): object =>
    changed({ constraints: [{ ...row.constraints[0], ...changes }, row.constraints[1]] });

  it.each<[string, unknown, string]>([
    ["no object", [1], "row: must be an object"],
    ["null", null, "row: must be an object"],
    [
      "verdicts too few",
      withResponse({ verdicts: [true] }),
      "responses[0].verdicts: 1 verdict for 2 constraints; give null where one does not apply",
    ],
    [
      "verdicts too many",
      withResponse({ verdicts: [true, true, false] }),
      "responses[0].verdicts: 3 verdicts for 2 constraints; give null where one does not apply",
    ],
    [
      "a verdict in words",
      withResponse({ verdicts: [true, "yes"] }),
      "responses[0].verdicts[1]: Invalid input: expected boolean, received string",
    ],
    [
      "a verdict in numbers",
      withResponse({ verdicts: [1, 0] }),
      "responses[0].verdicts[0]: Invalid input: expected boolean, received number (and 1 more)",
    ],
    ["no responses", changed({ responses: [] }), "responses: a turn needs a response"],
    ["an empty response", withResponse({ text: "" }), "responses[0].text: must not be blank"],
    ["a blank response", withResponse({ text: " \n" }), "responses[0].text: must not be blank"],
    [
      "responses missing",
      { ...withoutParts, responses: undefined, query: "q", profile: "p" },
      "responses: Invalid input: expected array, received undefined",
    ],
    [
      "constraint ids twice",
      changed({ constraints: [row.constraints[0], { id: "c1", text: "x" }] }),
      'constraints[1].id: "c1" is the id of constraints[0] already',
    ],
    [
      "response ids twice",
      changed({ responses: [row.responses[0], { ...row.responses[1], id: "a" }] }),
      'responses[1].id: "a" is the id of responses[0] already',
    ],
    [
      "a response with the id of one without",
      changed({ responses: [{ ...row.responses[0], id: "r2" }, row.responses[1]] }),
      'responses[1].id: "r2" is the id of responses[0] already',
    ],
    [
      "a reverse that is none",
      withConstraint({ reversed: "Use no commas." }),
      "constraints[0].reversed: is the constraint itself",
    ],
    ["a blank constraint", withConstraint({ text: "" }), "constraints[0].text: must not be blank"],
    ["an unknown field", changed({ extra: 1 }), 'row: Unrecognized key: "extra"'],
    ["an unknown field of a response", withResponse({ verdict: [] }), 'responses[0]: Unrecognized key: "verdict"'],
    ["a wrong type", changed({ id: 7 }), "id: Invalid input: expected string, received number"],
    [
      "both forms",
      changed({ messages: [{ role: "user", content: "q" }] }),
      'profile: Unrecognized key: "system" (and 1 more)',
    ],
    ["neither form", withoutParts, "profile: must be a system prompt or {id, system} (and 1 more)"],
    [
      "a wrong role",
      { ...withoutParts, messages: [{ role: "bot", content: "q" }] },
      'messages[0].role: Invalid option: expected one of "system"|"user"|"assistant"',
    ],
    [
      "no query at the end",
      {
        ...withoutParts,
        messages: [
          { role: "user", content: "q" },
          { role: "assistant", content: "a" },
        ],
      },
      "messages[1].role: the last message must be the user's query, not assistant's",
    ],
    ["no messages", { ...withoutParts, messages: [] }, "messages: a turn needs a message"],
  ])("names the field and the reason: %s", (_name, value, expected) => {
    expect(problemOf(value)).toBe(expected);
  });
});

describe("readTurnTable", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "rpo-turn-table-"));
  });
  afterAll(() => rm(dir, { recursive: true }));

  const write = async (name: string, rows: readonly unknown[]): Promise<string> => {
    const path = join(dir, name);
    await writeFile(path, rows.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join("\n"));
    return path;
  };
  const idsOf = async (files: readonly string[], onBad?: (bad: BadRow) => void): Promise<string[]> => {
    const ids: string[] = [];
    for await (const { turn } of readTurnTable(files, onBad)) ids.push(turn.id);
    return ids;
  };

  it("reads several files as one table", async () => {
    const one = await write("one.jsonl", [row, { ...row, id: "2" }]);
    const two = await write("two.jsonl", [{ ...row, id: "3" }]);
    expect(await idsOf([one, two])).toEqual(["soup-1", "2", "3"]);
  });

  it("refuses an id that is used in another file, and says where", async () => {
    const one = await write("three.jsonl", ["", { ...row, id: "3" }]);
    const two = await write("four.jsonl", [row, { ...row, id: "3" }]);
    await expect(idsOf([one, two])).rejects.toThrow(`${two}:2: id: "3" is used at ${one}:2 already`);
  });

  it("hands bad rows over with the line as it was, and goes on", async () => {
    const path = await write("bad.jsonl", [row, "{", { ...row, id: "2", responses: [] }, row, { ...row, id: "3" }]);
    const bad: BadRow[] = [];
    expect(await idsOf([path], (rejected) => bad.push(rejected))).toEqual(["soup-1", "3"]);
    expect(bad.map(({ file, line, field }) => [file, line, field])).toEqual([
      [path, 2, "row"],
      [path, 3, "responses"],
      [path, 4, "id"],
    ]);
    expect(JSON.parse(bad[2]?.raw ?? "")).toEqual(row);
  });

  it("mends lone surrogates and says so", async () => {
    const path = await write("surrogate.jsonl", [{ ...row, query: "Soup\ud83d" }]);
    for await (const { turn, mended } of readTurnTable([path])) {
      expect(turn.messages.at(-1)?.content).toBe("Soup\uFFFD");
      expect(mended).toBe(true);
    }
  });
});
