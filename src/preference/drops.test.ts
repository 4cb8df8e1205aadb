import { describe, expect, it } from "vitest";
import { type Drops, drop, isPaired } from "./drops.ts";

describe("drop", () => {
  it("counts by reason, and leaves reasons that never occurred out", () => {
    const drops: Drops = {};
    drop(drops, "ties");
    drop(drops, "ties", 2);
    drop(drops, "conflict", 0);
    expect(drops).toEqual({ ties: 3 });
  });
});

describe("isPaired", () => {
  it("tells the methods that pair responses from those that do not", () => {
    expect((["rpo", "dpo", "kto", "sft"] as const).filter(isPaired)).toEqual(["rpo", "dpo"]);
  });
});
