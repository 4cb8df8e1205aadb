// A run that is killed again and again (SIGKILL, at seeded moments), each time started anew, until it is done; and what must hold of
// it then: the same items, outputs and samples as of a run that nobody disturbed, and nothing paid again that was acknowledged.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import type { Random } from "../../src/preference/seed.ts";
import { CONCURRENCY } from "./pipeline.ts";

/** Enough that the run is not done before the last kill. */
const ITEMS_PER_KILL = 9;
const itemsFor = (kills: number): number => Math.max(10, kills * ITEMS_PER_KILL);
/** Longest time that a process is let work. */
const WORK_MS = 50;
/** Of the kills, those while the process opens the run, or before. */
const EARLY_SHARE = 0.2;
const EARLY_MS = 250;

export interface KilledRun {
  readonly kills: number;
  /** Answers that the model gave, over all processes. */
  readonly answers: number;
  /** Different ones: what an undisturbed run pays. */
  readonly needed: number;
  /** Answers given again though they had been acknowledged. Must be none. */
  readonly paidAgain: readonly string[];
  /** The most that may be given twice: what was under way at each kill. */
  readonly allowed: number;
  /** Items and samples, as text to compare. */
  readonly result: string;
}

const PIPELINE = fileURLToPath(new URL("pipeline.ts", import.meta.url));

/** Runs the pipeline in the directory, killing it so many times. @throws Error where a process ends in any other way */
export async function killedRun(directory: string, kills: number, items: number, random: Random): Promise<KilledRun> {
  let killed = 0;
  for (let done = false; !done; ) {
    const child = spawn(process.execPath, [PIPELINE, directory, String(items)], { stdio: ["ignore", "pipe", "pipe"] });
    let complaint = "";
    child.stderr.on("data", (data) => {
      complaint += data;
    });
    const exit = once(child, "exit");
    if (killed < kills) {
      const early = random() < EARLY_SHARE;
      if (!early) await Promise.race([once(child.stdout, "data"), exit]);
      await Promise.race([delay(random() * (early ? EARLY_MS : WORK_MS)), exit]);
      child.kill("SIGKILL");
    } else child.stdout.resume();
    const [code, signal] = await exit;
    if (signal === "SIGKILL") killed += 1;
    else if (code === 0) done = true;
    else throw new Error(`the pipeline ended with ${code ?? signal}: ${complaint}`);
  }
  return { kills: killed, ...readBill(join(directory, "bill.jsonl"), killed), result: resultOf(directory) };
}

/** The killed run and the undisturbed one beside it. */
export async function killedAndUndisturbed(directory: string, kills: number, random: Random) {
  const items = itemsFor(kills);
  const undisturbed = await killedRun(join(directory, "undisturbed"), 0, items, random);
  return { undisturbed, killed: await killedRun(join(directory, "killed"), kills, items, random) };
}

function readBill(path: string, kills: number): Omit<KilledRun, "kills" | "result"> {
  const kept = new Set<string>();
  const needed = new Set<string>();
  const paidAgain: string[] = [];
  let answers = 0;
  for (const line of readFileSync(path, "utf8").trimEnd().split("\n")) {
    const [word, text, index] = JSON.parse(line) as [string, string, number];
    const key = `${text}#${index}`;
    if (word === "kept") kept.add(key);
    else {
      answers += 1;
      needed.add(key);
      if (kept.has(key)) paidAgain.push(key);
    }
  }
  return { answers, needed: needed.size, paidAgain, allowed: kills * CONCURRENCY };
}

function resultOf(directory: string): string {
  const db = new Database(join(directory, "run.db"), { readonly: true });
  const rows = (sql: string): string =>
    db
      .prepare(sql)
      .raw()
      .all()
      .map((row) => JSON.stringify(row))
      .join("\n");
  const result = [
    rows("SELECT stage, id, hex(input), state, output, cause, detail FROM item ORDER BY stage, id"),
    rows(
      `SELECT hex(hash), sample, text, finish_reason, tokens FROM choice JOIN request ON request.id = choice.request
       ORDER BY hash, sample`,
    ),
    rows("SELECT DISTINCT hex(hash), kind, message, raw FROM failure JOIN request ON request.id = failure.request"),
    rows("PRAGMA integrity_check"),
  ].join("\n\n");
  db.close();
  return result;
}
