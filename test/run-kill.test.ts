// `rpo run` killed with SIGKILL at seeded moments, resumed to its end: it makes what an undisturbed run makes, byte by byte, and
// pays again for nothing that was stored. RPO_KILLS says how often; 8 times if not given. What is allowed to be paid twice is counted
// exactly: samples that the server had sent and the store did not have when the kill came, at most what was under way.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ScriptedServer, scriptedServer } from "../src/model/scripted-server.ts";
import { seededRandom } from "../src/preference/seed.ts";
import { madeFiles, resultOf, rpo, startRpo, typicalScript, writeRun } from "./construction-run.ts";

const KILLS = Number(process.env.RPO_KILLS ?? 8);
const SAMPLES = 2;
const CONCURRENCY = 4;
const SETTINGS = { count: Math.max(4, Math.ceil(KILLS / 3)), samples: SAMPLES, endpoint: { concurrency: CONCURRENCY } };
/** Milliseconds of an answer: a kill finds some under way. */
const LATENCY_MS = 5;
/** Share of kills by the clock alone, while the process begins or while it writes its files. */
const BLIND_SHARE = 0.25;
const BLIND_MS = 1200;
/** A kill comes up to so long after the answer that it waited for. */
const AFTER_MS = 10;
/** Until the server has seen that its client is gone. */
const QUIET_MS = 50;

let folder: string;
const servers: ScriptedServer[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rpo-run-kill-"));
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  rmSync(folder, { recursive: true });
});

async function begin(name: string): Promise<{ readonly dir: string; readonly server: ScriptedServer }> {
  const server = await scriptedServer({ script: typicalScript, latencyMs: LATENCY_MS });
  servers.push(server);
  return { server, dir: writeRun(join(folder, name), server.url, SETTINGS) };
}

/** Samples that the store has. */
function storedSamples(dir: string): number {
  const path = join(dir, "run.db");
  if (!existsSync(path)) return 0;
  const db = new Database(path);
  try {
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    const made = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'choice'").get();
    return made === undefined ? 0 : (db.prepare("SELECT count(*) FROM choice").pluck().get() as number);
  } finally {
    db.close();
  }
}

it(`a run that is killed ${KILLS} times makes the same files, and pays for nothing again that was stored`, async ({
  annotate,
}) => {
  const undisturbed = await begin("undisturbed");
  resultOf(await rpo(["run", undisturbed.dir, "--json"]));
  const needed = undisturbed.server.served.answers.size;
  expect([...undisturbed.server.served.answers.values()].every((times) => times === 1)).toBe(true);
  expect(storedSamples(undisturbed.dir)).toBe(undisturbed.server.served.choices);

  const { dir, server } = await begin("killed");
  const { served } = server;
  const random = seededRandom("kill", "rpo run", KILLS);
  const drawn = Array.from({ length: KILLS }, () => Math.floor(random() * needed)).sort((a, b) => a - b);
  const moments = drawn.map((answers) => (random() < BLIND_SHARE ? null : answers));
  const lost: number[] = [];
  let ends = 0;
  for (const moment of moments) {
    for (let killed = false; !killed; ) {
      const child = startRpo(["run", dir]);
      child.stdout?.resume();
      child.stderr?.resume();
      const exit = new Promise<NodeJS.Signals | null>((resolve) => child.on("exit", (_, signal) => resolve(signal)));
      let over = false;
      exit.then(() => {
        over = true;
      });
      if (moment === null) await Promise.race([delay(random() * BLIND_MS), exit]);
      else {
        while (!over && served.answers.size < moment) await delay(1);
        await Promise.race([delay(random() * AFTER_MS), exit]);
      }
      child.kill("SIGKILL");
      killed = (await exit) === "SIGKILL";
      if (!killed) ends += 1; // it was done before the moment came: once more
      expect(ends).toBeLessThan(5);
    }
    await delay(QUIET_MS);
    lost.push(served.choices - sum(lost) - storedSamples(dir));
  }
  const result = resultOf(await rpo(["run", dir, "--json"]));

  for (const [stage, { failed }] of Object.entries(result.stages)) expect(failed, stage).toBe(0);
  expect(result.pairs.pairs?.rows.train).toBeGreaterThan(0);
  const [expected, made] = [madeFiles(undisturbed.dir), madeFiles(dir)];
  expect([...made.keys()]).toEqual([...expected.keys()]);
  for (const [path, text] of expected) expect(made.get(path) === text, path).toBe(true);
  expect(made.get("turns.jsonl")?.length).toBeGreaterThan(0);

  // The same requests, and only what was lost at a kill more than once.
  expect(new Set(served.answers.keys())).toEqual(new Set(undisturbed.server.served.answers.keys()));
  expect(served.choices - sum(lost)).toBe(storedSamples(dir));
  for (const one of lost) {
    expect(one).toBeGreaterThanOrEqual(0);
    expect(one).toBeLessThanOrEqual(CONCURRENCY * SAMPLES);
  }
  await annotate(
    `${KILLS} kills in ${needed} requests: ${sum(lost)} samples were under way or unstored at a kill and asked for again`,
  );
});

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
