import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type Script, type ScriptedModel, scriptedModel } from "../../model/scripted-model.ts";
import { Interrupted } from "../../run/interrupted.ts";
import { Ledger } from "../../run/ledger.ts";
import { recordedModel } from "../../run/recorded-model.ts";
import { RunStore } from "../../run/store.ts";
import type { BenchmarkItem } from "./benchmark-item.ts";
import { type RespondOptions, respond } from "./respond.ts";

let folder: string;
let store: RunStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rpo-respond-"));
  store = new RunStore(folder, () => new Date(0));
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const item = (id: string, questions: readonly string[]): BenchmarkItem => ({
  id,
  turns: questions.map((content, index) => ({
    messages: [
      ...(index === 0 ? [{ role: "system" as const, content: "Be brief." }] : []),
      { role: "user" as const, content },
    ],
    gold: `gold of ${content}`,
  })),
});
const ITEMS = [item("a", ["a1", "a2", "a3"]), item("b", ["b1"]), item("c", ["c1", "c2"])];

/** The last message, with how many came before it. */
const echo: Script = ({ messages }) => `re ${messages.at(-1)!.content} after ${messages.length - 1}`;

function options(
  script: Script,
  more: Partial<RespondOptions> = {},
  kept = store,
): RespondOptions & { readonly asked: ScriptedModel } {
  const asked = scriptedModel(script, { concurrency: 2 });
  const model = recordedModel(asked, {
    store: kept,
    ledger: new Ledger(),
    identity: "m",
    role: "policy",
    stage: "eval",
  });
  const sampling = { temperature: 0, maxTokens: 50, seed: 1 };
  return { benchmark: "test", model, identity: "m", sampling, store: kept, asked, ...more };
}
const given = (text: string) => ({ text, finishReason: "stop" });

describe("respond", () => {
  it("asks turn by turn, with all that was said and the model's own responses between", async () => {
    const { asked, ...rest } = options(echo);
    expect(await respond(ITEMS, rest)).toEqual([
      { item: ITEMS[0], responses: [given("re a1 after 1"), given("re a2 after 3"), given("re a3 after 5")] },
      { item: ITEMS[1], responses: [given("re b1 after 1")] },
      { item: ITEMS[2], responses: [given("re c1 after 1"), given("re c2 after 3")] },
    ]);
    const last = asked.requests.find(({ messages }) => messages.at(-1)!.content === "a3")!;
    expect(last).toMatchObject({ temperature: 0, maxTokens: 50, n: 1 });
    expect(last.messages.map(({ role, content }) => `${role}: ${content}`)).toEqual([
      "system: Be brief.",
      "user: a1",
      "assistant: re a1 after 1",
      "user: a2",
      "assistant: re a2 after 3",
      "user: a3",
    ]);
    expect(new Set(asked.requests.map(({ seed }) => seed)).size).toBe(6);
  });

  it("goes on from the data set's responses where they are wanted, and refuses to without them", async () => {
    const { asked, ...rest } = options(echo, { history: "gold" });
    await respond(ITEMS, rest);
    const contents = asked.requests.map(({ messages }) => messages.map(({ content }) => content).join("|"));
    expect(contents).toContain("Be brief.|a1|gold of a1|a2|gold of a2|a3");
    const without = { id: "d", turns: [{ messages: [] }, { messages: [] }] };
    await expect(respond([without], rest)).rejects.toThrow("turn 1 of item d has no gold response");
  });

  it("keeps an item that fails with its cause, and asks again for what is missing alone", async () => {
    const broken = options(({ messages, ...rest }) => {
      if (messages.at(-1)!.content === "a2") throw new Error("no wires");
      return echo({ messages, ...rest });
    });
    const first = await respond(ITEMS, broken);
    expect(first[0]).toEqual({ item: ITEMS[0], cause: "no wires" });
    expect(first[2]).toHaveProperty("responses");
    const { asked, ...mended } = options(echo);
    const second = await respond(ITEMS, mended);
    expect(second[0]).toHaveProperty("responses");
    expect(asked.requests.map(({ messages }) => messages.at(-1)!.content)).toEqual(["a2", "a3"]);
  });

  it("asks anew under other settings", async () => {
    const first = options(echo);
    await respond(ITEMS, first);
    const { asked, ...rest } = options(echo, { sampling: { temperature: 0, maxTokens: 60, seed: 1 } });
    await respond(ITEMS, rest);
    expect(asked.requests).toHaveLength(6);
  });

  it.each([1, 2, 3, 4, 5, 6])(
    "stopped at request %i and started again, gives the same and pays twice for nothing that ended",
    async (at) => {
      const stop = new AbortController();
      let answered = 0;
      const stopped = options(
        (sample) => {
          answered += 1;
          if (answered === at) stop.abort();
          return echo(sample);
        },
        { signal: stop.signal },
      );
      const outcome = await respond(ITEMS, stopped).catch((error) => error);
      expect(outcome).toBeInstanceOf(Interrupted);
      const ended = stopped.asked.requests.length;
      const { asked, ...rest } = options(echo);
      const resumed = await respond(ITEMS, rest);
      const fresh = new RunStore(join(folder, "undisturbed"), () => new Date(0));
      onTestFinished(() => fresh.close());
      const undisturbed = await respond(ITEMS, options(echo, {}, fresh));
      expect(resumed).toEqual(undisturbed);
      // What was under way when the signal came is asked again: one request of each of two lanes at most.
      expect(asked.requests.length).toBeLessThanOrEqual(6 - ended + 2);
    },
  );
});
