import { Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { LINEAR_LAYERS } from "../../weights/architecture.ts";
import { tinyArchitecture } from "../../weights/tiny-architecture.ts";
import type { LoraConfig } from "../lora-weights.ts";
import type { TokenRow } from "../token-row.ts";
import { feedInputs, keepFeeds, lossFeeds, rowFeeds } from "./row-feeds.ts";
import { keepInputs } from "./step-graph.ts";

const config: LoraConfig = { rank: 4, alpha: 8, dropout: 0, targets: LINEAR_LAYERS };
const LOSS = {
  slope: [0.2, -0.1],
  bias: 0.1,
  linear: [-0.1, 0],
  softplusOfMinus: 1,
  softplusOfPlus: 0.1,
  sigmoidOfMinus: 0,
};
const row: TokenRow = {
  id: "rows.jsonl:1",
  prompt: Int32Array.from({ length: 9 }, (_, i) => 7 * i + 3),
  completions: [Int32Array.from({ length: 12 }, (_, i) => 300 - 11 * i), Int32Array.of(5, 6, 7, 8, 9)],
  margin: 1,
  desirable: true,
};

describe("feedInputs", () => {
  const architecture = tinyArchitecture("llama");

  it("takes each input from the first feed that has it, and refuses one that none has", () => {
    const one = new Tensor("float32", Float32Array.of(1), [1]);
    const feeds = [(input: string) => (input === "a" ? one : undefined), lossFeeds(row, LOSS)];
    expect(feedInputs(["a", "bias"], feeds).a).toBe(one);
    expect(feedInputs(["a", "bias"], feeds).bias?.data).toEqual(Float32Array.of(0.1));
    expect(() => feedInputs(["ids"], feeds)).toThrow("nothing to feed ids with");
  });

  it("has a table for each kind of rotary embedding and a mask for each kind of window", () => {
    const names = ["ids", "positions", "targets", "segment", "cos_0", "sin_1", "mask_0", "mask_1"];
    const fed = feedInputs(names, [rowFeeds(tinyArchitecture("gemma3"), row)]);
    expect(names.map((name) => fed[name]?.dims)).toEqual([
      [24],
      [17],
      [17],
      [2, 17],
      [24, 32],
      [24, 32],
      [24, 24],
      [24, 24],
    ]);
    expect(fed.cos_0?.data).not.toEqual(feedInputs(["cos_1"], [rowFeeds(tinyArchitecture("gemma3"), row)]).cos_1?.data);
  });

  it("draws dropout masks of the row's length, the same whenever they are asked for", () => {
    const dropping = { ...config, dropout: 0.5 };
    const [keep] = keepInputs(architecture, dropping);
    const feed = keepFeeds(architecture, dropping, 10, 4);
    const name = keep?.name as string;
    expect(feed(name)?.dims).toEqual([10, architecture.hidden]);
    expect(feed(name)?.data).toEqual(feed(name)?.data);
    expect(keepFeeds(architecture, dropping, 10, 5)(name)?.data).not.toEqual(feed(name)?.data);
    expect(keepFeeds(architecture, config, 10, 4)(name)).toBe(undefined);
  });
});
