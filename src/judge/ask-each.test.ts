import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ModelFailure } from "../model/model-failure.ts";
import { type Script, scriptedModel } from "../model/scripted-model.ts";
import { askEach, chunks, idFault } from "./ask-each.ts";

const fields = { size: z.int() };
const question = {
  name: "sizes",
  list: "sizes",
  fields,
  language: "en",
  seed: 1,
  tokensEach: 20,
  perCall: 3,
  messages: (items: readonly { id: string; text: string }[]) => [
    { role: "user" as const, content: items.map(({ id, text }) => `${id}=${text}`).join(" ") },
  ],
} as const;

/** The items that a question asks about. */
const asked = (content: string): [string, string][] =>
  content.split(" ").map((item) => item.split("=") as [string, string]);
const sizesOf = (pairs: readonly [string, string][]): string =>
  JSON.stringify({ sizes: pairs.map(([id, text]) => ({ id, size: text.length })) });
/** Answers a first question by `first`, and every correction rightly. */
const onceWrong =
  (first: (pairs: [string, string][]) => string): Script =>
  ({ messages }) => {
    const pairs = asked(messages[0]!.content);
    return messages.length === 1 ? first(pairs) : sizesOf(pairs);
  };

const texts = ["a", "bb", "ccc", "dddd", "eeeee"];
const sizes = texts.map((text) => ({ size: text.length }));

describe("askEach", () => {
  it("asks in even pieces and gives the answers in the order of the items", async () => {
    const model = scriptedModel(({ messages }) => sizesOf(asked(messages[0]!.content)));
    expect(await askEach(model, texts, question)).toEqual(sizes);
    expect(model.requests.map(({ messages }) => messages[0]?.content)).toEqual([
      "c1=a c2=bb c3=ccc",
      "c1=dddd c2=eeeee",
    ]);
    expect(await askEach(model, [], question)).toEqual([]);
  });

  it("sends a schema that holds the model to the ids", async () => {
    const model = scriptedModel(({ messages }) => sizesOf(asked(messages[0]!.content)));
    await askEach(model, ["a", "bb"], question);
    expect(model.requests[0]?.schema).toMatchObject({
      name: "sizes",
      schema: {
        required: ["sizes"],
        additionalProperties: false,
        properties: {
          sizes: {
            minItems: 2,
            maxItems: 2,
            items: {
              required: ["id", "size"],
              additionalProperties: false,
              properties: { id: { type: "string", enum: ["c1", "c2"] }, size: { type: "integer" } },
            },
          },
        },
      },
    });
  });

  it("takes ids in any order without asking again", async () => {
    const model = scriptedModel(({ messages }) => sizesOf(asked(messages[0]!.content).reverse()));
    expect(await askEach(model, texts, question)).toEqual(sizes);
    expect(model.requests).toHaveLength(2);
  });

  it("passes over fields that were not asked for", async () => {
    const model = scriptedModel(['{"note": 1, "sizes": [{"id": "c1", "size": 1, "text": "a"}]}']);
    expect(await askEach(model, ["a"], question)).toEqual([{ size: 1 }]);
  });

  it.each<[string, (pairs: [string, string][]) => string, RegExp]>([
    ["missing", (pairs) => sizesOf(pairs.slice(1)), /"c1" missing/],
    ["doubled", (pairs) => sizesOf([...pairs, pairs[0]!]), /"c1" more than once/],
    ["unknown", (pairs) => sizesOf([...pairs, ["c9", "x"]]), /there is no "c9"/],
    ["swapped for an unknown", (pairs) => sizesOf([["c7", "x"], ...pairs.slice(1)]), /there is no "c7"; "c1" missing/],
  ])("asks again, saying why, where an id is %s", async (_, first, reason) => {
    const model = scriptedModel(onceWrong(first));
    expect(await askEach(model, texts.slice(0, 3), question)).toEqual(sizes.slice(0, 3));
    expect(model.requests).toHaveLength(2);
    expect(model.requests[1]?.messages.at(-1)?.content).toMatch(reason);
  });

  it("asks one by one where a request has no right answer", async () => {
    const model = scriptedModel(({ messages }) => {
      const pairs = asked(messages[0]!.content);
      return pairs.length > 1 ? sizesOf(pairs.slice(1)) : sizesOf(pairs);
    });
    expect(await askEach(model, texts.slice(0, 3), question)).toEqual(sizes.slice(0, 3));
    expect(model.requests).toHaveLength(3 + 3);
  });

  it("asks one by one where the context does not hold the question", async () => {
    const model = scriptedModel(({ messages }) => {
      const pairs = asked(messages[0]!.content);
      if (pairs.length > 1) throw new ModelFailure("context", "too long");
      return sizesOf(pairs);
    });
    expect(await askEach(model, texts, question)).toEqual(sizes);
  });

  it("fails once all have ended where one has no right answer alone", async () => {
    const model = scriptedModel(({ messages }) => {
      const pairs = asked(messages[0]!.content);
      return pairs.some(([, text]) => text === "bb") ? "no" : sizesOf(pairs);
    });
    await expect(askEach(model, texts, question)).rejects.toThrow(ModelFailure);
    const alone = model.requests.filter(({ messages }) => asked(messages[0]!.content).length === 1);
    expect(alone.map(({ messages }) => messages[0]?.content)).toContain("c1=ccc");
  });

  it("does not ask one by one for what would fail alike", async () => {
    const model = scriptedModel(() => {
      throw new ModelFailure("key", "no such key");
    });
    await expect(askEach(model, texts.slice(0, 3), question)).rejects.toThrow("no such key");
    expect(model.requests).toHaveLength(1);
  });

  it("tells the fault of an answer with its id", async () => {
    const model = scriptedModel(onceWrong((pairs) => sizesOf(pairs).replace('"size":2', '"size":9')));
    const fault = ({ size }: { size: number }, text: string) => (size === text.length ? null : `${text} is shorter`);
    expect(await askEach(model, texts.slice(0, 3), { ...question, fault })).toEqual(sizes.slice(0, 3));
    expect(model.requests[1]?.messages.at(-1)?.content).toContain("c2: bb is shorter");
  });
});

describe("idFault", () => {
  it("speaks the model's language, and of no more ids than are of use", () => {
    expect(idFault(["c1", "c2"], ["c2", "c1"], "zh")).toBeNull();
    expect(idFault(["c1", "c2"], ["c2", "c2"], "zh")).toBe(
      '"c2" 出现了不止一次；缺少 "c1"。以下每个编号恰好回答一次：c1, c2。',
    );
    const many = Array.from({ length: 100 }, (_, i) => `x${i}`.repeat(50));
    expect(idFault(["c1"], ["c1", ...many], "en")!.length).toBeLessThan(300);
  });
});

describe("chunks", () => {
  it("are as even as can be, and all there is", () => {
    expect(chunks([1, 2, 3, 4, 5, 6, 7], 5)).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7],
    ]);
    expect(chunks([], 5)).toEqual([]);
  });
});
