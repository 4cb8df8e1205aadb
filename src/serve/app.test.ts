// The routes over scripted models, without a network; what clients make of them is in test/serve.test.ts.
import { describe, expect, it } from "vitest";
import type { ChatModel } from "../model/model.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { type Script, scriptedModel } from "../model/scripted-model.ts";
import { serveApp } from "./app.ts";
import { ModelShelf } from "./model-shelf.ts";

interface Setting {
  readonly apiKey?: string;
  readonly queue?: number;
  readonly model?: ChatModel;
  readonly closing?: AbortController;
}

function app(script: Script, { apiKey, queue = 9, model, closing = new AbortController() }: Setting = {}) {
  const faults: unknown[] = [];
  const served = model ?? scriptedModel(script);
  const shelf = new ModelShelf({
    models: [{ id: "base/model", open: async () => served }],
    open: 1,
    queue,
    now: () => 0,
  });
  const routes = serveApp({
    shelf,
    apiKey: apiKey ?? null,
    closing: closing.signal,
    defaults: { maxTokens: 100, seed: () => 5 },
    now: () => new Date(1_700_000_000_999),
    newId: () => "1",
    onFault: (error) => faults.push(error),
  });
  const post = (body: unknown, init: RequestInit = {}) =>
    routes.request("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...init,
    });
  return { routes, post, faults, shelf };
}

const call = { model: "base/model", messages: [{ role: "user", content: "Say two words" }] };
const echo: Script = ({ index }) => `text ${index}`;

/** The events of a stream, each parsed but for the last. */
async function events(response: Response): Promise<unknown[]> {
  const text = await response.text();
  expect(text.endsWith("\n\n")).toBe(true);
  return text
    .trimEnd()
    .split("\n\n")
    .map((event) => event.replace(/^data: /, ""))
    .map((data) => (data === "[DONE]" ? data : JSON.parse(data)));
}

describe("POST /v1/chat/completions", () => {
  it("answers with the choices and the token counts", async () => {
    const response = await app(echo).post({ ...call, n: 2 });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1_700_000_000,
      model: "base/model",
      choices: [0, 1].map((index) => ({
        index,
        message: { role: "assistant", content: `text ${index}`, refusal: null },
        logprobs: null,
        finish_reason: "stop",
      })),
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    });
  });

  it("streams pieces, a reason for each choice, and counts where they are asked for", async () => {
    const asked = { ...call, stream: true, stream_options: { include_usage: true }, max_tokens: 1 };
    const response = await app(echo).post(asked);
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const head = { id: "chatcmpl-1", created: 1_700_000_000, model: "base/model", object: "chat.completion.chunk" };
    const chunk = (delta: object, finish_reason: string | null) => ({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      usage: null,
    });
    expect(await events(response)).toEqual([
      chunk({ role: "assistant", content: "", refusal: null }, null),
      chunk({ content: "text" }, null),
      chunk({}, "length"),
      { ...head, choices: [], usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 } },
      "[DONE]",
    ]);
  });

  it("streams a model that tells its texts only when they are whole", async () => {
    const inner = scriptedModel(echo);
    const model: ChatModel = {
      ...inner,
      generate: (request, { onText: _, ...options } = {}) => inner.generate(request, options),
    };
    const all = await events(await app(echo, { model }).post({ ...call, stream: true, n: 2 }));
    const contents = all.flatMap((event) =>
      typeof event === "object" ? (event as { choices: { delta: { content?: string } }[] }).choices : [],
    );
    expect(contents.map(({ delta }) => delta.content ?? null)).toEqual(["", "text 0", null, "", "text 1", null]);
  });

  it.each([
    ["no JSON", "{", {}, 400, "invalid_json"],
    ["another type of body", "{}", { headers: { "content-type": "text/plain" } }, 415, "unsupported_media_type"],
    ["a wrong value", { ...call, n: 0 }, {}, 400, "invalid_value"],
    ["a model that isn't there", { ...call, model: "x" }, {}, 404, "model_not_found"],
    ["the same in a stream", { ...call, model: "x", stream: true }, {}, 404, "model_not_found"],
    ["a body too large", { ...call, user: "x".repeat(9e6) }, {}, 413, "body_too_large"],
  ])("refuses %s in the API's form", async (_, body, init, status, code) => {
    const { post, faults } = app(echo);
    const response = await post(body, init);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: object };
    expect(error).toEqual({
      message: expect.any(String),
      type: "invalid_request_error",
      param: code.startsWith("model") ? "model" : code === "invalid_value" ? "n" : null,
      code,
    });
    expect(faults).toEqual([]);
  });

  it.each([
    ["context", 400, "context_length_exceeded"],
    ["schema", 400, "unsupported_schema"],
    ["key", 502, "model_unavailable"],
    ["timeout", 504, "model_timeout"],
  ] as const)("tells a model's failure of kind %s as %d %s, streamed or not", async (kind, status, code) => {
    const { post } = app(() => {
      throw new ModelFailure(kind, "as it is");
    });
    for (const stream of [false, true]) {
      const response = await post({ ...call, stream });
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(/as it is$/), code } });
    }
  });

  it("keeps its own faults to its log", async () => {
    const { post, faults } = app(() => {
      throw new Error("secret path");
    });
    const response = await post(call);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
    expect(faults).toEqual([new Error("secret path")]);
  });

  it("tells of a failure in the midst of a stream as its last event", async () => {
    const { post } = app(({ index }) => {
      if (index === 0) return "fine";
      throw new ModelFailure("overload", "no more");
    });
    const all = await events(await post({ ...call, stream: true, n: 2 }));
    expect(all.at(-1)).toMatchObject({ error: { message: "no more", code: "model_overloaded" } });
    expect(all).not.toContain("[DONE]");
  });

  it("turns requests away when too many wait, and says when to come again", async () => {
    const end = Promise.withResolvers<string>();
    const { post, shelf } = app(() => end.promise, { queue: 1 });
    const running = post(call);
    await expect.poll(() => shelf.load).toEqual({ running: 1, waiting: 0 });
    const waiting = post(call);
    await expect.poll(() => shelf.load).toEqual({ running: 1, waiting: 1 });
    const refused = await post(call);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await refused.json()).toMatchObject({ error: { type: "rate_limit_error", code: "queue_full" } });
    end.resolve("done");
    for (const response of [await running, await waiting]) expect(response.status).toBe(200);
  });

  it("ends the work when the client goes, and the next request gets the model", async () => {
    const first = Promise.withResolvers<void>();
    let calls = 0;
    const { post, shelf } = app(() => {
      calls++;
      first.resolve();
      return calls === 1 ? new Promise<string>(() => undefined) : "next";
    });
    const client = new AbortController();
    const gone = post(call, { signal: client.signal });
    await first.promise;
    const waiting = post(call);
    client.abort();
    expect((await gone).status).toBe(499);
    expect((await waiting).status).toBe(200);
    expect(shelf.load).toEqual({ running: 0, waiting: 0 });
  });

  it("ends the work when the reader of a stream goes", async () => {
    const { post, shelf } = app(({ index }) => (index === 0 ? "first" : new Promise<string>(() => undefined)));
    const response = await post({ ...call, stream: true, n: 2 });
    await response.body!.cancel();
    await expect.poll(() => shelf.load).toEqual({ running: 0, waiting: 0 });
  });

  it("tells those that are served when the server ends", async () => {
    const closing = new AbortController();
    const { post, shelf } = app(() => new Promise<string>(() => undefined), { closing });
    const answer = post(call);
    await expect.poll(() => shelf.load).toEqual({ running: 1, waiting: 0 });
    closing.abort();
    expect((await answer).status).toBe(503);
  });
});

describe("the other routes", () => {
  it("list the models", async () => {
    const { routes } = app(echo);
    const model = { id: "base/model", object: "model", created: 1_700_000_000, owned_by: "rpo" };
    expect(await (await routes.request("/v1/models")).json()).toEqual({ object: "list", data: [model] });
    expect(await (await routes.request("/v1/models/base/model")).json()).toEqual(model);
    expect((await routes.request("/v1/models/toString")).status).toBe(404);
  });

  it("say that there is no such route", async () => {
    const response = await app(echo).routes.request("/v1/completions", { method: "POST" });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { message: "there is no POST /v1/completions", code: "unknown_url" },
    });
  });

  it("want the key where there is one, but for health", async () => {
    const { routes, post } = app(echo, { apiKey: "k3y" });
    const ask = (authorization?: string) =>
      routes.request("/v1/models", authorization === undefined ? {} : { headers: { authorization } });
    expect((await ask("Bearer k3y")).status).toBe(200);
    for (const wrong of [undefined, "Bearer k3", "Bearer ", "Basic k3y"]) {
      const response = await ask(wrong);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ error: { code: "invalid_api_key" } });
    }
    expect((await post(call)).status).toBe(401);
    expect(await (await routes.request("/health")).json()).toEqual({ status: "ok", running: 0, waiting: 0 });
  });
});
