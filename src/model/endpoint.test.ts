import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import type { Clock } from "./clock.ts";
import { type EndpointModel, type EndpointOptions, endpointModel } from "./endpoint.ts";
import type { Choice, GenerateRequest } from "./model.ts";
import { ModelFailure } from "./model-failure.ts";
import { sampleSeed } from "./sample-seed.ts";
import { type ScriptedServerOptions, scriptedServer } from "./scripted-server.ts";
import { askTyped } from "./typed-answer.ts";

const request: GenerateRequest = { messages: [{ role: "user", content: "ferry" }], seed: 5, maxTokens: 100 };
const KEY = "sk-very-secret-0123456789";

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((thing) => thing.close()))));

/** Waits as long as it is told, in its own time. */
function jumpingClock() {
  const slept: number[] = [];
  let ahead = 0;
  const clock: Clock = {
    now: () => performance.timeOrigin + performance.now() + ahead,
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
      ahead += milliseconds;
    },
  };
  return { clock, slept };
}

async function served(server: ScriptedServerOptions = {}, options: Partial<EndpointOptions> = {}) {
  const started = await scriptedServer(server);
  const { clock, slept } = jumpingClock();
  const model = endpointModel({ url: started.url, model: "scripted", clock, random: () => 0.5, ...options });
  open.push({ close: () => model.dispose() }, started);
  return { server: started, model, slept };
}

async function failureOf(model: EndpointModel, more: Partial<GenerateRequest> = {}): Promise<ModelFailure> {
  const failure = await model.generate({ ...request, ...more }).catch((error: unknown) => error);
  if (!(failure instanceof ModelFailure)) throw new Error(`no failure: ${JSON.stringify(failure)}`);
  return failure;
}

const textOf = (choices: readonly Choice[]): string[] => choices.map(({ text }) => text);

describe("endpointModel", () => {
  it("gets n samples with one request", async () => {
    const { server, model } = await served();
    const told: Choice[] = [];
    const { choices, usage } = await model.generate({ ...request, n: 3 }, { onChoice: (choice) => told.push(choice) });
    expect(textOf(choices)).toEqual([0, 1, 2].map((index) => `Answer ${index} to: ferry`));
    expect(choices.map(({ index, finishReason, tokens, seed }) => [index, finishReason, tokens, seed])).toEqual(
      [0, 1, 2].map((index) => [index, "stop", 4, sampleSeed(5, 0)]),
    );
    expect(usage).toEqual({ promptTokens: 1, completionTokens: 12 });
    expect(told).toEqual(choices);
    expect(server.served.requests).toBe(1);
    expect(server.bodies[0]).toMatchObject({ n: 3, seed: sampleSeed(5, 0), max_tokens: 100, temperature: 1 });
  });

  it("tells which prompt tokens the server had at hand, over all requests for the samples", async () => {
    const { model } = await served({ cachedPrompt: 1, several: "ignore" });
    const { usage } = await model.generate({ ...request, n: 3 });
    expect(usage).toEqual({ promptTokens: 3, completionTokens: 12, cachedPromptTokens: 3 });
  });

  it("asks for samples one by one where the server refuses several, and remembers it", async () => {
    const { server, model } = await served({ several: "refuse" });
    const { choices } = await model.generate({ ...request, n: 3 });
    expect(textOf(choices)).toEqual(Array(3).fill("Answer 0 to: ferry"));
    expect(choices.map(({ seed }) => seed)).toEqual([0, 1, 2].map((index) => sampleSeed(5, index)));
    expect(server.served.requests).toBe(4);
    await model.generate({ ...request, n: 2, seed: 6 });
    expect(server.served.requests).toBe(6);
  });

  it("asks for the rest where the server passes over n, and remembers it", async () => {
    const { server, model } = await served({ several: "ignore" });
    const { choices } = await model.generate({ ...request, n: 3 });
    expect(choices.map(({ seed }) => seed)).toEqual([0, 1, 2].map((index) => sampleSeed(5, index)));
    expect(server.served.requests).toBe(3);
    await model.generate({ ...request, n: 2, seed: 6 });
    expect(server.served.requests).toBe(5);
  });

  it("asks alone for a sample that came without text", async () => {
    let asked = 0;
    const { server, model } = await served({
      script: ({ index }) => (index === 1 && asked++ === 0 ? null : `text ${index}`),
    });
    const { choices } = await model.generate({ ...request, n: 3 });
    expect(textOf(choices)).toEqual(["text 0", "text 0", "text 2"]);
    expect(choices.map(({ seed }) => seed)).toEqual([0, 1, 0].map((index) => sampleSeed(5, index)));
    expect(server.served.requests).toBe(2);
  });

  it("leaves out the samples that the caller has", async () => {
    const { server, model } = await served();
    const { choices } = await model.generate({ ...request, n: 4, skip: [0, 2] });
    expect(choices.map(({ index }) => index)).toEqual([1, 3]);
    expect(server.bodies[0]).toMatchObject({ n: 2, seed: sampleSeed(5, 1) });
    expect((await model.generate({ ...request, n: 2, skip: [1, 0] })).choices).toEqual([]);
    expect(server.served.requests).toBe(1);
  });

  it("hands over log-probabilities", async () => {
    const { model } = await served();
    const { choices } = await model.generate({ ...request, logprobs: 2 });
    expect(choices[0]?.logprobs?.map(({ token }) => token).join("")).toBe(choices[0]?.text);
    expect(choices[0]?.logprobs?.[0]?.top).toHaveLength(2);
  });

  it("says max_completion_tokens where the server insists, and remembers it", async () => {
    const { server, model } = await served({ newLength: true });
    await model.generate(request);
    await model.generate(request);
    expect(server.served.requests).toBe(3);
    expect(server.bodies.at(-1)).toMatchObject({ max_completion_tokens: 100 });
    expect(server.bodies.at(-1)).not.toHaveProperty("max_tokens");
  });

  describe("with a JSON schema", () => {
    const question = {
      messages: request.messages,
      answer: z.object({ harbour: z.string() }),
      name: "harbour",
      language: "en",
      seed: 1,
      maxTokens: 50,
    } as const;
    const script = () => '```json\n{"harbour": "north",}\n```';

    it("sends it as response_format", async () => {
      const { server, model } = await served({ script: () => '{"harbour":"north"}' });
      const { value, repaired } = await askTyped(model, question);
      expect([value, repaired]).toEqual([{ harbour: "north" }, false]);
      expect(server.bodies[0]!.response_format).toMatchObject({
        type: "json_schema",
        json_schema: { name: "harbour", strict: true, schema: { type: "object" } },
      });
    });

    it("falls back to json_object and to the prompt, remembers it, and the answer is mended", async () => {
      for (const [formats, expected] of [
        [["json_object"], [{ type: "json_object" }, 2]],
        [[], [undefined, 3]],
      ] as const) {
        const { server, model } = await served({ script, formats: [...formats] });
        const { value, repaired } = await askTyped(model, question);
        expect([value, repaired]).toEqual([{ harbour: "north" }, true]);
        const last = server.bodies.at(-1)!;
        expect([last.response_format, server.served.requests]).toEqual(expected);
        expect(last.messages.at(-1)!.content).toContain('"harbour"');
        await askTyped(model, question);
        expect(server.served.requests).toBe(expected[1] + 1);
      }
    });
  });

  it("asks for JSON in the one form that it is told to, where it is told", async () => {
    const schema = { name: "s", schema: { type: "object" } };
    const formOf = async (schemas: EndpointOptions["schemas"]) => {
      const { server, model } = await served({}, { schemas });
      await model.generate({ ...request, schema });
      return server.bodies[0]!.response_format?.type;
    };
    expect(await formOf("json_schema")).toBe("json_schema");
    expect(await formOf("json_object")).toBe("json_object");
    expect(await formOf("none")).toBeUndefined();
    for (const schemas of ["json_schema", "json_object"] as const) {
      const { server, model } = await served({ formats: [] }, { schemas });
      const failure = await failureOf(model, { schema });
      expect([failure.kind, failure.attempts.length, server.served.requests]).toEqual(["schema", 1, 1]);
    }
  });

  describe("when the server refuses", () => {
    it("fails at once for what does not pass, and says what to do", async () => {
      const { server, model, slept } = await served({}, { key: KEY });
      const cases = [
        ["key", "key", /HTTP 401: .*Check the key/],
        ["funds", "key", /HTTP 429: You exceeded your current quota.*balance/],
        ["model", "model", /HTTP 404: .*`scripted` does not exist.*Check the model's name/],
        ["context", "context", /HTTP 400: .*maximum context length is 8192.*Shorten the prompt/],
      ] as const;
      for (const [refuse, kind, message] of cases) {
        server.set({ refuse });
        const before = server.served.requests;
        const failure = await failureOf(model);
        expect(failure.kind).toBe(kind);
        expect(failure.message).toMatch(message);
        expect(failure.message).toContain(server.url);
        expect(failure.attempts).toHaveLength(1);
        expect(server.served.requests - before).toBe(1);
      }
      expect(slept).toEqual([]);
    });

    it("tries again what passes, so often and no more, waiting longer each time", async () => {
      const { server, model, slept } = await served({ refuse: "broken" }, { tries: 4 });
      const failure = await failureOf(model);
      expect(failure.kind).toBe("overload");
      expect(failure.message).toMatch(/no answer in 4 tries, the last one: HTTP 500: The server had an error/);
      expect(failure.attempts.map(({ kind, status }) => [kind, status])).toEqual(Array(4).fill(["overload", 500]));
      expect(server.served.requests).toBe(4);
      expect(slept).toEqual([250, 500, 1000]);
    });

    it("waits as long as Retry-After says, in seconds and as a date", async () => {
      for (const fault of ["rate-seconds", "rate-date", "overload-seconds"] as const) {
        const { model, slept } = await served({ faults: { [fault]: 1 }, retryAfterSeconds: 90 }, { tries: 2 });
        const { kind } = await failureOf(model);
        expect(kind).toBe(fault === "overload-seconds" ? "overload" : "rate");
        // The endpoint's line is held as well, for as long.
        for (const wait of slept) {
          expect(wait).toBeGreaterThan(88_000);
          expect(wait).toBeLessThan(90_500);
        }
        expect(slept.length).toBeGreaterThanOrEqual(1);
      }
    });

    it("finds that one answer in several was refused for load, and has fewer under way", async () => {
      const { server, model } = await served({ slots: 8, beyond: "refuse", latencyMs: 5 }, { tries: 50 });
      const jobs = Array.from({ length: 200 }, (_, seed) => model.generate({ ...request, seed }));
      await Promise.all(jobs);
      expect(server.served.choices).toBe(200);
      expect(server.served.mostAtOnce).toBe(8);
      expect(model.load.limit).toBeLessThan(32);
      expect(model.load).toMatchObject({ underWay: 0, waiting: 0 });
    });
  });

  describe("when no answer comes", () => {
    it("says that nobody is there", async () => {
      const closed = await scriptedServer();
      await closed.close();
      const { clock } = jumpingClock();
      const model = endpointModel({ url: closed.url, model: "m", tries: 3, clock });
      open.push({ close: () => model.dispose() });
      const failure = await failureOf(model);
      expect(failure.kind).toBe("network");
      expect(failure.attempts).toHaveLength(3);
      expect(failure.message).toMatch(/in 3 tries, the last one: .*ECONNREFUSED.*Is the server running/);
    });

    it("gives up on one that hangs, before the answer and within it", async () => {
      for (const [fault, limits, said] of [
        ["hang", { wholeMs: 40 }, "no answer within 0.04 s"],
        ["hang", { firstByteMs: 40 }, "no answer within the time allowed"],
        ["stall", { wholeMs: 60 }, "the answer was not whole within 0.06 s"],
      ] as const) {
        const { model } = await served({ faults: { [fault]: 1 } }, { tries: 2, ...limits });
        const failure = await failureOf(model);
        expect([failure.kind, failure.attempts.length]).toEqual(["timeout", 2]);
        expect(failure.message).toContain(said);
      }
    });

    it("tells a connection that is cut in the answer", async () => {
      const { model } = await served({ faults: { cut: 1 } }, { tries: 3 });
      const failure = await failureOf(model);
      expect([failure.kind, failure.attempts.length]).toEqual(["network", 3]);
      expect(failure.message).toContain("cut in the answer");
    });

    it("tells one that speaks another protocol", async () => {
      const other = createTcpServer((socket) => socket.end("SSH-2.0-OpenSSH\r\n")).listen(0, "127.0.0.1");
      await new Promise((resolve) => other.once("listening", resolve));
      const { clock } = jumpingClock();
      const model = endpointModel({
        url: `http://127.0.0.1:${(other.address() as AddressInfo).port}`,
        model: "m",
        tries: 1,
        clock,
      });
      open.push({ close: () => model.dispose() }, { close: async () => other.close() });
      expect((await failureOf(model)).kind).toBe("network");
    });
  });

  it("has fewer under way where answers do not come in time", async () => {
    const { server, model } = await served({ slots: 2, latencyMs: 20 }, { wholeMs: 200, tries: 50 });
    const jobs = Array.from({ length: 60 }, (_, seed) => model.generate({ ...request, seed }));
    const ends = await Promise.all(jobs);
    expect(ends.every(({ choices }) => choices[0]?.finishReason === "stop")).toBe(true);
    expect(server.served.requests).toBeGreaterThan(60);
    expect(model.load.limit).toBeLessThan(32);
  });

  it("asks once more where the answer is none, and keeps what came", async () => {
    for (const [fault, said] of [
      ["no-json", "an answer that is not JSON"],
      ["truncated", "an answer that is not JSON"],
      ["no-choices", "an answer without choices"],
      ["no-content", "a choice without text"],
    ] as const) {
      const { model } = await served({ faults: { [fault]: 1 }, cachedPrompt: 1 });
      const failure = await failureOf(model);
      expect([failure.kind, failure.attempts.length]).toEqual(["answer", 2]);
      // Both tries, where the answer tells what it cost.
      expect(failure.usage?.promptTokens).toBe(said.endsWith("JSON") ? 0 : 2);
      expect(failure.message).toContain(said);
      if (fault === "no-json") expect(failure.raw).toContain("Bad Gateway");
      if (fault === "no-content") expect(failure.finishReason).toBe("stop");
    }
  });

  it("reads no more of an answer than it has to", async () => {
    const endless = createServer((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const block = Buffer.alloc(1 << 20, " ");
      const more = (): void => {
        while (!response.destroyed && response.write(block));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => endless.once("listening", resolve));
    const { clock } = jumpingClock();
    const url = `http://127.0.0.1:${(endless.address() as AddressInfo).port}`;
    const model = endpointModel({ url, model: "m", tries: 1, clock });
    open.push(
      { close: () => model.dispose() },
      { close: () => new Promise((done) => void endless.close(done).closeAllConnections()) },
    );
    const failure = await failureOf(model);
    expect(failure.kind).toBe("answer");
    expect(failure.message).toContain("longer than 134217728 bytes");
  });

  it("keeps the samples that came when others fail", async () => {
    const { server, model } = await served({ several: "ignore" }, { tries: 1 });
    await model.generate({ ...request, n: 2 }); // now it asks one by one
    server.set({ faults: { broken: 0.5 }, seed: 3 });
    const kept: number[] = [];
    const failure = await model
      .generate({ ...request, n: 20, seed: 9 }, { onChoice: ({ index }) => kept.push(index) })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ModelFailure);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(20);
    server.set({ faults: {} });
    const { choices } = await model.generate({ ...request, n: 20, seed: 9, skip: kept });
    expect(choices.length).toBe(20 - kept.length);
    expect(Math.max(...server.served.answers.values())).toBe(1);
  });

  describe("when it is aborted", () => {
    it("answers with what it has", async () => {
      const { model, server } = await served({ several: "ignore", latencyMs: 10 });
      await model.generate({ ...request, n: 2 });
      server.set({ faults: { hang: 0.5 }, seed: 1 });
      const stop = new AbortController();
      let came = 0;
      const { choices } = await model.generate(
        { ...request, n: 10, seed: 8 },
        {
          signal: stop.signal,
          onChoice: () => {
            came += 1;
            if (came === 10 - server.served.faults.hang!) stop.abort();
          },
        },
      );
      const ends = choices.map(({ finishReason }) => finishReason);
      expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(ends.filter((end) => end === "aborted")).toHaveLength(server.served.faults.hang!);
      expect(choices.filter(({ finishReason, text }) => finishReason === "aborted" && text !== "")).toEqual([]);
      expect(came).toBe(10);
      expect(model.load).toMatchObject({ underWay: 0, waiting: 0 });
    });

    it("ends at once before it begins, in the line, and in a wait between tries", async () => {
      const { model, server } = await served({ faults: { hang: 1 } }, { concurrency: 1 });
      expect((await model.generate(request, { signal: AbortSignal.abort() })).choices[0]?.finishReason).toBe("aborted");
      expect(server.served.requests).toBe(0);
      const [first, second] = [new AbortController(), new AbortController()];
      const jobs = [first, second].map(({ signal }) => model.generate(request, { signal }));
      second.abort();
      expect((await jobs[1]!).choices[0]?.finishReason).toBe("aborted");
      first.abort();
      expect((await jobs[0]!).choices[0]?.finishReason).toBe("aborted");

      const waiting = Promise.withResolvers<AbortSignal>();
      const clock: Clock = {
        now: () => 0,
        sleep: (_, signal) => {
          waiting.resolve(signal!);
          return new Promise((done) => signal!.addEventListener("abort", () => done(), { once: true }));
        },
      };
      const patient = await served({ refuse: "broken" }, { clock });
      const stop = new AbortController();
      const job = patient.model.generate(request, { signal: stop.signal });
      await waiting.promise;
      stop.abort();
      expect((await job).choices[0]?.finishReason).toBe("aborted");
    });

    it("ends what runs when it is disposed of, and serves no more", async () => {
      const { model } = await served({ faults: { hang: 1 } });
      const job = model.generate(request);
      await model.dispose();
      expect((await job).choices[0]?.finishReason).toBe("aborted");
      await expect(model.generate(request)).rejects.toThrow("model scripted was disposed");
    });
  });

  describe("with a key", () => {
    it("sends it", async () => {
      const { model } = await served({ key: KEY }, { key: KEY });
      expect((await model.generate(request)).choices).toHaveLength(1);
      expect(await model.models()).toEqual(["scripted"]);
    });

    it("sends it without the line break of the file that it was read from", async () => {
      const { model } = await served({ key: KEY }, { key: `${KEY}\n` });
      expect((await model.generate(request)).choices).toHaveLength(1);
    });

    it("takes it out of answers, which are kept", async () => {
      const script = () => `You came as Bearer ${KEY}; ${KEY}.`;
      const { model } = await served({ key: KEY, script }, { key: KEY });
      expect((await model.generate(request)).choices[0]?.text).toBe("You came as Bearer [key]; [key].");
    });

    it("leaves an answer alone that has a plain word which stands for a key", async () => {
      const key = "not-needed";
      const { model } = await served({ key, script: () => "A key is not-needed here." }, { key });
      expect((await model.generate(request)).choices[0]?.text).toBe("A key is not-needed here.");
    });

    it("shows it nowhere, not even where the server does", async () => {
      const telling = createServer((incoming, response) => {
        const { authorization } = incoming.headers;
        const refused = incoming.url?.includes("models");
        response.writeHead(refused ? 401 : 200, { "content-type": "application/json" });
        response.end(
          refused ? JSON.stringify({ error: `no such key: ${authorization}` }) : `{"you": "${authorization}"`,
        );
      }).listen(0, "127.0.0.1");
      await new Promise((resolve) => telling.once("listening", resolve));
      const url = `http://127.0.0.1:${(telling.address() as AddressInfo).port}/v1?token=${KEY}`;
      const { clock } = jumpingClock();
      const model = endpointModel({ url, model: "m", key: KEY, clock });
      open.push(
        { close: () => model.dispose() },
        { close: () => new Promise((done) => void telling.close(done).closeAllConnections()) },
      );
      const failures = [
        await failureOf(model),
        (await model.models().catch((error: unknown) => error)) as ModelFailure,
      ];
      expect(failures.map(({ kind }) => kind)).toEqual(["answer", "key"]);
      for (const failure of failures) {
        const all = JSON.stringify({ ...failure, message: failure.message, model });
        expect(all).not.toContain(KEY);
        expect(failure.stack).not.toContain(KEY);
      }
      expect(failures[0]?.raw).toContain("Bearer [key]");
    });
  });

  it("takes addresses as people have them", async () => {
    const { server } = await served();
    for (const url of [`${server.url}/`, `${server.url}/chat/completions`, `${server.url}?api-version=1#x`]) {
      const model = endpointModel({ url, model: "scripted" });
      open.push({ close: () => model.dispose() });
      expect((await model.generate(request)).choices).toHaveLength(1);
      expect(model.address).toBe(server.url);
    }
  });

  it("refuses options that are wrong, without showing what is secret", () => {
    const refused = (options: Partial<EndpointOptions>): string => {
      try {
        endpointModel({ url: "http://localhost:1/v1", model: "m", ...options });
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        return (error as Error).message;
      }
      throw new Error("was taken");
    };
    expect(refused({ url: "localhost:8000" })).toContain("is no http address; one looks like http://localhost:8000/v1");
    expect(refused({ url: `htp://me:${KEY}@host/v1?k=${KEY}` })).not.toContain(KEY);
    expect(refused({ url: `http://me:${KEY}@host/v1` })).toContain("give it as key");
    expect(refused({ url: `http://me:${KEY}@host/v1` })).not.toContain(KEY);
    for (const key of [" ", `${KEY}\r\nx: ${KEY}`, `${KEY}…`]) {
      const message = refused({ key });
      expect(message).toContain("endpoint: key: is blank, or has a line break");
      expect(message).not.toContain(KEY);
    }
    expect(refused({ concurrency: 0 })).toContain("endpoint: concurrency: ");
    expect(refused({ model: "" })).toContain("endpoint: model: ");
  });
});
