import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BadRow, refuseBadRow } from "../../dataset/input-error.ts";
import { jsonLine } from "../../dataset/jsonl.ts";
import { collected } from "./collected.ts";
import { type PersonaCount, personaOf, personaSchema, personaText, readPersonas, samplePersonas } from "./personas.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rpo-personas-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const noCount = (): PersonaCount => ({ read: 0, repeated: 0 });

describe("readPersonas", () => {
  it("takes both users of a conversation, a statement a line, each persona once", async () => {
    const header = "user 1 personas,user 2 personas,Best Generated Conversation";
    const csv = file(
      "chat.csv",
      `${header}\r\n"I bake.\r\n I sing. ","I fly.\nI swim.","User 1: Hi\nUser 2: Hi"\r\n"I fly.\nI swim.",,x\r\n`,
    );
    const count = noCount();
    const found = await collected(readPersonas([csv, csv], count, refuseBadRow));
    expect(found.map(({ lines }) => lines)).toEqual([
      ["I bake.", "I sing."],
      ["I fly.", "I swim."],
    ]);
    expect(count).toEqual({ read: 6, repeated: 4 });
    for (const persona of found) expect(personaSchema.parse(persona)).toEqual(persona);
    expect(personaText(found[0]!)).toBe("I bake. I sing.");
  });

  it("takes a line of text for a persona, in any language", async () => {
    const text = file(
      "own.txt",
      "\uFEFF# ours\nA baker who hums.\n\n退休的船厂焊工，爱修收音机。\r\nA baker  who hums. \n",
    );
    const found = await collected(readPersonas([text], noCount(), refuseBadRow));
    expect(found.map(({ lines, language }) => [language, lines])).toEqual([
      ["en", ["A baker who hums."]],
      ["zh", ["退休的船厂焊工，爱修收音机。"]],
    ]);
  });

  it("hands over bad lines and rows and goes on", async () => {
    const bad: BadRow[] = [];
    const text = file(
      "own.txt",
      Buffer.concat([Buffer.from([0xff, 0x0a]), Buffer.from(`${"x".repeat(2000)}\nA baker.\n`)]),
    );
    const csv = file("chat.csv", "user 1 personas,user 2 personas\nA cook.\nA sailor.,A smith.\n");
    const found = await collected(readPersonas([text, csv], noCount(), (row) => bad.push(row)));
    expect(found.flatMap(({ lines }) => lines)).toEqual(["A baker.", "A sailor.", "A smith."]);
    expect(bad.map(({ line, reason }) => [line, reason.slice(0, 20)])).toEqual([
      [1, "not valid UTF-8"],
      [2, "longer than 1000 cha"],
      [2, "1 fields where the h"],
    ]);
  });

  it("knows a persona again by its id, whatever file it stands in", () => {
    expect(personaOf("I bake.\nI sing.")?.id).toBe(personaOf(" I  bake.\r\n\r\nI sing.")?.id);
    expect(personaOf("I bake. I sing.")?.id).not.toBe(personaOf("I bake.\nI sing.")?.id);
    expect(personaOf(" \n")).toBeNull();
  });
});

describe("readPersonas of what was written", () => {
  it("gives it back, each id once, and refuses other rows", async () => {
    const persona = personaOf("A baker who hums.")!;
    const path = file("p.jsonl", jsonLine(persona) + jsonLine({ ...persona, lines: [] }) + jsonLine(persona));
    const bad: BadRow[] = [];
    const count = noCount();
    expect(await collected(readPersonas([path], count, (row) => bad.push(row)))).toEqual([persona]);
    expect(count).toEqual({ read: 2, repeated: 1 });
    expect(bad.map(({ line, field }) => [line, field])).toEqual([[2, "lines"]]);
  });
});

describe("the project's own personas", () => {
  it.each(["en", "zh"] as const)("are at least 24 different lines in %s", async (language) => {
    const found = await samplePersonas(language);
    expect(found.length).toBeGreaterThanOrEqual(24);
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
    // What is taken for known is what a reader of the texts would tell.
    for (const persona of found) expect(personaOf(persona.lines.join("\n"))).toEqual(persona);
  });
});

const shared = process.env.RPO_SHARED ?? fileURLToPath(new URL("../../../../shared", import.meta.url));
const chats = ["valid", "test"].map((part) => join(shared, `data/corpora/synthetic-persona-chat-${part}.csv.gz`));
const there = chats.every((path) => existsSync(path));
if (!there) console.warn(`no Synthetic-Persona-Chat in ${shared}: only small files like it are read here`);

describe.skipIf(!there)("Synthetic-Persona-Chat", () => {
  it("has 3,773 distinct personas (spec/corpora.md)", { timeout: 60_000 }, async () => {
    const count = noCount();
    const found = await collected(readPersonas(chats, count, refuseBadRow));
    expect(found.length).toBe(3773);
    expect(count).toEqual({ read: 3936, repeated: 163 });
  });
});
