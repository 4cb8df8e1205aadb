// The tokenizer of the real SmolLM2-135M-Instruct file, read without its weights. It is taken from the cache, or fetched; where
// neither can be, those tests are skipped and the reason is their title's.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddedModel } from "../model/embedded.ts";
import { cachedModel, type PulledModel, pull } from "../model/pull.ts";
import type { Message } from "../profile/message.ts";
import { openTokenizer } from "./open-tokenizer.ts";
import type { ModelTokenizer } from "./tokenizer.ts";

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

const END = 2; // <|im_end|>
const conversation: Message[] = [
  { role: "system", content: "Hi" },
  { role: "user", content: "Hello there" },
];

describe.skipIf(smollm === null)(`SmolLM2-135M${unavailable}`, () => {
  let tokenizer: ModelTokenizer;
  beforeAll(async () => {
    tokenizer = await openTokenizer(smollm!.path, smollm!.settings);
  });
  afterAll(() => tokenizer?.dispose());

  it("gives the ids of a conversation that the model was published with", () => {
    // <|im_start|>system\n Hi <|im_end|>\n <|im_start|>user\n Hello there <|im_end|>\n <|im_start|>assistant\n
    const expected = [1, 9690, 198, 26843, 2, 198, 1, 4093, 198, 19556, 665, 2, 198, 1, 520, 9531, 198];
    expect([...tokenizer.encode(tokenizer.template.render(conversation))]).toEqual(expected);
  });

  it("gives as many tokens as the model counts that answers", async () => {
    const model = embeddedModel({ ...smollm!.settings, contextSize: 256, width: 1, lanes: 1 });
    try {
      const prompt = tokenizer.encode(tokenizer.template.render(conversation));
      expect(prompt).toHaveLength(await model.countPromptTokens(conversation));
    } finally {
      await model.dispose();
    }
  });

  it.each([
    "",
    "plain text",
    "  leading and trailing  \n\n",
    "<|im_start|>user\nHello<|im_end|>\n<|endoftext|>",
    "你好，世界。👩‍👩‍👧 e\u0301 𠮷 \t\r\n",
    "null \u0000 byte",
  ])("comes back from its ids: %j", (text) => {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it("takes a lone surrogate as U+FFFD", () => {
    expect(tokenizer.decode(tokenizer.encode("a\ud83db"))).toBe("a\ufffdb");
  });

  it("ends a turn as the template does; all ids are in the vocabulary", () => {
    expect(tokenizer.endOfTurn).toBe(END);
    expect([...tokenizer.encode("<|im_end|>")]).toEqual([END]);
    expect(tokenizer.vocabularySize).toBe(49_152);
  });

  it("takes another template with its variables", async () => {
    const chatTemplate = "{{ lead }}{% for m in messages %}{{ m.content }}<|endoftext|>{% endfor %}";
    const other = await openTokenizer(smollm!.path, { chatTemplate, templateVariables: { lead: "> " } });
    try {
      expect(other.template.render(conversation)).toBe("> Hi<|endoftext|>Hello there<|endoftext|>");
      expect(other.endOfTurn).toBe(0); // <|endoftext|>
    } finally {
      await other.dispose();
    }
  });
});

describe("a file that is no model", () => {
  it("is refused by its name", async () => {
    const folder = await mkdtemp(join(tmpdir(), "rpo-gguf-tokenizer-"));
    try {
      await writeFile(join(folder, "page.gguf"), "<html>");
      await expect(openTokenizer(join(folder, "page.gguf"))).rejects.toThrow(/page\.gguf: its tokenizer can't be read/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
