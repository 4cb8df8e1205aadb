import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { descendantsIn, descendantsOf, killRemaining } from "./descendants.ts";

const BEGAN = "Mon Nov 30 17:19:43 2026";
const began = Date.parse(BEGAN);

describe("descendants of a process", () => {
  it("are found over generations, in a listing of ps", () => {
    const listing = [
      `    1     0 ${BEGAN}`,
      `   10     1 ${BEGAN}`,
      `   11    10 ${BEGAN}`,
      `  120    11 ${BEGAN}`,
      `   13     1 ${BEGAN}`,
      "no process at all",
      "",
    ].join("\n");
    expect(descendantsIn(listing, 10)).toEqual([
      { id: 11, began },
      { id: 120, began },
    ]);
    expect(descendantsIn(listing, 13)).toEqual([]);
  });

  it("are ended, and none that has only got their number", async () => {
    const child = spawn("sh", ["-c", "sleep 600 & sleep 601 & wait"], { stdio: "ignore", detached: true });
    const exit = once(child, "exit");
    while ((await descendantsOf(child.pid!)).length < 2) await delay(20);
    const seen = await descendantsOf(child.pid!);
    await killRemaining(seen.map((process) => ({ ...process, began: process.began - 60_000 })));
    expect(await descendantsOf(child.pid!)).toHaveLength(2);
    await killRemaining(seen);
    await exit;
    const isThere = (id: number): boolean => {
      try {
        return process.kill(id, 0);
      } catch {
        return false;
      }
    };
    await expect.poll(() => seen.filter(({ id }) => isThere(id)), { timeout: 10_000 }).toEqual([]);
  });
});
