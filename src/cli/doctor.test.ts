import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Findings, findingsText } from "./doctor.ts";

const cache = mkdtempSync(join(tmpdir(), "rpo-doctor-"));
afterAll(() => rmSync(cache, { recursive: true, force: true }));

/** The command by itself, in a process of its own: it tries devices, and libraries of graphics cards write to stderr. */
function doctor(...args: string[]) {
  const script = join(cache, "doctor.mjs");
  writeFileSync(
    script,
    `import { command } from ${JSON.stringify(new URL("./doctor.ts", import.meta.url).href)};
    await command.parseAsync(process.argv.slice(2), { from: "user" });`,
  );
  const env = { ...process.env, RPO_CACHE: cache };
  return spawnSync(process.execPath, [script, ...args], { env, encoding: "utf8" });
}

describe("rpo doctor", () => {
  it("tells what is here as JSON", () => {
    const { status, stdout } = doctor("--json");
    expect(status).toBe(0);
    const findings = JSON.parse(stdout) as Findings;
    expect(findings).toMatchObject({
      node: process.versions.node,
      onnxRuntime: { version: expect.stringMatching(/^1\.\d+\.\d+$/), providers: expect.arrayContaining(["cpu"]) },
      llamaCpp: { build: "prebuilt" },
      models: [],
    });
    expect(findings.onnxRuntime.devices.map(({ device }) => device)).toEqual(["cpu", "webgpu"]);
    expect(findings.onnxRuntime.devices[0]?.problem).toBe(null);
    expect(findings.memory.free).toBeLessThanOrEqual(findings.memory.total);
  });
});

describe("findingsText", () => {
  it("is a line for each thing, with what stands in the way", () => {
    const findings: Findings = {
      node: "24.0.0",
      platform: "linux x64",
      cores: 2,
      memory: { free: 3.04e9, total: 8e9 },
      onnxRuntime: {
        version: "1.30.0",
        providers: ["cpu", "webgpu"],
        devices: [
          { device: "cpu", problem: null },
          { device: "webgpu", problem: "no adapter" },
        ],
      },
      llamaCpp: { problem: "no binary" },
      models: [{ name: "smollm2-135m", bytes: 98_362_432, path: "/cache/s.gguf" }],
    };
    expect(findingsText(findings)).toBe(
      `Node.js        24.0.0, linux x64
cores          2
memory         3.0 of 8.0 GB free
ONNX Runtime   1.30.0, built with cpu, webgpu
device cpu     works
device webgpu  can't be used: no adapter
llama.cpp      can't be loaded: no binary
model          smollm2-135m, 98 MB, /cache/s.gguf
`,
    );
    expect(findingsText({ ...findings, models: [], llamaCpp: { release: "b1", build: "prebuilt" } })).toMatch(
      /\nllama\.cpp +b1, prebuilt\nmodel +none cached/,
    );
  });
});
