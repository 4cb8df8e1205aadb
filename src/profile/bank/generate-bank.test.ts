import { describe, expect, it } from "vitest";
import { ModelFailure } from "../../model/model-failure.ts";
import { type Script, scriptedModel } from "../../model/scripted-model.ts";
import type { ProfileInspiration } from "./generate.ts";
import { type BankItem, generateBank } from "./generate-bank.ts";

const inspiration = (id: string): ProfileInspiration => ({
  id,
  source: "corner",
  name: id,
  description: "All about tea",
  corpus: `Name: ${id}`,
  constraints: [],
});

const WHO = {
  name: "Miss Okolie",
  description: "You run a tea counter at the back of a hardware shop, and you know every leaf by its smell. ".repeat(2),
  skills: ["recommend a tea"],
};
const rules = Array.from({ length: 12 }, (_, i) => ({
  when: "always",
  must: `Mention the tea “${"abcdefghijkl"[i]?.repeat(9)}”.`,
}));

const writing: Script = ({ messages }) =>
  JSON.stringify(messages.at(-1)?.content.includes("INSPIRATION") ? WHO : { constraints: rules });

async function all(items: AsyncIterable<BankItem>): Promise<BankItem[]> {
  const list: BankItem[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const options = { languages: ["en"], seed: 1, maxTokens: 500 } as const;
const ids = ["a", "b", "c", "d", "e"];

describe("generateBank", () => {
  it("gives profiles in the order of the inspirations, whatever comes first", async () => {
    let late = 5;
    const writer = scriptedModel(
      async (sample) => {
        for (let wait = late--; wait > 0; wait -= 1) await null;
        return writing(sample);
      },
      { concurrency: 2 },
    );
    const items = await all(generateBank(writer, ids.map(inspiration), options));
    expect(items.map((item) => "generated" in item && item.generated.profile.id)).toEqual(ids.map((id) => `${id}-en`));
  });

  it("tells why one failed, and goes on", async () => {
    const writer = scriptedModel((sample) => {
      if (sample.messages[1]?.content.includes("Name: b")) return "no";
      return writing(sample);
    });
    const items = await all(generateBank(writer, ids.map(inspiration), options));
    expect(items.map((item) => "cause" in item)).toEqual([false, true, false, false, false]);
    expect(items[1]).toMatchObject({ language: "en", cause: expect.stringMatching(/no usable profile in 3 answers/) });
  });

  it("ends where the model is out of reach, but not for an outage now and then", async () => {
    let asked = 0;
    const many = Array.from({ length: 60 }, (_, i) => inspiration(`i${i}`));
    const down = scriptedModel(() => {
      asked += 1;
      throw new ModelFailure("network", "nobody there");
    });
    await expect(all(generateBank(down, many, options))).rejects.toThrow(
      /^8 profiles in a row failed alike, so the others are not tried: nobody there/,
    );
    expect(asked).toBeLessThan(20);
    const shaky = scriptedModel((sample) => {
      if (/Name: i\d*[1-9]$/m.test(sample.messages[1]?.content ?? "")) return writing(sample);
      if (sample.messages[1]?.content.includes("INSPIRATION")) throw new ModelFailure("overload", "busy");
      return writing(sample);
    });
    const items = await all(generateBank(shaky, many, options));
    expect(items.filter((item) => "cause" in item)).toHaveLength(6);
  });

  it("draws alike for an inspiration, whatever stands beside it", async () => {
    const ofC = async (list: readonly string[]) =>
      (await all(generateBank(scriptedModel(writing), list.map(inspiration), options))).find(
        (item) => item.inspiration.id === "c",
      );
    expect(await ofC(["c"])).toEqual(await ofC(ids));
  });

  it("ends at a failure that all would meet, and when it is told to, with nothing left running", async () => {
    const closed = scriptedModel(() => {
      throw new ModelFailure("key", "no key");
    });
    await expect(all(generateBank(closed, ids.map(inspiration), options))).rejects.toThrow("no key");

    const stop = new AbortController();
    const writer = scriptedModel(writing);
    const seen: BankItem[] = [];
    const stopped = (async () => {
      for await (const item of generateBank(writer, ids.map(inspiration), { ...options, signal: stop.signal })) {
        seen.push(item);
        stop.abort(new Error("enough"));
      }
    })();
    await expect(stopped).rejects.toThrow("enough");
    expect(seen).toHaveLength(1);
    const asked = writer.requests.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(writer.requests).toHaveLength(asked);
  });
});
