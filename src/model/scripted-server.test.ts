import { afterEach, describe, expect, it } from "vitest";
import { plannedFault } from "./scripted-fault.ts";
import { type ScriptedServer, type ScriptedServerOptions, scriptedServer } from "./scripted-server.ts";

const open: ScriptedServer[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((server) => server.close()))));

async function started(options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
  const server = await scriptedServer(options);
  open.push(server);
  return server;
}

function post(server: ScriptedServer, more: object = {}, headers: Record<string, string> = {}) {
  const body = { model: "scripted", messages: [{ role: "user", content: "one two" }], ...more };
  return fetch(`${server.url}/chat/completions`, { method: "POST", body: JSON.stringify(body), headers });
}

describe("scriptedServer", () => {
  it("answers by its script, with usage and log-probabilities", async () => {
    const server = await started({ script: ({ body, index, number }) => `${body.seed} ${index} ${number}` });
    await post(server, { seed: 1 });
    const answer = (await (await post(server, { n: 2, seed: 7, logprobs: true, top_logprobs: 1 })).json()) as {
      choices: { index: number; message: { content: string }; logprobs: { content: unknown[] } }[];
      usage: unknown;
    };
    expect(answer.choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, "7 0 1"],
      [1, "7 1 1"],
    ]);
    expect(answer.choices[0]?.logprobs.content).toHaveLength(3);
    expect(answer.usage).toEqual({ prompt_tokens: 2, completion_tokens: 6, total_tokens: 8 });
  });

  it("counts what it has answered, by content", async () => {
    const server = await started();
    await post(server, { seed: 1 });
    await post(server, { seed: 2, n: 3 });
    await post(server, { seed: 1 });
    expect([...server.served.answers.values()].toSorted()).toEqual([1, 2]);
    expect(server.served).toMatchObject({ requests: 3, choices: 5 });
  });

  it("has no more under way than slots", async () => {
    const waiting = await started({ slots: 2, latencyMs: 10 });
    const all = await Promise.all(Array.from({ length: 6 }, () => post(waiting)));
    expect(all.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(waiting.served.mostAtOnce).toBe(2);
    const refusing = await started({ slots: 1, latencyMs: 50, beyond: "refuse" });
    const some = await Promise.all(Array.from({ length: 3 }, () => post(refusing)));
    expect(some.map(({ status }) => status).toSorted()).toEqual([200, 429, 429]);
  });

  it("asks for the key, and knows its models", async () => {
    const server = await started({ key: "k", models: ["a", "b"] });
    expect((await post(server)).status).toBe(401);
    const headers = { authorization: "Bearer k" };
    expect((await post(server, {}, headers)).status).toBe(404);
    expect((await post(server, { model: "b" }, headers)).status).toBe(200);
    const { data } = (await (await fetch(`${server.url}/models`, { headers })).json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(["a", "b"]);
  });

  it("refuses what is no request, and knows no other address", async () => {
    const server = await started();
    expect((await post(server, { messages: [] })).status).toBe(400);
    expect((await fetch(`${server.url}/chat/completions`, { method: "POST", body: "{" })).status).toBe(400);
    expect((await fetch(`${server.url}/embeddings`)).status).toBe(404);
  });
});

describe("plannedFault", () => {
  it("befalls the same requests again, in the shares asked for", () => {
    const shares = { broken: 0.25, cut: 0.25 };
    const plan = Array.from({ length: 4000 }, (_, index) => plannedFault(shares, 7, `content ${index}`, 0));
    expect(Array.from({ length: 4000 }, (_, index) => plannedFault(shares, 7, `content ${index}`, 0))).toEqual(plan);
    for (const [fault, share] of [
      ["broken", 0.25],
      ["cut", 0.25],
      [null, 0.5],
    ] as const)
      expect(plan.filter((planned) => planned === fault).length / 4000).toBeCloseTo(share, 1);
    expect(plannedFault(shares, 7, "content 0", 0)).toBe(plan[0]);
    expect(plan).not.toEqual(
      Array.from({ length: 4000 }, (_, index) => plannedFault(shares, 8, `content ${index}`, 0)),
    );
  });
});
