// Our side of bench/verify.ts, in a process of its own: verdicts of a suite on rows, with the processor's seconds of the start (program,
// tables, reading) and of the verdicts. Arguments as official.py's: suite, rows, where the verdicts go.
import { readFileSync, writeFileSync } from "node:fs";
import module from "node:module";
import type { Suite } from "../../src/eval/ifeval/instruction.ts";

module.enableCompileCache(); // as bin/rpo.mjs does; Python has its own
const { verify } = await import("../../src/eval/ifeval/verify.ts");
const { verifyOptions } = await import("../../src/eval/ifeval/verify-tables.ts");

interface Row {
  readonly instruction_id: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly response: string;
}

const [suite, rowsPath, outPath] = process.argv.slice(2) as [Suite, string, string];
const rows = readFileSync(rowsPath, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Row);
const options = verifyOptions({ suite, mode: "parity" });

/** Of all threads: what the engine compiles and collects beside the program counts as well. */
const processorSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const start = processorSeconds();
const verdicts = rows.map(({ instruction_id, kwargs, response }) => verify(instruction_id, kwargs, response, options));
const seconds = processorSeconds() - start;
writeFileSync(outPath, verdicts.map((row) => `${JSON.stringify(row)}\n`).join(""));
process.stdout.write(JSON.stringify({ start, verdicts: seconds }));
