import { describe, expect, it } from "vitest";
import { satisfiedShare } from "./judged.ts";

describe("satisfiedShare", () => {
  it("is the share of true among the verdicts that are not null", () => {
    expect(satisfiedShare([true, false, null, true])).toBeCloseTo(2 / 3);
    expect(satisfiedShare([false])).toBe(0);
    expect(satisfiedShare([null])).toBeNull();
    expect(satisfiedShare([])).toBeNull();
  });
});
