import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { complement } from "../../complement.ts";
import type { Requirement } from "../../expression.ts";
import { MEASURES } from "../../measure.ts";
import { parse } from "../../wording/parse.ts";
import { render } from "../../wording/render.ts";
import { PHRASINGS, UNREAD } from "./phrasings.ts";
import { readEnglish } from "./read.ts";

const rows = Object.entries(PHRASINGS).flatMap(([wording, texts]) => texts.map((text) => [text, wording] as const));

function measuresIn(requirement: Requirement): string[] {
  if ("all" in requirement) return requirement.all.flatMap(measuresIn);
  if ("any" in requirement) return requirement.any.flatMap(measuresIn);
  if ("judge" in requirement) return [];
  return "is" in requirement ? measuresIn(requirement.is) : [requirement.measure];
}

describe("English phrasings", () => {
  it("the table is as large as it claims to be, and reaches every measure", () => {
    expect(rows.length).toBeGreaterThanOrEqual(560);
    expect(UNREAD.length).toBeGreaterThanOrEqual(120);
    const reached = new Set(
      Object.keys(PHRASINGS).flatMap((wording) => {
        const constraint = parse(wording, "en")!;
        return [...measuresIn(constraint.must), ...(constraint.when ? measuresIn(constraint.when) : [])];
      }),
    );
    expect(
      MEASURES.filter(({ instructionOnly }) => !instructionOnly)
        .map(({ name }) => name)
        .filter((name) => !reached.has(name)),
    ).toEqual([]);
  });

  it.each(rows)("%s", (text, wording) => {
    const wanted = parse(wording, "en");
    expect(wanted, `not a wording: ${wording}`).not.toBeNull();
    expect(readEnglish(text)?.constraint).toEqual(wanted);
  });

  it.each(UNREAD.map((text) => [text]))("leaves unread: %s", (text) => {
    const read = readEnglish(text);
    expect(read && render(read.constraint, "en")).toBeNull();
  });

  it("what is read is rendered and read back the same, reversed or not", () => {
    for (const [text] of rows) {
      const { constraint } = readEnglish(text)!;
      expect(parse(render(constraint, "en"), "en")).toEqual(constraint);
      const reversed = { ...constraint, must: complement(constraint.must) };
      expect(parse(render(reversed, "en"), "en")).toEqual(reversed);
    }
  });

  it("list markers, politeness and the final stop do not matter", () => {
    for (const [text] of rows) {
      if (/^(?:please|if|when|should|unless|for|whenever)\b/i.test(text)) continue;
      const plain = readEnglish(text)?.constraint;
      for (const dressed of [
        `- ${text}`,
        `3. ${text}`,
        `Please ${text.charAt(0).toLowerCase()}${text.slice(1)}`,
        `  ${text}\n`,
      ])
        expect(readEnglish(dressed)?.constraint, dressed).toEqual(plain);
    }
  });
});

describe("any text at all", () => {
  it("never throws", () => {
    const words = rows.flatMap(([text]) => text.split(" "));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary", maxLength: 200 }),
          fc.array(fc.constantFrom(...words), { maxLength: 25 }).map((list) => list.join(" ")),
        ),
        (text) => {
          const read = readEnglish(text);
          if (read !== null) expect(parse(render(read.constraint, "en"), "en")).toEqual(read.constraint);
        },
      ),
      { numRuns: 1_500 },
    );
  });

  // Three to four times as long as the longest text that is read: what backtracks without bound would outlast the test's limit by far.
  it("comes to an end on texts made to be slow", () => {
    const slow = [
      "a ".repeat(2000),
      "do not use ".repeat(360),
      "use at least ".repeat(304),
      "“a”, ".repeat(800),
      `Include the words ${"“a” and ".repeat(440)}`,
      "the first line of the response ".repeat(128),
      `Use ${"two ".repeat(960)}words`,
      "and, ".repeat(800),
      "If the user's message contains ".repeat(128),
      `If ${"the user ".repeat(400)}, `,
      "every sentence must be ".repeat(172),
      "1,".repeat(1960),
      "(((((".repeat(760),
      "* ".repeat(1960),
      "no commas, ".repeat(360),
      `Write ${"in ".repeat(1280)}`,
      "be ".repeat(1320),
      `Answer ${"only ".repeat(780)}`,
    ];
    for (const text of slow) {
      expect(text.length, text.slice(0, 40)).toBeGreaterThan(3_000);
      expect(readEnglish(text.slice(0, 4_000)), text.slice(0, 40)).toBeNull();
    }
  });
});

describe("the sample profiles", () => {
  const folder = join(import.meta.dirname, "../../../../samples/profiles/en");
  const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

  it("are there", () => {
    expect(existsSync(folder)).toBe(true);
    expect(files.length).toBeGreaterThanOrEqual(30);
  });

  it.each(files)("%s: at least 70 % recognised", (name) => {
    const { constraints } = parseYaml(readFileSync(join(folder, name), "utf8")) as { constraints: { text: string }[] };
    const read = constraints.filter(({ text }) => parse(text, "en") !== null || readEnglish(text) !== null);
    expect(read.length / constraints.length).toBeGreaterThanOrEqual(0.7);
  });
});
