import { describe, expect, it } from "vitest";
import { type FailureKind, ModelFailure } from "./model-failure.ts";
import { MOST_OUTAGES, OutageWatch } from "./outage-watch.ts";

const failure = (kind: FailureKind) => new ModelFailure(kind, "http://127.0.0.1:9/v1: connection refused");

describe("OutageWatch", () => {
  it.each<FailureKind>(["network", "timeout", "overload", "rate"])("ends after so many in a row of %s", (kind) => {
    const watch = new OutageWatch();
    for (let count = 1; count < MOST_OUTAGES; count += 1) expect(watch.failed(failure(kind), "turns")).toBeNull();
    expect(watch.failed(failure(kind), "turns")).toMatchObject({
      kind,
      message: "8 turns in a row failed alike, so the others are not tried: http://127.0.0.1:9/v1: connection refused",
    });
  });

  it("begins anew where somebody was there: something was done, or failed for a reason of its own", () => {
    const watch = new OutageWatch();
    for (const between of [
      () => watch.reached(),
      () => watch.failed(failure("answer"), "turns"),
      () => watch.failed(new Error("odd"), "turns"),
    ]) {
      for (let count = 1; count < MOST_OUTAGES; count += 1)
        expect(watch.failed(failure("network"), "turns")).toBeNull();
      between();
    }
    expect(watch.failed(failure("network"), "turns")).toBeNull();
  });
});
