// `npm run bench [NAME …]`: all benches, or the ones named, one after another, each in a process of its own.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ALL = [
  "startup",
  "verdicts",
  "verify",
  "pairs",
  "recognition",
  "recognition-en",
  "requests",
  "construct",
  "sysbench-score",
];

const named = process.argv.slice(2);
for (const name of named.length > 0 ? named : ALL) {
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  if (!ALL.includes(name) || !existsSync(file)) throw new Error(`no bench "${name}"; there are: ${ALL.join(", ")}`);
  console.log(`\n— ${name}`);
  const { status } = spawnSync(process.execPath, [file], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
