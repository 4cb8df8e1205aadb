// Token rows of data sets, with a tokenizer of one token a character, whose lengths can be counted by hand; at the end with the
// real one of SmolLM2-135M-Instruct, which is skipped where the file is neither cached nor to be had.
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type BadRow, InputError, RowError } from "../dataset/input-error.ts";
import { jsonLine } from "../dataset/jsonl.ts";
import { chatTemplate } from "../model/chat-template.ts";
import { cachedModel, type PulledModel, pull } from "../model/pull.ts";
import type { Message } from "../profile/message.ts";
import { openTokenizer } from "../tokens/open-tokenizer.ts";
import type { ModelTokenizer } from "../tokens/tokenizer.ts";
import { openTokenRows, type TokenRows, type TokenRowsOptions } from "./token-rows.ts";

const END = 0x10ffff;
const END_TEXT = String.fromCodePoint(END);

/** A token is a code point. A message is its role's first letter, its content and "."; the prompt ends in ">". */
const characters: ModelTokenizer = {
  encode: (text) => Int32Array.from([...text].map((character) => character.codePointAt(0)!)),
  decode: (tokens) => String.fromCodePoint(...tokens),
  template: chatTemplate(
    "{% for m in messages %}{% if m.content == 'refuse me' %}{{ raise_exception('no') }}{% endif %}" +
      "{{ m.role[0] }}{{ m.content }}.{% endfor %}{% if add_generation_prompt %}>{% endif %}",
    { bosToken: "", eosToken: END_TEXT },
  ),
  vocabularySize: END + 1,
  endOfTurn: END,
  dispose: async () => {},
};

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-token-rows-"));
});
afterAll(() => rm(folder, { recursive: true }));

const text = (tokens: Int32Array): string => characters.decode(tokens).replaceAll(END_TEXT, "$");
const user = (content: string): Message => ({ role: "user", content });
const pair = (more: object = {}) => {
  return { kind: "preference", prompt: [user("q")], chosen: "good", rejected: "bad", margin: 2, ...more };
};
const single = (more: object = {}) => {
  return { kind: "completion", prompt: [user("q")], completion: "good", desirable: true, ...more };
};

async function write(rows: readonly object[]): Promise<string> {
  return writeText(rows.map(jsonLine).join(""));
}
async function writeText(content: string): Promise<string> {
  files += 1;
  const file = join(folder, `train-${files}.jsonl`);
  await writeFile(file, content);
  return file;
}

/** Rows for one test, by rpo and with room for all where nothing else is said. */
async function openRows(file: string, more: Partial<TokenRowsOptions> = {}): Promise<TokenRows> {
  const rows = await openTokenRows({ file, method: "rpo", tokenizer: characters, maxLength: 1000, ...more });
  onTestFinished(() => rows.close());
  return rows;
}

describe("a token row", () => {
  it("is the prompt as the template writes it, and each completion with the end of its turn", async () => {
    const rows = await openRows(
      await write([pair(), pair({ prompt: [{ role: "system", content: "s" }, user("two")] })]),
    );
    expect(rows.length).toBe(2);
    const row = await rows.get(1);
    expect(row).toMatchObject({ margin: 2, desirable: true });
    expect(row.id).toMatch(/^train-\d+\.jsonl:2$/);
    expect(text(row.prompt)).toBe("ss.utwo.>");
    expect(row.completions.map(text)).toEqual(["good$", "bad$"]);
    expect([...rows.lengths]).toEqual([4 + 5 + 4, 9 + 5 + 4]);
    expect(rows.longest).toBe(18);
    expect(rows.counts).toMatchObject({ read: 2, used: 2, cut: 0, promptTokens: 13, completionTokens: 18 });
  });

  it("has one completion in kto and sft", async () => {
    const file = await write([single(), single({ completion: "no", desirable: false })]);
    const kto = await openRows(file, { method: "kto" });
    expect((await kto.get(1)).completions.map(text)).toEqual(["no$"]);
    expect([(await kto.get(0)).desirable, (await kto.get(1)).desirable]).toEqual([true, false]);
    expect(kto.counts).toMatchObject({ used: 2, desirable: 1 });
    const sft = await openRows(file, { method: "sft" });
    expect(sft.counts).toMatchObject({ used: 1, undesirable: 1 });
  });

  it("ignores the margin in dpo, and counts pairs without one in rpo", async () => {
    const file = await write([pair({ margin: 3 }), pair({ margin: 0 })]);
    expect((await (await openRows(file, { method: "dpo" })).get(0)).margin).toBe(0);
    expect((await openRows(file)).counts).toMatchObject({ used: 2, withoutMargin: 1 });
  });

  it("ends once where the completion brings its end along", async () => {
    const chosen = `good ${END_TEXT}${END_TEXT}\n`;
    const rows = await openRows(await write([pair({ chosen, rejected: `b${END_TEXT}ad` })]));
    expect((await rows.get(0)).completions.map(text)).toEqual(["good $", "b$ad$"]);
  });

  it("has U+FFFD for half of a surrogate pair", async () => {
    const rows = await openRows(await writeText(`${JSON.stringify(pair({ chosen: "a\ud83d" }))}\n`));
    expect(text((await rows.get(0)).completions[0]!)).toBe("a\ufffd$");
  });

  it("is found by its number in any order, past blank lines and rows that were left out", async () => {
    const lines = [pair({ chosen: "0" }), pair({ chosen: " " }), pair({ chosen: "2" }), pair({ chosen: "3" })].map(
      jsonLine,
    );
    const rows = await openRows(await writeText(`\ufeff${lines.join("\r\n\n")}`));
    for (const [i, at] of [2, 0, 1, 0].entries()) {
      const { completions, id } = await rows.get(at);
      expect([i, text(completions[0]!)]).toEqual([i, `${[0, 2, 3][at]}$`]);
      expect(id).toMatch(new RegExp(`:${[1, 7, 10][at]}$`));
    }
    await expect(rows.get(3)).rejects.toThrow(RangeError);
  });

  it("is not read from a file that has changed meanwhile", async () => {
    const file = await write([pair(), pair()]);
    const rows = await openRows(file);
    await writeFile(file, jsonLine(pair({ chosen: "longer than before" })));
    await expect(rows.get(0)).rejects.toThrow(/:1: the file has changed/);
    await expect(rows.get(1)).rejects.toThrow(/:2: the file has changed/);
  });
});

describe("a row that is too long", () => {
  const system: Message = { role: "system", content: "s" };
  const history: Message[] = [
    user("1111"),
    { role: "assistant", content: "2" },
    user("3"),
    { role: "assistant", content: "4" },
  ];

  it.each([
    [29, "ss.u1111.a2.u3.a4.uq.>", 0],
    [22, "ss.u3.a4.uq.>", 1],
    [17, "ss.u3.a4.uq.>", 1],
    [14, "ss.uq.>", 1],
    [11, "ss.uq.>", 1],
  ])("of at most %i tokens loses the oldest turns", async (maxLength, prompt, cut) => {
    const file = await write([pair({ prompt: [system, ...history, user("q")], rejected: "x" })]);
    const rows = await openRows(file, { maxLength: maxLength + 1 });
    expect(text((await rows.get(0)).prompt)).toBe(prompt);
    expect(rows.counts).toMatchObject({ used: 1, cut });
  });

  it("is left out and counted where its query alone does not fit", async () => {
    const refused: BadRow[] = [];
    const file = await write([pair({ prompt: [system, ...history, user("q")] }), pair({ chosen: "g" })]);
    const rows = await openRows(file, { maxLength: 8, onRefused: (row) => refused.push(row) });
    expect(rows.counts).toMatchObject({ read: 2, used: 1, tooLong: 1 });
    const reason = "7 tokens of prompt without its history and 5 of completion exceed 8";
    expect(rows.refused).toEqual([{ line: 1, kind: "tooLong", field: "row", reason }]);
    expect(refused).toMatchObject([{ file, line: 1, reason, raw: expect.stringContaining("preference") }]);
  });

  it("keeps system messages, query and completions whole, fits, and loses no more than it must", async () => {
    const letter = fc.stringMatching(/^[a-z]{0,6}$/);
    const turns = fc.array(fc.tuple(letter, letter), { maxLength: 5 });
    const given = fc.record({
      turns,
      query: letter,
      chosen: fc.stringMatching(/^[a-z]{1,9}$/),
      maxLength: fc.integer({ min: 8, max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ turns, query, chosen, maxLength }) => {
        const past = turns.flatMap(([q, a]): Message[] => [user(q), { role: "assistant", content: a }]);
        const file = await write([pair({ prompt: [system, ...past, user(query)], chosen, rejected: "b" })]);
        const rows = await openTokenRows({ file, method: "rpo", tokenizer: characters, maxLength });
        try {
          const whole = (from: number): string =>
            characters.template.render([system, ...past.slice(2 * from), user(query)]);
          const room = maxLength - chosen.length - 1;
          if (whole(turns.length).length > room) {
            expect(rows.counts).toMatchObject({ used: 0, tooLong: 1 });
            return;
          }
          const row = await rows.get(0);
          const cut = turns.findIndex((_, i) => whole(i).length <= room);
          expect(text(row.prompt)).toBe(whole(cut === -1 ? turns.length : cut));
          expect(row.completions.map(text)).toEqual([`${chosen}$`, "b$"]);
        } finally {
          await rows.close();
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("rows that can't be trained on", () => {
  it.each([
    ["margin", pair({ margin: -1 }), /:2: margin: must be a whole number/],
    ["kind", single(), /:2: kind: the row has one completion/],
    ["conversation", pair({ prompt: [user("refuse me")] }), /:2: prompt: the model's chat template refuses .* no/],
    ["field", pair({ rejected: null }), /:2: rejected: /],
  ])("end the work at the first bad %s, or are skipped and counted", async (_, bad, reason) => {
    const file = await write([pair(), bad, pair()]);
    const refusal = openTokenRows({ file, method: "rpo", tokenizer: characters, maxLength: 100 });
    await expect(refusal).rejects.toThrow(RowError);
    await expect(refusal).rejects.toThrow(reason);
    await expect(refusal).rejects.toThrow(file);
    const rows = await openRows(file, { skipBad: true });
    expect(rows.counts).toMatchObject({ read: 3, used: 2 });
    expect(rows.refused.map(({ line }) => line)).toEqual([2]);
  });

  it("are bad where they are no JSON, such as a margin of NaN, or no UTF-8", async () => {
    const file = await writeText(jsonLine(pair()).replace('"margin":2', '"margin":NaN'));
    await expect(openRows(file)).rejects.toThrow(/:1: row: not JSON/);
    await writeFile(file, Buffer.from([0x22, 0xff, 0x22]));
    await expect(openRows(file)).rejects.toThrow(/:1: row: not valid UTF-8/);
  });

  it.each(["", "  \n", END_TEXT, ` ${END_TEXT}\n`, `${END_TEXT}${END_TEXT}`])(
    "have no text in %j",
    async (rejected) => {
      const rows = await openRows(await write([pair({ rejected }), pair()]));
      expect(rows.counts).toMatchObject({ used: 1, emptyCompletion: 1 });
      expect(rows.refused).toMatchObject([{ line: 1, kind: "emptyCompletion", field: "rejected" }]);
    },
  );

  it("are listed up to a number and counted beyond", async () => {
    const rows = await openRows(await write(Array.from({ length: 150 }, () => pair({ chosen: "" }))));
    expect(rows.counts.emptyCompletion).toBe(150);
    expect(rows.refused).toHaveLength(100);
  });
});

describe("a data set that can't be trained on", () => {
  it("is one without a file, or with something else in its place", async () => {
    await expect(openRows(join(folder, "absent", "train.jsonl"))).rejects.toThrow(
      `${join(folder, "absent")} has no train.jsonl: make a data set there with \`rpo pairs\``,
    );
    await expect(openRows(folder)).rejects.toThrow(/is no file/);
  });

  it("is one with fewer rows than asked for, which is told with the first reason", async () => {
    const empty = await writeText("\n");
    expect((await openRows(empty)).length).toBe(0);
    await expect(openRows(empty, { fewest: 1 })).rejects.toThrow(`${empty}: has no rows`);
    const file = await write([pair({ chosen: "" }), pair()]);
    const refusal = openRows(file, { fewest: 2 });
    await expect(refusal).rejects.toThrow(InputError);
    await expect(refusal).rejects.toThrow(
      `${file}: 1 of 2 rows can be trained on by rpo, which needs at least 2; ` +
        "the first left out: line 1: chosen: holds no text to train on",
    );
  });
});

describe("the hashes", () => {
  it("are of the file, and of the token rows wherever and however they stand in it", async () => {
    const content = jsonLine(pair());
    const rows = await openRows(await writeText(content));
    expect(rows.fileSha256).toBe(createHash("sha256").update(content).digest("hex"));
    const same = await openRows(await writeText(`\n\n${content.replaceAll(",", ", ")}`));
    expect(same.sha256).toBe(rows.sha256);
    expect(same.fileSha256).not.toBe(rows.fileSha256);
  });

  it("differ with tokens, margin, method, and the cut", async () => {
    const prompt = [user("1"), { role: "assistant", content: "2" }, user("q")];
    const file = await write([pair({ prompt })]);
    const all = [
      await openRows(file),
      await openRows(file, { method: "dpo" }),
      await openRows(file, { method: "sft" }),
      await openRows(file, { maxLength: 12 }),
      await openRows(await write([pair({ prompt, margin: 3 })])),
      await openRows(await write([pair({ prompt, chosen: "goo", rejected: "dbad" })])),
      await openRows(await write([pair({ prompt }), pair({ prompt })])),
    ];
    expect(new Set(all.map(({ sha256 }) => sha256)).size).toBe(all.length);
  });
});

describe("a long file", () => {
  it("is told about as it is read, and left when asked", async () => {
    const file = await write(Array.from({ length: 3000 }, (_, i) => pair({ chosen: `${i} ${"x".repeat(200)}` })));
    const told: [number, number][] = [];
    const rows = await openRows(file, { onProgress: (done, share) => told.push([done, share]) });
    expect(told.length).toBeGreaterThan(2);
    expect(told).toEqual(told.toSorted((a, b) => a[0] - b[0]));
    expect(told.at(-1)).toEqual([3000, 1]);
    expect(text((await rows.get(2999)).completions[0]!)).toMatch(/^2999 x+\$$/);

    const stop = new AbortController();
    const stopped = openRows(file, { signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) });
    await expect(stopped).rejects.toThrow("enough");
  });
});

let unavailable = "";
const smollm = await available("smollm2-135m");

async function available(name: string): Promise<PulledModel | null> {
  try {
    return (await cachedModel(name)) ?? (await pull(name));
  } catch (error) {
    unavailable = ` (skipped: ${(error as Error).message.replaceAll("\n", " ")})`;
    return null;
  }
}

describe.skipIf(smollm === null)(`with SmolLM2-135M${unavailable}`, () => {
  it("a row is what the model is asked and what it is to answer", async () => {
    const tokenizer = await openTokenizer(smollm!.path, smollm!.settings);
    onTestFinished(() => tokenizer.dispose());
    const prompt = [{ role: "system", content: "Be brief." }, user("Hello there")];
    const file = await write([pair({ prompt, chosen: "Hi!", rejected: "你好 <|im_end|>\n" })]);
    const rows = await openRows(file, { tokenizer });
    const row = await rows.get(0);
    expect(tokenizer.decode(row.prompt)).toBe(
      "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello there<|im_end|>\n<|im_start|>assistant\n",
    );
    expect(row.completions.map((tokens) => tokenizer.decode(tokens))).toEqual(["Hi!<|im_end|>", "你好 <|im_end|>"]);
    expect(row.completions.map((tokens) => tokens.at(-1))).toEqual([2, 2]);
  });
});
