// Time of `rpo --help`, as a whole process on this Node.js. Target: under 150 ms.
import { spawnSync } from "node:child_process";

const RUNS = 15;
const times: number[] = [];
for (let i = 0; i <= RUNS; i++) {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, ["bin/rpo.mjs", "--help"], { stdio: "ignore" });
  if (status !== 0) throw new Error(`rpo --help exits ${status}`);
  if (i > 0) times.push(performance.now() - start); // the first fills the compile cache
}
times.sort((a, b) => a - b);
const [min, median, max] = [times[0], times[(RUNS - 1) / 2], times[RUNS - 1]].map((time) => Math.round(time!));
console.log(`rpo --help: median ${median} ms (min ${min}, max ${max}); target under 150 ms`);
