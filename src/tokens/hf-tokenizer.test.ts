// Tokenizers of the kinds that the known families have, small ones made on the spot, against transformers' own reading of the
// same folders.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Message } from "../profile/message.ts";
import { openTokenizer } from "./open-tokenizer.ts";

const SCRIPT = fileURLToPath(new URL("../../test/python/tokenizer_folders.py", import.meta.url));
/** Made by `npm test`. */
const { venvPython } = (await import(new URL("../../setup/python.mjs", import.meta.url).href)) as {
  venvPython: string;
};

const KINDS = { qwen: "<|im_end|>", smollm: "<|im_end|>", llama3: "<|eot_id|>", gemma: "<end_of_turn>" } as const;
type Kind = keyof typeof KINDS;
const kinds = Object.entries(KINDS) as [Kind, string][];

const CORPUS = [
  "The quick brown fox jumps over the lazy dog, and the dog sleeps on; we'll see what they've done.",
  'Answer in at most 150 words, in three paragraphs, and never use the word "very".\n\nThank you!',
  "请用不超过一百五十个字回答，并以“祝好”结尾。请用不超过一百五十个字回答。",
  "  indented\n    more indented\n\n\nand 1234567890 digits, 2025-01-01.",
];
const TEXTS = [
  ...CORPUS,
  "",
  " ",
  "x",
  " leading and trailing  ",
  "line\r\nline\ttab\n\n\n  \n end",
  "family 👩‍👩‍👧, flag 🇨🇳, beyond the BMP 𝕏 𠮷",
  "e\u0301 decomposed, é composed, ﬁ ligature, ½",
  "null \u0000 byte, bom \ufeff inside, separator \u2028 next \u0085",
  "It's I'LL they've 12345 3.14159 $%^&*()",
  "<|im_start|>user\nHi<|im_end|><|eot_id|> <start_of_turn><end_of_turn>\n<bos>",
  "<think>\n\n</think>\n\nbefore<think>after",
  "<|im_sta", // a control text that is cut off is none
  "word".repeat(300),
  "▁ a lower block, <0x0A> a byte's name",
];
const CONVERSATIONS: Message[][] = [
  [{ role: "user", content: "Hi" }],
  [
    { role: "system", content: "You are a baker. Answer in one short sentence." },
    { role: "user", content: "What should I put on fresh bread?" },
    { role: "assistant", content: "Butter, 12 g. 👍🏽" },
    { role: "user", content: "那么蛋糕呢？" },
  ],
];

interface Answer {
  readonly ids: readonly number[][];
  readonly decoded: readonly string[];
  readonly prompts: readonly (readonly [text: string, ids: number[]])[];
  readonly size: number;
}

let folder: string;
let answers: Record<Kind, Answer>;

beforeAll(async () => {
  if (!existsSync(venvPython)) throw new Error("there is no .venv: `npm test` makes it");
  folder = await mkdtemp(join(tmpdir(), "rpo-tokenizers-"));
  const input = JSON.stringify({ folder, corpus: CORPUS, texts: TEXTS, conversations: CONVERSATIONS });
  answers = JSON.parse(execFileSync(venvPython, [SCRIPT], { input, encoding: "utf8" }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(kinds)("a tokenizer as %s has", (kind, end) => {
  it("gives transformers' ids, control texts included, and adds nothing", async () => {
    const tokenizer = await openTokenizer(join(folder, kind));
    for (const [i, text] of TEXTS.entries())
      expect([text, [...tokenizer.encode(text)]]).toEqual([text, answers[kind].ids[i]]);
  });

  it("gives transformers' text of the ids", async () => {
    const tokenizer = await openTokenizer(join(folder, kind));
    // From single bytes, as Gemma's characters outside the vocabulary, the library leaves out byte order marks.
    const seen = (text: string): string => (kind === "gemma" ? text.replaceAll("\ufeff", "") : text);
    const decoded = answers[kind].ids.map((ids) => tokenizer.decode(Int32Array.from(ids)));
    expect(decoded).toEqual(answers[kind].decoded.map(seen));
  });

  it("writes conversations as transformers does", async () => {
    const tokenizer = await openTokenizer(join(folder, kind));
    for (const [i, messages] of CONVERSATIONS.entries()) {
      const text = tokenizer.template.render(messages);
      expect([text, [...tokenizer.encode(text)]]).toEqual(answers[kind].prompts[i]);
    }
  });

  it("knows its size, and the token that ends a turn", async () => {
    const tokenizer = await openTokenizer(join(folder, kind));
    expect(tokenizer.vocabularySize).toBe(answers[kind].size);
    expect([...tokenizer.encode(end)]).toEqual([tokenizer.endOfTurn]);
  });
});

describe("the folder", () => {
  const changed = async (name: string, change: (config: Record<string, unknown>) => void): Promise<string> => {
    const copy = join(folder, name);
    await cp(join(folder, "smollm"), copy, { recursive: true });
    await rm(join(copy, "chat_template.jinja"), { force: true });
    const path = join(copy, "tokenizer_config.json");
    const config = JSON.parse(await readFile(path, "utf8"));
    change(config);
    await writeFile(path, JSON.stringify(config));
    return copy;
  };

  it("may hold the template in its config, alone or as the default of several; the file comes first", async () => {
    const user: Message[] = [{ role: "user", content: "u" }];
    const single = await changed("single", (config) => (config.chat_template = "one {{ messages[0].content }}"));
    expect((await openTokenizer(single)).template.render(user)).toBe("one u");
    const several = await changed("several", (config) => {
      config.chat_template = [
        { name: "tool_use", template: "no" },
        { name: "default", template: "{{ eos_token }} {{ lead }} {{ messages[0].content }}" },
      ];
    });
    const opened = await openTokenizer(several, { templateVariables: { lead: "of several" } });
    expect(opened.template.render(user)).toBe("<|im_end|> of several u");
    await writeFile(join(several, "chat_template.jinja"), "file {{ messages[0].content }}");
    expect((await openTokenizer(several)).template.render(user)).toBe("file u");
    const given = await openTokenizer(several, { chatTemplate: "given {{ messages[0].content }}" });
    expect(given.template.render(user)).toBe("given u");
  });

  it("may name special tokens by objects", async () => {
    const path = await changed("objects", (config) => {
      config.eos_token = { content: "<|endoftext|>", lstrip: false, special: true };
      config.chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}";
    });
    const tokenizer = await openTokenizer(path);
    expect([...tokenizer.encode("<|endoftext|>")]).toEqual([tokenizer.endOfTurn]);
  });

  it("is refused where something is missing or damaged", async () => {
    const bare = await changed("bare", (config) => delete config.chat_template);
    await expect(openTokenizer(bare)).rejects.toThrow(/carries no chat template/);
    const endless = await changed("endless", (config) => {
      config.eos_token = null;
      config.chat_template = "{{ messages[0].content }}";
    });
    await expect(openTokenizer(endless)).rejects.toThrow(/names no token that ends a turn/);
    const empty = join(folder, "empty");
    await mkdir(empty);
    await expect(openTokenizer(empty)).rejects.toThrow(/has no tokenizer\.json/);
    await writeFile(join(bare, "tokenizer.json"), "{");
    await expect(openTokenizer(bare)).rejects.toThrow(/tokenizer\.json: not JSON/);
    await writeFile(join(bare, "tokenizer.json"), '{"model": null}');
    await expect(openTokenizer(bare)).rejects.toThrow(/tokenizer\.json: model/);
    await writeFile(join(bare, "tokenizer.json"), '{"model": {"type": "none"}}');
    await expect(openTokenizer(bare)).rejects.toThrow(/tokenizer\.json: can't be read/);
    await expect(openTokenizer(join(folder, "absent"))).rejects.toThrow(/no such file or folder/);
  });
});
