// The command as a process, with stand-ins for vLLM and nvidia-smi.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readRunConfig } from "../config/run-config.ts";

const RPO = fileURLToPath(new URL("../../bin/rpo.mjs", import.meta.url));
const STAND_IN = fileURLToPath(new URL("../vllm/stand-in-vllm.ts", import.meta.url));
const GPUS = [0, 1, 2, 3].map((index) => `${index}, GPU-${index}, ${index === 2 ? 40_000 : 4}, 81559, NVIDIA H100`);

let dir: string;
let children: ChildProcess[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-vllm-cli-"));
  await script("vllm", `exec '${process.execPath}' '${STAND_IN}' "$@"`);
  await script("nvidia-smi", `cat <<'END'\n${GPUS.join("\n")}\nEND`);
});
afterEach(async () => {
  for (const child of children) child.kill("SIGTERM");
  await Promise.all(
    children.map((child) => child.exitCode ?? child.signalCode ?? new Promise((end) => child.once("exit", end))),
  );
  children = [];
  await rm(dir, { recursive: true });
});

async function script(name: string, text: string): Promise<void> {
  await mkdir(join(dir, "bin"), { recursive: true });
  await writeFile(join(dir, "bin", name), `#!/bin/sh\n${text}\n`);
  await chmod(join(dir, "bin", name), 0o755);
}

/** A first port with room behind it, that other tests do not take too. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return Math.min(port, 65_000);
}

function rpo(args: readonly string[], standIn: object = {}, env: Record<string, string> = {}) {
  const { CUDA_VISIBLE_DEVICES: _, VLLM_API_KEY: __, ...ours } = process.env;
  const child = spawn(process.execPath, [RPO, "vllm", "start", ...args], {
    cwd: dir,
    env: {
      ...ours,
      ...env,
      PATH: [join(dir, "bin"), process.env.PATH].join(delimiter),
      RPO_CACHE: join(dir, "cache"),
      STAND_IN: JSON.stringify({ record: join(dir, "record"), ...standIn }),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      output[stream] += text;
    });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal })),
  );
  /** Resolved when stderr says so; rejected when the command ends before. */
  const says = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(output.stderr)) {
      if (child.exitCode !== null) throw new Error(`ended (${child.exitCode}) without ${pattern}: ${output.stderr}`);
      await delay(20);
    }
  };
  return { child, output, ended, says };
}

const starts = async (): Promise<{ args: string[]; gpus: string; order: string; pid: number }[]> =>
  (await readFile(join(dir, "record"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

const answers = (url: string): Promise<boolean> =>
  fetch(url.replace("/v1", "/health")).then(
    ({ status }) => status === 200,
    () => false,
  );

describe("rpo vllm start", () => {
  it("serves over the free processors, says where, and ends with everything it started", async () => {
    await mkdir(join(dir, "run", "adapter"), { recursive: true });
    await writeFile(join(dir, "run", "adapter", "adapter_config.json"), '{"r": 16}');
    await writeFile(join(dir, "t.jinja"), "{{ messages }}");
    const port = await freePort();
    const flags = ["--tensor-parallel", "1", "--chat-template", "t.jinja", "--adapter", "rpo=run", "--write", "e.yaml"];
    const { child, output, ended, says } = rpo(
      ["org/m", "--port", String(port), ...flags, "--", "--max-model-len", "4096"],
      { startMs: 200, worker: true },
      { VLLM_API_KEY: "s3cret" },
    );
    await says(/3 servers ready; Ctrl-C stops them/);
    const lines = output.stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(lines.map(([, model, gpus]) => [model, gpus])).toEqual([
      ["org/m", "GPU 0"],
      ["org/m", "GPU 1"],
      ["org/m", "GPU 3"],
    ]);
    const urls = lines.map(([url = ""]) => url);
    expect(urls[0]).toBe(`http://127.0.0.1:${port}/v1`);
    expect(new Set(urls).size).toBe(3);
    for (const url of urls) expect(await answers(url)).toBe(true);
    expect(output.stderr).toContain("GPU 2 (NVIDIA H100), 42 of 86 GB in use: is busy, and is left alone");

    const started = await starts();
    expect(started.map(({ gpus }) => gpus).sort()).toEqual(["0", "1", "3"]);
    for (const { args, order } of started) {
      expect(order).toBe("PCI_BUS_ID");
      expect(args.slice(0, 2)).toEqual(["serve", "org/m"]);
      expect(args).toContain(join(dir, "t.jinja"));
      expect(args.slice(args.indexOf("--lora-modules") + 1)).toEqual([
        JSON.stringify({ name: "rpo", path: join(dir, "run", "adapter") }),
        "--max-model-len",
        "4096",
      ]);
    }
    const written = await readRunConfig(join(dir, "e.yaml"), { env: {} });
    expect(written.endpoints.map((endpoint) => endpoint.kind === "served" && endpoint.url)).toEqual(urls);
    const everything = `${output.stdout}${output.stderr}${await readFile(join(dir, "e.yaml"), "utf8")}${JSON.stringify(started)}`;
    expect(everything).toContain("VLLM_API_KEY");
    expect(everything).not.toContain("s3cret");

    child.kill("SIGINT");
    expect(await ended).toEqual({ code: 0, signal: null });
    for (const url of urls) expect(await answers(url)).toBe(false);
  });

  it("spans one server over all free processors that divide well, by default", async () => {
    const { child, output, ended, says } = rpo(["org/m", "--port", String(await freePort())]);
    await says(/1 server ready; Ctrl-C stops it/);
    expect(output.stderr).toContain("GPU 3: left over, as each server takes 2");
    const [{ args, gpus } = { args: [""], gpus: "" }] = await starts();
    expect(gpus).toBe("0,1");
    expect(args[args.indexOf("--tensor-parallel-size") + 1]).toBe("2");
    child.kill("SIGTERM");
    expect((await ended).code).toBe(0);
  });

  it("shows the end of the log of a server that does not start, and stops the others", async () => {
    const { output, ended } = rpo(
      ["org/m", "--gpus", "0,1", "--tensor-parallel", "1", "--port", String(await freePort()), "--", "--fast"],
      { refuse: "--fast" },
    );
    expect((await ended).code).toBe(1);
    expect(output.stdout).toBe("");
    expect(output.stderr).toMatch(/rpo: vllm-\d+ ended before it served: exit code 2\. The end of .*vllm-\d+\.log:\n/);
    expect(output.stderr).toContain("  vllm: error: unrecognized arguments: --fast");
  });

  it("starts again what dies, and says so", async () => {
    const standIn = { dieAfterMs: 20, onceFile: join(dir, "once") };
    const { child, ended, says } = rpo(["org/m", "--gpus", "0", "--port", String(await freePort())], standIn);
    await says(/: died \(exit code 1\); starts again in 1 s; its log is .*\.log/);
    await says(/: serves again/);
    expect(await starts()).toHaveLength(2);
    child.kill("SIGTERM");
    expect((await ended).code).toBe(0);
  });

  it("kills at the second signal, servers that do not heed the first included", async () => {
    const { child, output, ended, says } = rpo(["org/m", "--gpus", "0", "--port", String(await freePort())], {
      ignoreTerm: true,
    });
    await says(/1 server ready/);
    child.kill("SIGINT");
    await says(/stopping the servers; once more kills them/);
    child.kill("SIGINT");
    expect(await ended).toEqual({ code: null, signal: "SIGINT" });
    const [url = ""] = output.stdout.split("\t");
    while (await answers(url)) await delay(10);
  });

  it("is not outlived by its servers when its terminal is closed", async () => {
    const { child, output, ended, says } = rpo(["org/m", "--gpus", "0", "--port", String(await freePort())]);
    await says(/1 server ready/);
    child.kill("SIGHUP");
    expect((await ended).code).toBe(129);
    const [url = ""] = output.stdout.split("\t");
    while (await answers(url)) await delay(10);
  });

  it.each([
    [["org/m", "--executable", "no-such-vllm"], 1, /no-such-vllm is not here; install vLLM/],
    [["org/m", "--gpus", "9"], 1, /--gpus: there is no GPU 9: GPU 0/],
    [["org/m", "--gpus", "0,x"], 2, /It must be a whole number/],
    [["org/m", "--gpus", "0,0"], 2, /Name each one once/],
    [["org/m", "--tensor-parallel", "4"], 1, /--tensor-parallel 4 needs 4 graphics processors, and there are 3/],
    [["org/m", "--chat-template", "no.jinja"], 1, /--chat-template no\.jinja: no such file/],
    [["org/m", "--adapter", "a=no"], 1, /no: has no adapter_config\.json/],
    [["org/m", "--write", "rpo.yaml"], 1, /rpo\.yaml: is there already, and stays as it is/],
    [
      ["org/m", "--", "--api-key", "s3cret"],
      1,
      /--api-key can't be passed on: give the environment variable VLLM_API_KEY/,
    ],
  ])("refuses %j", async (args, code, message) => {
    await writeFile(join(dir, "rpo.yaml"), "run: {}\n");
    const { output, ended } = rpo(args);
    expect((await ended).code).toBe(code);
    expect(output.stderr).toMatch(message);
    expect(output.stderr).not.toContain("s3cret");
    expect(existsSync(join(dir, "record"))).toBe(false);
  });

  it("refuses a port that is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const { output, ended } = rpo(["org/m", "--port", String(port)]);
    expect((await ended).code).toBe(1);
    expect(output.stderr).toContain(`--port ${port}: can't be listened on at 127.0.0.1; another program may have it`);
    await new Promise((resolve) => server.close(resolve));
  });
});
