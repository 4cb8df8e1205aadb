import { describe, expect, it } from "vitest";
import { type Drops, drop, dropText, isPaired } from "./drops.ts";

describe("drop", () => {
  it("counts by reason, and leaves reasons that never occurred out", () => {
    const drops: Drops = {};
    drop(drops, "ties");
    drop(drops, "ties", 2);
    drop(drops, "conflict", 0);
    expect(drops).toEqual({ ties: 3 });
  });
});

describe("dropText", () => {
  it("says what was left out, and one as one", () => {
    expect(dropText("no_text", 1)).toBe("1 response without text");
    expect(dropText("conflict", 1200)).toBe("1,200 pairs whose prompt would contradict itself");
  });
});

describe("isPaired", () => {
  it("tells the methods that pair responses from those that do not", () => {
    expect((["rpo", "dpo", "kto", "sft"] as const).filter(isPaired)).toEqual(["rpo", "dpo"]);
  });
});
