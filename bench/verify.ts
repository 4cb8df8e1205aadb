// `npm run bench:verify`: verification beside the official programs: the rows of shared/data/parity (9,505) in both suites, strict and loose, each side in
// a process of its own. Seconds are the processor's, of all threads, so that neighbours on the machine and more cores change little.
// The official IFEval is lm-evaluation-harness's copy (PyPI); Multi-IF's own program is on no registry: where RPO_MULTI_IF is the path of
// its ifeval.py, it is measured too. Targets: 20 times as fast, both suites within 6 s on one core. Without the rows or the official
// environment (npm run bench:verify makes it), it says so and measures the rest.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { PunktParameters } from "../src/eval/nltk/punkt.ts";
import { cachedPunktParameters } from "../src/eval/nltk/punkt-parameters.ts";

/** Runs of each side, of which the quickest counts. */
const RUNS = Number(process.argv[2] ?? 3);
const TARGET_RATIO = 20;
const TARGET_SECONDS = 6;

interface Seconds {
  /** Until the first verdict: the program, its tables, the rows. */
  readonly start: number;
  readonly verdicts: number;
}

interface Side {
  readonly seconds: Seconds;
  readonly verdicts: readonly string[];
}

const { verifyPython } = (await import(new URL("../setup/python.mjs", import.meta.url).href)) as {
  verifyPython: string;
};
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const parity = join(process.env.RPO_SHARED ?? "../shared", "data/parity/verifiers.jsonl.gz");
const punkt = cachedPunktParameters();

if (!existsSync(parity)) console.log(`the parity rows are not at ${parity}: nothing to measure (set RPO_SHARED)`);
else if (punkt === null) console.log("the tables of the evaluation are not here: rpo eval tables --pull");
else {
  const scratch = mkdtempSync(join(tmpdir(), "rpo-bench-verify-"));
  try {
    compare(scratch, punkt);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function compare(scratch: string, punkt: PunktParameters): void {
  const rows = join(scratch, "rows.jsonl");
  writeFileSync(rows, gunzipSync(readFileSync(parity)));
  const nltk = join(scratch, "nltk");
  writePunktTab(join(nltk, "tokenizers/punkt_tab/english"), punkt);
  const multiIf = process.env.RPO_MULTI_IF;
  const ours = (suite: string): Side =>
    best(() => run(process.execPath, [here("verify/ours.ts"), suite], rows, scratch));
  const official = (suite: string): Side =>
    best(() => run(verifyPython, [here("verify/official.py"), suite], rows, scratch, { NLTK_DATA: nltk }));

  const sides = { ifeval: ours("ifeval"), multi_if: ours("multi_if") };
  const total = whole(sides.ifeval) + whole(sides.multi_if);
  const count = sides.ifeval.verdicts.length.toLocaleString("en-US");
  for (const [suite, side] of Object.entries(sides)) show(`ours, ${suite}`, side);
  console.log(
    `  ours, both suites of ${count} rows: ${total.toFixed(2)} s of the processor; target ${TARGET_SECONDS} s`,
  );
  if (!existsSync(verifyPython)) {
    console.log("  no official program here: npm run bench:verify fetches it");
    return;
  }
  beside("ifeval", sides.ifeval, official("ifeval"));
  if (multiIf !== undefined) beside("multi_if", sides.multi_if, official(multiIf));
  else console.log("  multi_if: its official program is on no registry; RPO_MULTI_IF is the path of its ifeval.py");
}

function run(
  program: string,
  args: readonly string[],
  rows: string,
  scratch: string,
  env: Readonly<Record<string, string>> = {},
): Side {
  const out = join(scratch, "verdicts.jsonl");
  const { status, stdout } = spawnSync(program, [...args, rows, out], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed (exit ${status})`);
  return {
    seconds: JSON.parse(stdout.trim().split("\n").at(-1)!) as Seconds,
    verdicts: readFileSync(out, "utf8").trimEnd().split("\n"),
  };
}

function whole({ seconds: { start, verdicts } }: Side): number {
  return start + verdicts;
}

/** The quickest of a few runs: what neighbours took away is in the others. */
function best(once: () => Side): Side {
  const sides = Array.from({ length: RUNS }, once);
  return sides.reduce((quickest, side) => (whole(side) < whole(quickest) ? side : quickest));
}

function show(name: string, { seconds: { start, verdicts } }: Side): void {
  console.log(`  ${name}: start ${start.toFixed(2)} s, verdicts ${verdicts.toFixed(2)} s`);
}

function beside(suite: string, ours: Side, official: Side): void {
  show(`official, ${suite}`, official);
  const other = ours.verdicts.filter((verdict, row) => !same(verdict, official.verdicts[row]!)).length;
  const ratio = (part: (side: Side) => number): string => (part(official) / part(ours)).toFixed(1);
  console.log(
    `  ${suite}: whole process ${ratio(whole)} times as fast, verdicts alone ${ratio(({ seconds }) => seconds.verdicts)} times; ` +
      `target ${TARGET_RATIO}; ${other} of ${ours.verdicts.length} rows with another verdict`,
  );
}

function same(a: string, b: string): boolean {
  const [one, two] = [a, b].map((line) => JSON.parse(line) as { strict: unknown; loose: unknown });
  return one!.strict === two!.strict && one!.loose === two!.loose;
}

/** Punkt's parameters in the files that NLTK reads them from. */
function writePunktTab(
  folder: string,
  { abbreviations, sentenceStarters, collocations, orthography }: PunktParameters,
): void {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, lines: Iterable<string>): void =>
    writeFileSync(join(folder, name), [...lines].map((line) => `${line}\n`).join(""));
  write("abbrev_types.txt", abbreviations);
  write("sent_starters.txt", sentenceStarters);
  write(
    "collocations.tab",
    [...collocations].map((pair) => pair.replace("\n", "\t")),
  );
  write(
    "ortho_context.tab",
    [...orthography].map(([word, context]) => `${word}\t${context}`),
  );
}
