// The embedded model, with the real SmolLM2-135M-Instruct (98 MB). It is taken from the cache, or fetched; where neither can
// be, these tests are skipped and the reason is their title's. Those with Gemma 3 270M (253 MB) run where it is cached.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JinjaTemplateChatWrapper, readGgufFileInfo } from "node-llama-cpp";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import type { Message } from "../profile/message.ts";
import {
  batches,
  type EmbeddedModel,
  type EmbeddedModelOptions,
  embeddedModel,
  PromptTooLongError,
} from "./embedded.ts";
import type { Choice, GenerateRequest } from "./model.ts";
import { ModelFailure } from "./model-failure.ts";
import { cachedModel, type PulledModel, pull } from "./pull.ts";
import { sampleSeed } from "./sample-seed.ts";
import { askTyped } from "./typed-answer.ts";

describe("batches", () => {
  it.each([
    [1, 8, [1]],
    [8, 8, [8]],
    [9, 8, [5, 4]],
    [10, 4, [3, 4, 3]],
    [3, 1, [1, 1, 1]],
  ])("cuts %d samples at a width of %d evenly", (count, width, sizes) => {
    const samples = Array.from({ length: count }, (_, i) => i);
    const cut = batches(samples, width);
    expect(cut.map(({ length }) => length)).toEqual(sizes);
    expect(cut.flat()).toEqual(samples);
  });
});

describe("embeddedModel without a model", () => {
  it("refuses options that are wrong before it loads anything", () => {
    expect(() => embeddedModel({ path: "x.gguf", width: 0 })).toThrow(/width/);
    expect(() => embeddedModel({ path: "" })).toThrow(/path/);
  });

  it("names the file that can't be loaded, and why", async () => {
    const folder = await mkdtemp(join(tmpdir(), "rpo-embedded-"));
    try {
      const absent = embeddedModel({ path: join(folder, "absent.gguf") });
      await expect(absent.load()).rejects.toThrow(/^model absent \(.*absent\.gguf\) can't be loaded: ENOENT/);
      await writeFile(join(folder, "page.gguf"), "<html>");
      await expect(embeddedModel({ path: join(folder, "page.gguf") }).load()).rejects.toThrow(
        /can't be loaded: .*GGUF/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

let unavailable = "";
const smollm = await available("smollm2-135m");
const gemma = await cachedModel("gemma3-270m");

async function available(name: string): Promise<PulledModel | null> {
  try {
    return (await cachedModel(name)) ?? (await pull(name));
  } catch (error) {
    unavailable = ` (skipped: ${(error as Error).message.replaceAll("\n", " ")})`;
    return null;
  }
}

/** A model with a small context: these tests need little, and memory is made for all of it. */
function small(pulled: PulledModel, more: Partial<EmbeddedModelOptions> = {}): EmbeddedModel {
  return embeddedModel({ ...pulled.settings, contextSize: 512, width: 4, ...more });
}

/** Such a model for one test. */
function open(pulled: PulledModel | null, more: Partial<EmbeddedModelOptions> = {}): EmbeddedModel {
  const model = small(pulled!, more);
  onTestFinished(() => model.dispose());
  return model;
}

const question: Message[] = [
  { role: "system", content: "You are a baker. Answer in one short sentence." },
  { role: "user", content: "What should I put on fresh bread?" },
];
const request: GenerateRequest = { messages: question, n: 3, seed: 11, maxTokens: 12, temperature: 0.9, topK: 50 };
const texts = ({ choices }: { choices: readonly Choice[] }): string[] => choices.map(({ text }) => text);

describe.skipIf(smollm === null)(`SmolLM2-135M${unavailable}`, () => {
  const model = smollm === null ? null! : small(smollm);
  afterAll(() => model?.dispose());

  it("writes the prompt as the file's template does, the default system message included", async () => {
    expect(await model.renderPrompt([{ role: "user", content: "Hi" }])).toBe(
      "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n" +
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
    );
    const turns: Message[] = [
      ...question,
      { role: "assistant", content: "Butter." },
      { role: "user", content: " And\n?" },
    ];
    expect(await model.renderPrompt(turns)).toBe(
      "<|im_start|>system\nYou are a baker. Answer in one short sentence.<|im_end|>\n" +
        "<|im_start|>user\nWhat should I put on fresh bread?<|im_end|>\n<|im_start|>assistant\nButter.<|im_end|>\n" +
        "<|im_start|>user\n And\n?<|im_end|>\n<|im_start|>assistant\n",
    );
  });

  it("writes it as node-llama-cpp's own chat wrapper does", async () => {
    const { metadata } = await readGgufFileInfo(smollm!.path);
    const wrapper = new JinjaTemplateChatWrapper({ template: metadata.tokenizer!.chat_template! });
    const { contextText } = wrapper.generateContextState({
      chatHistory: [
        { type: "system", text: question[0]!.content },
        { type: "user", text: question[1]!.content },
        { type: "model", response: ["Butter."] },
        { type: "user", text: "你好" },
        { type: "model", response: [] },
      ],
    });
    const theirs = contextText.values.map((value) => (typeof value === "string" ? value : value.value)).join("");
    const turns: Message[] = [
      ...question,
      { role: "assistant", content: "Butter." },
      { role: "user", content: "你好" },
    ];
    expect(await model.renderPrompt(turns)).toBe(theirs);
  });

  it("gives the same text for the same request, alone or beside others, on any number of lanes and threads", async () => {
    const alone = await model.generate(request);
    const others = Array.from({ length: 3 }, (_, i) => model.generate({ ...request, seed: i, n: 2, maxTokens: 9 }));
    const beside = await model.generate(request);
    await Promise.all(others);
    const oneLane = await open(smollm, { lanes: 1, threads: 2 }).generate(request);
    expect(beside).toEqual(alone);
    expect(oneLane).toEqual(alone);
    expect(texts(await model.generate({ ...request, seed: 12 }))).not.toEqual(texts(alone));
  });

  it("gives samples that differ, each by a seed of its own; samples beyond the width come in further batches", async () => {
    const told: Choice[] = [];
    const { choices, usage } = await model.generate({ ...request, n: 6 }, { onChoice: (choice) => told.push(choice) });
    expect(new Set(choices.map(({ text }) => text)).size).toBe(6);
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(choices.map(({ seed }) => seed)).toEqual([0, 1, 2, 3, 4, 5].map((i) => sampleSeed(11, i)));
    expect(told.toSorted((a, b) => a.index - b.index)).toEqual(choices);
    expect(usage.promptTokens).toBe(await model.countPromptTokens(question));
    expect(usage.completionTokens).toBe(choices.reduce((sum, { tokens }) => sum + tokens, 0));
  });

  it("counts the prompt in the model's tokens", async () => {
    // <|im_start|>system\n Hi <|im_end|>\n <|im_start|>user\n Hi <|im_end|>\n <|im_start|>assistant\n
    const messages: Message[] = [
      { role: "system", content: "Hi" },
      { role: "user", content: "Hi" },
    ];
    expect(await model.countPromptTokens(messages)).toBe(6 + 6 + 4);
  });

  it("takes the likeliest token each time at temperature 0", async () => {
    const { choices } = await model.generate({ ...request, temperature: 0 });
    expect(new Set(choices.map(({ text }) => text)).size).toBe(1);
    expect(choices[0]!.text).not.toBe("");
  });

  it("ends at the length", async () => {
    const { choices } = await model.generate({ ...request, n: 1, maxTokens: 5 });
    expect(choices[0]).toMatchObject({ finishReason: "length", tokens: 5 });
  });

  it("ends at the model's end of turn, which is counted and not shown", async () => {
    const messages: Message[] = [
      { role: "user", content: "What is the capital of France? Answer with the name only." },
    ];
    const { choices } = await model.generate({ messages, seed: 1, temperature: 0, maxTokens: 200 });
    const { text, finishReason, tokens } = choices[0]!;
    expect(finishReason).toBe("stop");
    expect(tokens).toBeLessThan(200);
    expect(text).toContain("Paris");
    expect(text).not.toContain("<|im_end|>");
  });

  it("ends before a stop text, wherever tokens divide", async () => {
    const greedy: GenerateRequest = { ...request, n: 1, temperature: 0, maxTokens: 24 };
    const whole = (await model.generate(greedy)).choices[0]!;
    const stop = whole.text.slice(20, 29);
    const { text, finishReason, tokens } = (await model.generate({ ...greedy, stop: ["never said", stop] }))
      .choices[0]!;
    expect(finishReason).toBe("stop");
    expect(text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
    expect(tokens).toBeLessThan(whole.tokens);
  });

  it("ends amid the tokens at an abort, tells what there was, and goes on serving", async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 700);
    const long: GenerateRequest = { ...request, n: 9, maxTokens: 400 };
    const { choices, usage } = await model.generate(long, { signal: stop.signal });
    expect(choices).toHaveLength(9);
    const aborted = choices.filter(({ finishReason }) => finishReason === "aborted");
    expect(aborted.length).toBeGreaterThan(0);
    for (const { tokens } of aborted) expect(tokens).toBeLessThan(long.maxTokens);
    expect(usage.completionTokens).toBe(choices.reduce((sum, { tokens }) => sum + tokens, 0));
    expect(await model.generate(request)).toEqual(await model.generate(request));
    const none = await model.generate(request, { signal: AbortSignal.abort() });
    expect(none.choices.map(({ text, finishReason, tokens }) => [text, finishReason, tokens])).toEqual(
      Array.from({ length: 3 }, () => ["", "aborted", 0]),
    );
  });

  const verdicts = z.strictObject({
    verdicts: z
      .array(
        z.strictObject({ id: z.string().max(12), reason: z.string().max(20), verdict: z.enum(["pass", "fail", "na"]) }),
      )
      .min(2)
      .max(2),
  });
  const judging: Message[] = [
    {
      role: "system",
      content: "You judge a response. Answer in JSON, a verdict for each of the constraints c1 and c2.",
    },
    { role: "user", content: "c1: one sentence. c2: no digits.\n\nResponse: Butter is best." },
  ];

  it("writes values of the schema and nothing else, at any temperature, that askTyped takes as they are", async () => {
    const asked = { messages: judging, answer: verdicts, name: "verdicts", language: "en", maxTokens: 300 } as const;
    const sure = await askTyped(model, { ...asked, seed: 1, answers: 1 });
    expect(sure).toMatchObject({ repaired: false, answers: 1 });
    expect(sure.value.verdicts.length).toBeGreaterThanOrEqual(2);
    const hot = await askTyped(model, { ...asked, seed: 2, temperature: 1.5, answers: 1 });
    expect(hot.repaired).toBe(false);
    const again = await askTyped(model, { ...asked, seed: 2, temperature: 1.5, answers: 1 });
    expect(again.raw).toBe(hot.raw);
  });

  it("refuses a schema that it can't be held to, by its place", async () => {
    const schema = { name: "odd", schema: { type: "object", patternProperties: { "^x": {} } } };
    const failure = await model.generate({ ...request, schema }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ModelFailure);
    expect(failure).toMatchObject({ kind: "schema" });
    expect((failure as Error).message).toContain("JSON schema odd, at #: it has patternProperties");
  });

  it("tells each token's log-probability in its own distribution, whatever the sampling, and writes the same text", async () => {
    const free = await model.generate(request);
    const told = await model.generate({ ...request, logprobs: 3 });
    expect(told.choices.map(({ logprobs: _, ...rest }) => rest)).toEqual(free.choices);
    for (const { text, logprobs } of told.choices) {
      expect(logprobs!.map(({ token }) => token).join("")).toBe(text);
      for (const { logprob, top } of logprobs!) {
        expect(top).toHaveLength(3);
        expect(top.map((one) => one.logprob)).toEqual(top.map((one) => one.logprob).toSorted((a, b) => b - a));
        expect(logprob).toBeLessThanOrEqual(top[0]!.logprob);
        expect(top.reduce((sum, one) => sum + Math.exp(one.logprob), 0)).toBeLessThanOrEqual(1 + 1e-6);
      }
    }
    const [greedy] = (await model.generate({ ...request, n: 1, temperature: 0, logprobs: 1 })).choices;
    for (const { token, logprob, top } of greedy!.logprobs!) expect([{ token, logprob }]).toEqual(top);
    // The first token is drawn from the same distribution in both.
    expect(told.choices[0]!.logprobs![0]!.top[0]!.logprob).toBeCloseTo(greedy!.logprobs![0]!.logprob, 3);
  });

  it("tells the text piece by piece, and keeps back what may become a stop text", async () => {
    const pieces: string[][] = [[], [], []];
    const whole = await model.generate(request);
    const stop = [whole.choices[1]!.text.slice(8, 20)];
    const onText = ({ index, text }: { index: number; text: string }) => pieces[index]!.push(text);
    const { choices } = await model.generate({ ...request, stop }, { onText });
    expect(pieces.map((told) => told.join(""))).toEqual(texts({ choices }));
    expect(pieces[0]!.length).toBeGreaterThan(3);
    expect(choices[1]!.text).toBe(whole.choices[1]!.text.slice(0, 8));
  });

  it("leaves out samples that the caller has, and gives the others as they were", async () => {
    const all = await model.generate({ ...request, n: 6 });
    const told: number[] = [];
    const rest = await model.generate(
      { ...request, n: 6, skip: [0, 2, 3, 4, 5] },
      { onText: ({ index }) => told.push(index) },
    );
    expect(rest.choices).toEqual([all.choices[1]]);
    expect(new Set(told)).toEqual(new Set([1]));
    expect((await model.generate({ ...request, n: 2, skip: [0, 1] })).choices).toEqual([]);
  });

  it("refuses a prompt that leaves no room, with the numbers", async () => {
    const messages: Message[] = [{ role: "user", content: "word ".repeat(600) }];
    const tokens = await model.countPromptTokens(messages);
    const failure = model.generate({ ...request, messages });
    await expect(failure).rejects.toThrow(PromptTooLongError);
    await expect(failure).rejects.toMatchObject({ kind: "context" } satisfies Partial<ModelFailure>);
    await expect(failure).rejects.toThrow(`the prompt has ${tokens} tokens and the context of smollm2-135m holds 512`);
  });

  it("fills the context to the last token and no further, and never forgets its beginning to go on", async () => {
    const messages: Message[] = [{ role: "user", content: "Write a long story about a dragon." }];
    const narrow = open(smollm, { contextSize: 64 });
    const room = 64 - (await narrow.countPromptTokens(messages));
    const story: GenerateRequest = { messages, seed: 3, temperature: 0, maxTokens: 1000 };
    const { choices } = await narrow.generate(story);
    expect(choices[0]).toMatchObject({ finishReason: "length", tokens: room });
    const roomy = await model.generate({ ...story, maxTokens: room });
    expect(roomy.choices).toEqual(choices);
  });

  it("serves nothing after it was disposed, and ends what runs", async () => {
    const other = open(smollm);
    await other.load();
    const running = other.generate({ ...request, n: 2, maxTokens: 400 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await other.dispose();
    expect((await running).choices.map(({ finishReason }) => finishReason)).toEqual(["aborted", "aborted"]);
    await expect(other.generate(request)).rejects.toThrow("disposed");
  });
});

describe.skipIf(gemma === null)("Gemma 3 270M (run where `rpo models pull gemma3-270m` was)", () => {
  it("has no chat template of its own, and says so", async () => {
    await expect(embeddedModel({ path: gemma!.path }).load()).rejects.toThrow("carries no chat template");
  });

  it("writes the catalogue's turns, begins with one beginning-of-sequence token, and repeats itself", async () => {
    const model = open(gemma);
    expect(await model.renderPrompt([{ role: "user", content: "Hi" }])).toBe(
      "<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n",
    );
    // <bos> <start_of_turn> user \n Hi <end_of_turn> \n <start_of_turn> model \n
    expect(await model.countPromptTokens([{ role: "user", content: "Hi" }])).toBe(10);
    const first = await model.generate(request);
    const [second] = await Promise.all([model.generate(request), model.generate({ ...request, seed: 1, n: 2 })]);
    expect(second).toEqual(first);
    expect(new Set(texts(first)).size).toBe(3);
  });
});
