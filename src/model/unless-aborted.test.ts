import { describe, expect, it } from "vitest";
import { unlessAborted } from "./unless-aborted.ts";

const never = new Promise<string>(() => undefined);

describe("unlessAborted", () => {
  it("gives the work's result or its error", async () => {
    const { signal } = new AbortController();
    await expect(unlessAborted(Promise.resolve("done"), signal)).resolves.toBe("done");
    await expect(unlessAborted(Promise.reject(new Error("broken")), signal)).rejects.toThrow("broken");
  });

  it("gives undefined when the signal comes first, or was there before", async () => {
    const stop = new AbortController();
    const waiting = unlessAborted(never, stop.signal);
    stop.abort();
    await expect(waiting).resolves.toBeUndefined();
    await expect(unlessAborted(never, stop.signal)).resolves.toBeUndefined();
    await expect(unlessAborted(Promise.resolve("done"), stop.signal)).resolves.toBeUndefined();
  });

  it("lets work fail unheard after the signal", async () => {
    const stop = new AbortController();
    const { promise, reject } = Promise.withResolvers<string>();
    const waiting = unlessAborted(promise, stop.signal);
    stop.abort();
    await waiting;
    reject(new Error("too late"));
    await new Promise((resolve) => setImmediate(resolve)); // an unhandled rejection would fail the run here
  });
});
