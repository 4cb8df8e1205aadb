import { expect, it } from "vitest";
import { AbortCrowd } from "./abort-crowd.ts";

it("tells all who wait, once, and none who went", () => {
  const run = new AbortController();
  const crowd = new AbortCrowd(run.signal);
  const told: string[] = [];
  const gone = (): void => void told.push("gone");
  crowd.add(() => told.push("a"));
  crowd.add(gone);
  crowd.add(() => told.push("b"));
  crowd.delete(gone);
  expect([crowd.aborted, told]).toEqual([false, []]);
  run.abort();
  run.abort();
  expect([crowd.aborted, told]).toEqual([true, ["a", "b"]]);
});

it("knows a signal that was aborted before", () => {
  expect(new AbortCrowd(AbortSignal.abort()).aborted).toBe(true);
});
