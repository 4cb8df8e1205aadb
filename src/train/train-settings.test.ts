import { describe, expect, it } from "vitest";
import { LINEAR_LAYERS } from "../weights/architecture.ts";
import { decidingSettings, loraConfigOf, memoryBytes, objectiveOf, trainSettings } from "./train-settings.ts";

describe("trainSettings", () => {
  it("needs a method only; the rest is the method's training setting (spec/method.md)", () => {
    expect(trainSettings.parse({ method: "rpo" })).toMatchObject({
      beta: 0.1,
      schedule: "cosine",
      warmup: 0.1,
      maxLength: 4096,
      keep: "last",
    });
    expect(decidingSettings(trainSettings.parse({ method: "rpo" }))).toMatchObject({ gamma: 0.05, epochs: 3 });
    expect(loraConfigOf(trainSettings.parse({ method: "rpo" })).targets).toEqual(LINEAR_LAYERS);
  });

  it.each([
    [{ method: "rpo", epochs: 1, steps: 5 }],
    [{ method: "rpo", gamma: 0.1, referenceCompat: true }],
    [{ method: "rpo", beta: 0 }],
    [{ method: "rpo", beta: Number.NaN }],
    [{ method: "rpo", dropout: 1 }],
    [{ method: "rpo", gama: 1 }],
    [{ method: "ipo" }],
    [{}],
  ])("refuses %j", (given) => {
    expect(trainSettings.safeParse(given).success).toBe(false);
  });
});

describe("the objective", () => {
  const gammaOf = (given: object): number => objectiveOf(trainSettings.parse({ method: "rpo", ...given })).gamma;

  it("has the paper's γ outside β, or that of its public code", () => {
    expect(gammaOf({})).toBe(0.05);
    expect(gammaOf({ gamma: 0.5, beta: 0.2 })).toBe(0.5);
    expect(gammaOf({ referenceCompat: true, beta: 0.2 })).toBeCloseTo(0.05 * 0.2, 15);
  });
});

describe("what decides an adapter", () => {
  const deciding = (given: object) => decidingSettings(trainSettings.parse({ method: "rpo", ...given }));

  it("is not how it is computed, nor what its method does not know", () => {
    expect(deciding({ threads: 1, saveEvery: 3, memory: "2GB", keep: "best" })).toEqual(deciding({}));
    expect(deciding({ method: "sft", beta: 0.5, nll: 1 })).toEqual(deciding({ method: "sft" }));
    expect(deciding({ method: "dpo" })).not.toHaveProperty("gamma");
    expect(deciding({ beta: 0.5 })).not.toEqual(deciding({}));
  });

  it("is the same however it was asked for", () => {
    expect(deciding({ epochs: 3 })).toEqual(deciding({}));
    expect(deciding({ gamma: 0.05 })).toEqual(deciding({}));
    expect(deciding({ targets: ["v_proj", "q_proj"] })).toEqual(deciding({ targets: ["q_proj", "v_proj"] }));
    expect(deciding({ steps: 5 })).not.toHaveProperty("epochs");
  });
});

describe("memoryBytes", () => {
  it.each([
    ["4GB", 4e9],
    ["1.5 GiB", 1.5 * 2 ** 30],
    ["800MB", 8e8],
  ])("reads %s", (text, bytes) => {
    expect(memoryBytes(text)).toBe(bytes);
  });
  it("refuses what is no amount", () => {
    for (const text of ["4", "4gb", "GB", "-1GB", "4GB!"]) expect(() => memoryBytes(text)).toThrow(RangeError);
  });
});
