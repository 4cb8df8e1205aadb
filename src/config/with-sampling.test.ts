import { expect, it } from "vitest";
import { scriptedModel } from "../model/scripted-model.ts";
import { withSampling } from "./with-sampling.ts";

const ASK = { messages: [{ role: "user", content: "q" }], seed: 1, maxTokens: 10, temperature: 0 } as const;

it("asks as the settings say, whoever asks, and leaves the rest to who asks", async () => {
  const model = scriptedModel(["a"]);
  await withSampling(model, { maxTokens: 500, topP: 0.9 }).generate(ASK);
  expect(model.requests[0]).toMatchObject({ maxTokens: 500, topP: 0.9, temperature: 0, seed: 1 });
});

it("is the model itself where nothing is said", () => {
  const model = scriptedModel(["a"]);
  expect(withSampling(model, {})).toBe(model);
});
