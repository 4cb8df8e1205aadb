// The imports on small files like the published ones; then what malformed files get. The published ones themselves:
// published-corpora.test.ts.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BadRow, refuseBadRow } from "../../dataset/input-error.ts";
import { jsonLine } from "../../dataset/jsonl.ts";
import { collected } from "./collected.ts";
import { entryIds } from "./entry-ids.ts";
import { htmlText } from "./html-text.ts";
import { importBlackFriday, readBlackFriday } from "./import-blackfriday.ts";
import { importFabric } from "./import-fabric.ts";
import { importGptStore } from "./import-gptstore.ts";
import { importIfeval } from "./import-ifeval.ts";
import { importJsonl } from "./import-jsonl.ts";
import { importLobe } from "./import-lobe.ts";
import { inspirationSchema, readInspirations } from "./inspiration.ts";
import { inspirationRecord, listedRecordText, recordText } from "./inspiration-record.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rpo-import-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const gpt = (
  name: string,
  prompt: string,
  rest = "\n## Welcome Message\nHi!\n\n## Conversation\n\n**USER**: so",
): string =>
  `\n\n# ${name} | [Start Chat](https://example.org/x#y)\nKnows tea.\n\n# Prompt\n\n\`\`\`\n${prompt}\n\`\`\`\n${rest}\n`;

describe("importBlackFriday", () => {
  it("numbers the files in byte order and takes categories from the index files", async () => {
    file("gpts/b.md", gpt("Bee", "You keep bees."));
    file("gpts/Z.md", gpt("Zoe | the first", "You are Zoe and you answer in English."));
    file("2024-May-Update.md", "- [Bee](./gpts/b.md) about\n- [Zoe](./gpts/Z.md) about\n");
    file("Academic.md", "## Nature\n- [Bee](./gpts/b.md) about\n");
    file("README.md", "- [Zoe](./gpts/Z.md) about\n");
    const found = await collected(importBlackFriday(folder, refuseBadRow));
    for (const inspiration of found) expect(inspirationSchema.parse(inspiration)).toEqual(inspiration);
    expect(found.map(({ id, meta, category }) => [id, meta.file, category])).toEqual([
      ["frgpts_0", "gpts/Z.md", "2024-May-Update"],
      ["frgpts_1", "gpts/b.md", "Academic"],
    ]);
    expect(found[0]).toMatchObject({
      name: " Zoe ",
      description:
        "# Description\n\nKnows tea.\n\n# Prompt\n\nYou are Zoe and you answer in English.\n\n## Welcome Message\nHi!\n\n",
      corpus: `Name:  Zoe \nDescription: ${found[0]?.description}`,
      systemPrompt: "You are Zoe and you answer in English.",
      language: "en",
      constraints: [],
    });
  });

  it("cuts the description at the heading of the conversation, not at one that begins like it", () => {
    const text = gpt("X", "a\n## Conversation Flow\nb").replace("\nKnows tea.", "\n\n\nKnows tea.");
    expect(readBlackFriday(text)).toMatchObject({
      description:
        "# Description\n\nKnows tea.\n\n# Prompt\n\na\n## Conversation Flow\nb\n\n## Welcome Message\nHi!\n\n",
      about: "Knows tea.",
    });
  });

  it.each([
    [
      "a fence and a heading inside the prompt",
      "a\n```js\nb\n```\n\n## Conversation rules\nc",
      "\n## Welcome Message\nHi",
    ],
    ["no welcome", "a\n## Welcome Message\nb", "\n## Conversation\n\n**USER**: x"],
    ["nothing after it", "a\nb", "\n\n\n"],
  ])("finds the prompt with %s", (_, prompt, rest) => {
    expect(readBlackFriday(gpt("X", prompt, rest))).toMatchObject({ prompt });
  });

  it("finds an empty prompt, and one whose fence is closed late", () => {
    expect(readBlackFriday(gpt("X", "a").replace("a\n```", "```"))).toMatchObject({ prompt: "" });
    expect(readBlackFriday(gpt("X", "a", "\n\n\n## Welcome Message\nHi"))).toMatchObject({ prompt: "a" });
  });

  it("hands over files without heading or prompt, which keep their number", async () => {
    file("gpts/a.md", "no heading");
    file("gpts/b.md", "# Bee | x\nno prompt");
    file("gpts/c.md", gpt("Sea", "You sail."));
    const bad: BadRow[] = [];
    const found = await collected(importBlackFriday(folder, (row) => bad.push(row)));
    expect(found.map(({ id }) => id)).toEqual(["frgpts_2"]);
    expect(bad.map(({ file: name, reason }) => [name.slice(folder.length), reason])).toEqual([
      [":gpts/a.md", "no heading (# NAME | …)"],
      [":gpts/b.md", "no prompt (# Prompt and a fence)"],
    ]);
    await expect(collected(importBlackFriday(folder, refuseBadRow))).rejects.toThrow(/gpts\/a\.md:1: file: no heading/);
  });

  it("says that a folder is another corpus", async () => {
    file("x.txt", "x");
    await expect(collected(importBlackFriday(folder, refuseBadRow))).rejects.toThrow(/no gpts\/\*\.md in it/);
    await expect(collected(importLobe(folder, refuseBadRow))).rejects.toThrow(/no src\/\*\.json in it/);
    await expect(collected(importFabric(folder, refuseBadRow))).rejects.toThrow(/no NAME\/system\.md in it/);
  });
});

describe("SysBank's record of an inspiration", () => {
  it("is JSON with an indent of four, alone and in a list, line separators in its text untouched", () => {
    const record = inspirationRecord({
      id: "x_1",
      source: "x",
      name: " N ",
      description: "a\u2028b\nü",
      corpus: "c",
      language: "en",
      constraints: [],
      meta: {},
    });
    const list = [record, record];
    expect(recordText(record)).toBe(
      '{\n    "inspired_corpus": "c",\n    "name": " N ",\n    "desription": "a\u2028b\\nü",\n    "gptId": "x_1"\n}',
    );
    expect(`[\n${list.map(listedRecordText).join(",\n")}\n]`).toBe(JSON.stringify(list, null, 4));
  });
});

describe("importGptStore", () => {
  it("cleans descriptions and joins the chats by id", async () => {
    const list = file(
      "list.csv",
      'A banner\r\n""\r\ngpt_id,name,description\r\na1,Tom &amp; Co,"Helps &#39;you&#39; <b>sell</b>. ChatGPT Sign up Sign up"\r\nb2,Tea,Knows tea. Sign up to<b> chat.</b> Requires ChatGPT Plus.\r\n../c,Bad,x\r\n',
    );
    const stats = file("stats.csv", "ID,Title,Chats\na1,Tom,100.0\nzz,None,\nb2,Tea,\n");
    const bad: BadRow[] = [];
    const found = await collected(importGptStore([list], stats, (row) => bad.push(row)));
    for (const inspiration of found) expect(inspirationSchema.parse(inspiration)).toEqual(inspiration);
    expect(found.map(({ id, name, description, usage }) => ({ id, name, description, usage }))).toEqual([
      { id: "gptstore_a1", name: "Tom & Co", description: "Helps 'you' sell.", usage: { chats: 100 } },
      { id: "gptstore_b2", name: "Tea", description: "Knows tea.", usage: undefined },
    ]);
    expect(bad.map(({ line, field }) => [line, field])).toEqual([[6, "gpt_id"]]);
    await expect(collected(importGptStore([list], list, refuseBadRow))).rejects.toThrow(/no header with ID, Chats/);
  });

  it("resolves entities once", () => {
    expect(htmlText("&amp;lt; &#x41;&#65; &bogus; &#0; &#99999999;")).toBe("&lt; AA &bogus; &#0; &#99999999;");
  });
});

describe("importLobe and importFabric", () => {
  it("take the rules of the prompts over as constraints", async () => {
    const agent = {
      author: "someone",
      config: { systemRole: "你是茶师。\n## 规则\n- 不得使用表情符号。\n- 回复不超过50字。" },
      meta: { title: "茶师", description: "懂茶", tags: ["茶"], category: "life" },
    };
    file("src/tea.zh-CN.json", `\uFEFF${JSON.stringify(agent)}`);
    file("src/bad.json", JSON.stringify({ ...agent, config: {} }));
    file("src/broken.json", "{");
    file(
      "patterns/sum_up/system.md",
      "# IDENTITY\n\nYou sum up\ntexts.\n\n# OUTPUT INSTRUCTIONS\n\n- Only output Markdown.\n",
    );
    file("patterns/empty/system.md", " \n");
    const bad: BadRow[] = [];
    const lobe = await collected(importLobe(folder, (row) => bad.push(row)));
    const fabric = await collected(importFabric(folder, (row) => bad.push(row)));
    for (const inspiration of [...lobe, ...fabric]) expect(inspirationSchema.parse(inspiration)).toEqual(inspiration);
    expect(lobe).toMatchObject([
      {
        id: "lobe_tea-zh-CN",
        name: "茶师",
        description: "懂茶",
        language: "zh",
        category: "life",
        constraints: ["不得使用表情符号。", "回复不超过50字。"],
        meta: { file: "tea.zh-CN.json", author: "someone", tags: ["茶"] },
      },
    ]);
    expect(fabric).toMatchObject([
      { id: "fabric_sum_up", name: "sum up", description: "You sum up texts.", constraints: ["Only output Markdown."] },
    ]);
    expect(bad.map(({ field, file: name }) => [name.split("/").at(-1), field])).toEqual([
      ["bad.json", "config.systemRole"],
      ["broken.json", "file"],
      ["system.md", "file"],
    ]);
  });

  it("make ids of names that are no ids", () => {
    const idOf = entryIds("lobe");
    expect(["../../etc/passwd", "a b", "a-b", "日本", "x".repeat(200)].map(idOf)).toEqual([
      "lobe_etc-passwd",
      "lobe_a-b",
      "lobe_a-b-2",
      "lobe_entry",
      `lobe_${"x".repeat(60)}`,
    ]);
  });
});

describe("importIfeval", () => {
  it("takes each instruction over, in the words of the algebra", async () => {
    const row = {
      key: 7,
      instruction_id_list: ["length_constraints:number_words", "detectable_format:title"],
      kwargs: [{ num_words: 300, relation: "at least" }, {}],
      messages: [
        { role: "system", content: "Use no commas. Write at least 300 words." },
        { role: "user", content: "Write about tea." },
      ],
    };
    const path = file(
      "ifeval.jsonl",
      jsonLine(row) + jsonLine({ ...row, messages: [] }) + jsonLine({ ...row, kwargs: [{ relation: "at least" }, {}] }),
    );
    const bad: BadRow[] = [];
    const found = await collected(importIfeval([path], (one) => bad.push(one)));
    expect(found).toMatchObject([
      {
        id: "ifeval_7",
        description: "Write about tea.",
        systemPrompt: "Use no commas. Write at least 300 words.",
        constraints: ["The response must contain at least 300 words.", "The response must contain a title in << >>."],
        meta: { key: 7, instruction_id_list: ["length_constraints:number_words", "detectable_format:title"] },
      },
    ]);
    expect(inspirationSchema.parse(found[0])).toEqual(found[0]);
    expect(bad.map(({ line, field }) => [line, field])).toEqual([
      [2, "messages"],
      [3, "kwargs.0.num_words"],
    ]);
  });
});

describe("importJsonl", () => {
  it("reads our records, SysBank's, and rows with a prompt; refuses others", async () => {
    const ours = {
      id: "a_1",
      source: "a",
      name: "",
      description: "",
      corpus: "text",
      language: "en",
      constraints: [],
      meta: { any: ["thing"] },
    };
    const published = {
      inspired_corpus: "Name: T",
      source: "frgpts",
      name: " T ",
      desription: "You know tea.",
      gptId: "frgpts_5",
    };
    const rows = [
      ours,
      published,
      { id: "tea/1", system_prompt: "You know tea.\n# Rules\n- Use no commas.", category: "life" },
      { description: "懂茶的人" },
      { name: "nothing" },
      "text",
    ];
    const path = file("own.jsonl", rows.map(jsonLine).join(""));
    const bad: BadRow[] = [];
    const found = await collected(importJsonl([path], "mine", (row) => bad.push(row)));
    for (const inspiration of found) expect(inspirationSchema.parse(inspiration)).toEqual(inspiration);
    expect(found[0]).toEqual(ours);
    expect(found[1]).toMatchObject({ id: "frgpts_5", name: " T ", corpus: "Name: T", language: "en" });
    expect(found[2]).toMatchObject({ source: "mine", category: "life", constraints: ["Use no commas."] });
    expect(found[2]?.id).toMatch(/^mine_tea-1-[0-9a-f]{8}$/);
    expect(found[3]).toMatchObject({ id: "mine_4", language: "zh", constraints: [] });
    expect(bad.map(({ line }) => line)).toEqual([5, 6]);
    expect(bad[0]?.reason).toMatch(/needs a description or a prompt/);
  });
});

describe("readInspirations", () => {
  it("refuses unknown fields and ids used twice, naming both places", async () => {
    const row = {
      id: "a_1",
      source: "a",
      name: "",
      description: "",
      corpus: "text",
      language: "en",
      constraints: [],
      meta: {},
    };
    const path = file(
      "in.jsonl",
      jsonLine(row) + jsonLine({ ...row, id: "a/2" }) + jsonLine(row) + jsonLine({ ...row, id: "a_3", x: 1 }),
    );
    const bad: BadRow[] = [];
    const found = await collected(readInspirations([path], (one) => bad.push(one)));
    expect(found.map(({ inspiration, line }) => [inspiration.id, line])).toEqual([["a_1", 1]]);
    expect(bad.map(({ line, field }) => [line, field])).toEqual([
      [2, "id"],
      [3, "id"],
      [4, "row"],
    ]);
    expect(bad[1]?.reason).toContain("in.jsonl:1 already");
  });
});
