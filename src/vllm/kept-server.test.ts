import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type KeptServer, keepServer, SERVER_TIMING, type ServerEvent, type ServerTiming } from "./kept-server.ts";
import { logTail } from "./log-tail.ts";

const STAND_IN = fileURLToPath(new URL("./stand-in-vllm.ts", import.meta.url));
const FAST: ServerTiming = {
  startingMs: 20,
  servingMs: 20,
  answerMs: 2000,
  silentMs: 200,
  graceMs: 300,
  restart: { firstMs: 10, mostMs: 20, deaths: 3, withinMs: 60_000 },
};

let dir: string;
let stop: AbortController;
let kept: KeptServer | undefined;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-kept-"));
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await kept?.over;
  await rm(dir, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function keep(behaviour: object, timing: Partial<ServerTiming> = {}, more: readonly string[] = []) {
  const port = await freePort();
  const events: ServerEvent[] = [];
  const waiting: [ServerEvent["what"], number, () => void][] = [];
  const count = (what: ServerEvent["what"]) => events.filter((event) => event.what === what).length;
  const health = `http://127.0.0.1:${port}/health`;
  const log = join(dir, "log");
  kept = keepServer(
    {
      name: "stand-in",
      executable: process.execPath,
      args: [STAND_IN, "serve", "m", "--host", "127.0.0.1", "--port", String(port), ...more],
      env: { ...process.env, STAND_IN: JSON.stringify({ record: join(dir, "record"), ...behaviour }) },
      health,
      log,
    },
    {
      signal: stop.signal,
      timing: { ...FAST, ...timing },
      onEvent: (event) => {
        events.push(event);
        for (const [what, times, resolve] of waiting) if (count(what) >= times) resolve();
      },
    },
  );
  /** Resolved when that has happened so many times. */
  const happened = (what: ServerEvent["what"], times = 1) =>
    new Promise<void>((resolve) => {
      if (count(what) >= times) resolve();
      else waiting.push([what, times, resolve]);
    });
  const starts = async (): Promise<{ pid: number; worker: number | null }[]> =>
    (await readFile(join(dir, "record"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  return { kept, events, happened, starts, health, log };
}

/** Whether there is such a process that is more than a name in a table. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (status !== null) return !/^\d+ \(.*\) Z/s.test(status);
  try {
    process.kill(pid, 0);
    return process.platform !== "linux";
  } catch {
    return false;
  }
}

describe("a kept server", () => {
  it("is ready when it is healthy, however long that takes, and gone with its workers when it is stopped", async () => {
    const { kept, events, starts, health } = await keep({ startMs: 150, worker: true });
    await kept.ready;
    expect((await fetch(health)).status).toBe(200);
    const [{ pid, worker } = { pid: 0, worker: 0 }] = await starts();
    expect(await isAlive(pid)).toBe(true);
    expect(await isAlive(worker!)).toBe(true);
    stop.abort();
    expect(await kept.over).toBeNull();
    expect(await isAlive(pid)).toBe(false);
    expect(await isAlive(worker!)).toBe(false);
    expect(events.map(({ what }) => what)).toEqual(["starting", "healthy"]);
  });

  it("is killed where it does not end when asked", async () => {
    const { kept, starts } = await keep({ ignoreTerm: true, worker: true });
    await kept.ready;
    const [{ pid } = { pid: 0 }] = await starts();
    stop.abort();
    await kept.over;
    expect(await isAlive(pid)).toBe(false);
  });

  it("is started again when it dies, and the worker that it left is ended first", async () => {
    const { happened, events, starts } = await keep({ dieAfterMs: 30, onceFile: join(dir, "once"), worker: true });
    await happened("healthy", 2);
    const [before, now] = await starts();
    expect(await isAlive(before!.worker!)).toBe(false);
    expect(await isAlive(now!.worker!)).toBe(true);
    expect(events).toEqual([
      { what: "starting" },
      { what: "healthy" },
      { what: "died", how: "exit code 1", restartMs: 10 },
      { what: "starting" },
      { what: "healthy" },
    ]);
  });

  it("is started again when it says that it is sick", async () => {
    const { happened, events } = await keep({ sickAfterMs: 30, onceFile: join(dir, "once") });
    await happened("healthy", 2);
    expect(events[2]).toMatchObject({ what: "died", how: expect.stringMatching(/^no sign of health for \d+ s$/) });
  });

  it("is given up when it dies too often", async () => {
    const { kept, events } = await keep({ dieAfterMs: 5 });
    expect(await kept.over).toBe("exit code 1");
    expect(events.map(({ what }) => what)).toEqual([
      ...["starting", "healthy", "died"],
      ...["starting", "healthy", "died"],
      ...["starting", "healthy", "given up"],
    ]);
  });

  it("is not started again where it never served; the log has the reason", async () => {
    const { kept, events, log } = await keep({ refuse: "--no-such-flag" }, {}, ["--no-such-flag"]);
    await expect(kept.ready).rejects.toThrow("stand-in ended before it served: exit code 2");
    expect(await kept.over).toContain("exit code 2");
    expect(events).toEqual([{ what: "starting" }]);
    expect((await logTail(log, 1))[0]).toBe("vllm: error: unrecognized arguments: --no-such-flag");
  });

  it("can be stopped while it starts", async () => {
    const { kept, starts, happened } = await keep({ startMs: 60_000 });
    await happened("starting");
    while ((await starts().catch(() => [])).length === 0) await delay(10);
    stop.abort(new Error("enough"));
    await expect(kept.ready).rejects.toThrow("enough");
    const [{ pid } = { pid: 0 }] = await starts();
    await kept.over;
    expect(await isAlive(pid)).toBe(false);
  });

  it("says what is missing", async () => {
    const command = { name: "n", args: [], env: {}, health: "http://127.0.0.1:1/health", log: join(dir, "log") };
    const options = { signal: stop.signal, onEvent: () => {}, timing: SERVER_TIMING };
    const missing = keepServer({ ...command, executable: join(dir, "no-vllm") }, options);
    await expect(missing.ready).rejects.toThrow(
      /no-vllm is not here; install vLLM \(pip install vllm\), or name its program/,
    );
    await writeFile(join(dir, "file"), "");
    await chmod(join(dir, "file"), 0o600);
    const refused = keepServer({ ...command, executable: join(dir, "file") }, options);
    await expect(refused.ready).rejects.toThrow(/file may not be run/);
  });
});
