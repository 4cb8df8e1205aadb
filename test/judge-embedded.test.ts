// The judge with the real SmolLM2-135M-Instruct: that question, grammar and answer fit together. A model of this size is no judge:
// what it says is not looked at, only its form. (It is no reverser either: three answers in a row repeat the constraint.)
import { afterAll, describe, expect, it } from "vitest";
import { llmVerdicts } from "../src/judge/llm-judge.ts";
import { APPLIES, triggersOf } from "../src/judge/triggered.ts";
import { embeddedModel } from "../src/model/embedded.ts";
import { pull } from "../src/model/pull.ts";

const found = await pull("smollm2-135m").catch((error: Error) => error);
const title = found instanceof Error ? `the embedded judge (skipped: ${found.message})` : "the embedded judge";

describe.skipIf(found instanceof Error)(title, () => {
  if (found instanceof Error) return;
  const model = embeddedModel({ ...found.settings, contextSize: 1024, width: 1 });
  afterAll(() => model.dispose());

  it("gives a verdict and a trigger in the form asked for", async () => {
    const question = { history: [], query: "How do I make leek soup?", language: "en" } as const;
    const [verdict] = await llmVerdicts({ ...question, response: "Fry two leeks, dear." }, ["Be kind."], {
      model,
      seed: 1,
      perCall: 8,
      votes: 1,
    });
    expect(["pass", "fail", "na"]).toContain(verdict?.verdict);
    expect(verdict?.votes).toEqual([{ verdict: verdict?.verdict, reason: verdict?.reason }]);
    const [trigger] = await triggersOf([{ text: "When thanked, joke." }], question, { model, seed: 1 });
    expect(APPLIES).toContain(trigger?.applies);
  });
});
