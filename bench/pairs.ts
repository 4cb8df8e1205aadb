// RPO pairs per second of `rpo pairs`, from a turn table on disk to JSON Lines on disk, and its peak memory: `node
// bench/pairs.ts [PAIRS]` (1,000,000 where left out: 4 GB of disk for a minute). The table is made up, in a temporary folder:
// 6 responses of about 100 words, 6 constraints in a system prompt of about 1,200 characters, half English, half Chinese.
// Conflicts are those that the rules prove; the reverses stand in the table. Targets: 20,000 pairs a second; 300 MB.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { jsonLine } from "../src/dataset/jsonl.ts";
import { stageText } from "../src/dataset/staged-file.ts";
import type { TrainingSetSummary } from "../src/dataset/training-set.ts";
import type { TurnRow } from "../src/dataset/turn-table.ts";
import { type Random, seededRandom } from "../src/preference/seed.ts";

const RESPONSES = 6;
const SHARE_SATISFIED = 0.7;
/** What 6 random vectors of 6 verdicts give on average, merged, both directions. */
const PAIRS_PER_TURN = 25;

const CONSTRAINTS: readonly { text: string; reversed: string }[][] = [
  [
    { text: "Use no commas.", reversed: "Use at least one comma." },
    { text: "Answer in at most three sentences.", reversed: "Answer in at least four sentences." },
    { text: "Mention the harbour.", reversed: "Do not mention the harbour." },
    { text: "Use at least one emoji.", reversed: "Use no emoji." },
    { text: "Write at least 50 words.", reversed: "Write at most 49 words." },
    { text: "Start with a greeting to the reader.", reversed: "Do not start with a greeting to the reader." },
  ],
  [
    { text: "不要使用逗号。", reversed: "必须使用逗号。" },
    { text: "回答不超过50字。", reversed: "回答至少51字。" },
    { text: "必须提到港口。", reversed: "不要提到港口。" },
    { text: "使用至少一个表情符号。", reversed: "不要使用表情符号。" },
    { text: "分成三段回答。", reversed: "不要分成三段回答。" },
    { text: "开头问候读者。", reversed: "开头不要问候读者。" },
  ],
];
const FILLER = [
  "The harbour keeps its own time and every boat that leaves before dawn comes home with a story worth telling. ",
  "港口有自己的时间，每一条在黎明前出发的船都会带着一个值得讲述的故事回家。",
];

function turnRow(index: number, random: Random): TurnRow {
  const language = index % 2;
  const constraints = (CONSTRAINTS[language] ?? []).map(({ text, reversed }, number) => ({
    id: `c${number}`,
    text,
    reversed,
  }));
  const filler = FILLER[language] ?? "";
  const list = constraints.map(({ text }, number) => `${number + 1}. ${text}`).join("\n");
  return {
    id: `turn-${index}`,
    profile: {
      id: `profile-${Math.floor(index / 5)}`,
      system: `${filler.repeat(language === 0 ? 10 : 28)}\n\n${list}`,
    },
    query: `${index}? ${filler}`,
    constraints,
    responses: Array.from({ length: RESPONSES }, (_, number) => ({
      text: `${number} ${index}. ${filler.repeat(language === 0 ? 5 : 4)}`,
      model: "bench",
      verdicts: constraints.map(() => random() < SHARE_SATISFIED),
    })),
    verdict_source: "bench",
  };
}

async function writeTable(path: string, turns: number): Promise<void> {
  const random = seededRandom("bench");
  const file = await stageText(path);
  for (let index = 0; index < turns; index += 1) await file.write(jsonLine(turnRow(index, random)));
  await file.close();
  await file.commit();
}

/** Makes a process say its peak memory (KiB) as the last line of stderr. */
const SAY_PEAK = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => console.error(process.resourceUsage().maxRSS))",
)}`;

const wanted = Number(process.argv[2] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), "rpo-bench-"));
try {
  const table = join(folder, "turns.jsonl");
  await writeTable(table, Math.ceil(wanted / PAIRS_PER_TURN));
  const rpo = fileURLToPath(new URL("../bin/rpo.mjs", import.meta.url));
  const command = ["pairs", table, "--method", "rpo", "--format", "none", "--out", join(folder, "out")];
  const start = performance.now();
  const child = spawnSync(process.execPath, ["--import", SAY_PEAK, rpo, ...command], { encoding: "utf8" });
  const seconds = (performance.now() - start) / 1000;
  if (child.status !== 0) throw new Error(child.stderr);
  const { rows } = JSON.parse(readFileSync(join(folder, "out", "summary.json"), "utf8")) as TrainingSetSummary;
  const pairs = rows.train + rows.validation;
  const peak = Number(child.stderr.trim().split("\n").at(-1)) / 1024;
  const shown = (value: number): string => Math.round(value).toLocaleString("en-US");
  console.log(
    `pairs: ${shown(pairs)} from a turn table to JSON Lines in ${seconds.toFixed(1)} s with the start, ` +
      `${shown(pairs / seconds)} a second (target 20,000), peak memory ${shown(peak)} MiB (target 300)`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
