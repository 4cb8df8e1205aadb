// The server asked by this project's own client (src/model/endpoint.ts): what a model gives, and why it gives nothing, comes through.
import OpenAI, { APIError } from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { endpointModel } from "../model/endpoint.ts";
import type { ChatModel, GenerateRequest } from "../model/model.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { type Script, scriptedModel } from "../model/scripted-model.ts";
import { askTyped } from "../model/typed-answer.ts";
import { startServer } from "./server.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const KEY = "k3y";

async function served(script: Script, { key = KEY, model = "scripted" } = {}) {
  const behind = scriptedModel(script, { concurrency: 4 });
  const server = await startServer({
    models: [{ id: "scripted", open: async () => behind }],
    port: 0,
    apiKey: KEY,
    maxTokens: 100,
    onFault: (error) => {
      throw error;
    },
  });
  const client = endpointModel({ url: server.url, model, key, tries: 1 });
  open.push(server.close, client.dispose);
  return { behind, server, client };
}

const request: GenerateRequest = { messages: [{ role: "user", content: "hi" }], seed: 9, maxTokens: 3, n: 3 };

const kindOf = async (model: ChatModel): Promise<unknown> => {
  const failure = await model.generate(request).catch((error: unknown) => error);
  return failure instanceof ModelFailure ? failure.kind : failure;
};

describe("a server", () => {
  it("gives what its model gives, at the seed that was asked for", async () => {
    const { behind, client } = await served(({ index }) => `one two three ${index}`);
    const { choices, usage } = await client.generate({
      ...request,
      temperature: 0.5,
      topP: 0.9,
      topK: 7,
      stop: ["two"],
    });
    expect(choices.map(({ text, finishReason }) => [text, finishReason])).toEqual(Array(3).fill(["one ", "stop"]));
    expect(usage).toEqual({ promptTokens: 1, completionTokens: 6 });
    const [asked] = behind.requests;
    expect(asked).toMatchObject({ n: 3, temperature: 0.5, topP: 0.9, topK: 7, stop: ["two"], maxTokens: 3 });
    await client.generate({ ...request, temperature: 0.5 });
    expect(behind.requests[1]!.seed).toBe(asked!.seed);
    expect(await client.models()).toEqual(["scripted"]);
  });

  it("hands on the schema of a typed question", async () => {
    const { behind, client } = await served(() => '{"verdict": "pass"}');
    const answer = z.strictObject({ verdict: z.enum(["pass", "fail"]) });
    const asked = {
      messages: request.messages,
      answer,
      name: "verdict",
      language: "en",
      seed: 1,
      maxTokens: 9,
    } as const;
    expect((await askTyped(client, asked)).value).toEqual({ verdict: "pass" });
    expect(behind.requests[0]!.schema).toMatchObject({ name: "verdict", schema: { required: ["verdict"] } });
  });

  it.each(["context", "schema", "overload"] as const)("hands on a failure of kind %s", async (kind) => {
    const { client } = await served(() => {
      throw new ModelFailure(kind, "the reason");
    });
    expect(await kindOf(client)).toBe(kind);
  });

  it("is told apart from one with another key, or without the model", async () => {
    expect(await kindOf((await served(() => "", { key: "wrong" })).client)).toBe("key");
    expect(await kindOf((await served(() => "", { model: "nobody" })).client)).toBe("model");
  });

  it("tells the official client of a failure in the midst of a stream", async () => {
    const { server } = await served(({ index }) => {
      if (index === 0) return "fine so far";
      throw new ModelFailure("overload", "no more");
    });
    const official = new OpenAI({ baseURL: server.url, apiKey: KEY, maxRetries: 0 });
    const asked = { model: "scripted", messages: [{ role: "user" as const, content: "hi" }], n: 2 };
    const stream = await official.chat.completions.create({ ...asked, stream: true });
    let text = "";
    const read = (async () => {
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
    })();
    await expect(read).rejects.toThrow(APIError);
    await expect(read).rejects.toThrow("no more");
    expect(text).toBe("fine so far");
  });

  it("refuses a port that is taken", async () => {
    const { server } = await served(() => "");
    const port = Number(new URL(server.url).port);
    const second = startServer({ models: [], port, maxTokens: 1, onFault: () => undefined });
    await expect(second).rejects.toThrow(/EADDRINUSE/);
  });
});
