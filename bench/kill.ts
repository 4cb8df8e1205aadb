// A run of two stages killed 50 times with SIGKILL, at seeded moments: `node bench/kill.ts [KILLS] [SEED]`. Says how many answers
// were paid for beyond those of an undisturbed run (at most what was under way at each kill), and fails where the results
// differ or an answer that had been acknowledged was paid for again.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "../src/preference/seed.ts";
import { killedAndUndisturbed } from "../test/kill/killed-run.ts";

const [kills, seed] = [Number(process.argv[2] ?? 50), Number(process.argv[3] ?? 1)];
const directory = mkdtempSync(join(tmpdir(), "rpo-bench-kill-"));
try {
  const { undisturbed, killed } = await killedAndUndisturbed(directory, kills, seededRandom("kill", seed));
  const same = killed.result === undisturbed.result;
  console.log(
    `kill: ${killed.kills} kills; result ${same ? "the same as" : "ANOTHER THAN"} undisturbed; ${killed.answers} answers for the ` +
      `${killed.needed} needed (${killed.answers - killed.needed} under way at a kill, at most ${killed.allowed}); ` +
      `paid again though acknowledged: ${killed.paidAgain.length} (target 0)`,
  );
  if (!same || killed.kills < kills || killed.paidAgain.length > 0) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true });
}
