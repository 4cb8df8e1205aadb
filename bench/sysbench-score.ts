// Scoring of SysBench runs: reading the judged rounds, the scores, and their intervals. Target: under 100 ms a run without intervals.
// Run: node bench/sysbench-score.ts (data in ../shared, or RPO_SHARED).
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { measuresOf, measureValues } from "../src/eval/measures.ts";
import { readJudgedRounds } from "../src/eval/sysbench/rounds.ts";
import { sysbenchItems } from "../src/eval/sysbench/score.ts";

const directory = join(process.env.RPO_SHARED ?? "../shared", "data/sysbench");
if (!existsSync(directory)) {
  console.log(`SysBench is not at ${directory}: nothing to measure (set RPO_SHARED).`);
  process.exit();
}
const files = readdirSync(join(directory, "verdicts")).map((name) => join(directory, "verdicts", name));
const sessions = join(directory, "sessions.jsonl.gz");

const times: Record<string, number[]> = {};
async function timed<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const made = await work();
  times[name] = [...(times[name] ?? []), performance.now() - start];
  return made;
}

for (let repeat = 0; repeat < 3; repeat += 1)
  for (const verdicts of files) {
    const rounds = await timed("read and check the rounds", () => readJudgedRounds({ verdicts }));
    await timed("read and check against the sessions", () => readJudgedRounds({ verdicts, sessions }));
    const items = await timed("items", () => sysbenchItems(rounds, "parity"));
    await timed("scores", () => measureValues({ benchmark: "sysbench", items }));
    await timed("scores with intervals", () =>
      measuresOf({ benchmark: "sysbench", items }, { seed: 1, resamples: 2000 }),
    );
  }
const shown = (milliseconds: number): string => milliseconds.toFixed(1).padStart(8);
console.log(`${files.length} runs, three times each; milliseconds   median      min      max`);
for (const [name, list] of Object.entries(times)) {
  list.sort((a, b) => a - b);
  console.log(`${name.padEnd(46)}${shown(list[list.length >> 1]!)} ${shown(list[0]!)} ${shown(list.at(-1)!)}`);
}
