// kill -9 at seeded moments; `node bench/kill.ts` does it fifty times.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { seededRandom } from "../../src/preference/seed.ts";
import { killedAndUndisturbed } from "./killed-run.ts";

const KILLS = 12;

it("a run that is killed a dozen times ends as an undisturbed one, and pays for nothing again that had ended", async () => {
  const directory = mkdtempSync(join(tmpdir(), "rpo-kill-"));
  try {
    const { undisturbed, killed } = await killedAndUndisturbed(directory, KILLS, seededRandom("kill", 1));
    expect(killed.kills).toBe(KILLS);
    expect(killed.result).toBe(undisturbed.result);
    expect(killed.result).toMatch(/\["ok"\]$/);
    expect(killed.paidAgain).toEqual([]);
    expect(undisturbed.answers).toBe(undisturbed.needed);
    expect(killed.needed).toBe(undisturbed.needed);
    expect(killed.answers).toBeLessThanOrEqual(killed.needed + killed.allowed);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
