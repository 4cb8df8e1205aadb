import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import type { ModelListing } from "../model/pull.ts";
import { modelTable } from "./models.ts";

const bin = fileURLToPath(new URL("../../bin/rpo.mjs", import.meta.url));
const cache = mkdtempSync(join(tmpdir(), "rpo-models-"));
afterAll(() => rmSync(cache, { recursive: true }));

/** Runs `rpo models …` on an empty cache, off the hub. */
function models(...args: string[]) {
  const env = { ...process.env, RPO_CACHE: cache, HF_HUB_OFFLINE: "1" };
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, "models", ...args], { env, encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("rpo models", () => {
  it("lists what is known as JSON", () => {
    const { status, stdout } = models("list", "--json");
    expect(status).toBe(0);
    const rows = JSON.parse(stdout) as ModelListing[];
    expect(rows.find(({ name }) => name === "smollm2-135m")).toMatchObject({
      parameters: "135M",
      bytes: 98_362_432,
      licence: "Apache-2.0",
      cached: false,
      path: join(cache, "models", "smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf"),
    });
  });

  it("gives the path of a file of one's own", () => {
    const path = join(cache, "mine.gguf");
    writeFileSync(path, "GGUF and so on");
    expect(models("pull", path)).toEqual({ status: 0, stdout: `${path}\n`, stderr: "" });
    expect(JSON.parse(models("pull", "--json", path).stdout)).toMatchObject({
      name: "mine",
      source: "path",
      bytes: 14,
    });
  });

  it("ends with 1 and the reason when a model is not to be had", () => {
    expect(models("pull", "smollm")).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringMatching(/^rpo: no model "smollm": known/),
    });
    const offline = models("pull", "smollm2-360m");
    expect(offline).toMatchObject({ status: 1, stdout: "" });
    expect(offline.stderr).toMatch(
      /^rpo: smollm2-360m can't be fetched:\n {2}hub: HF_HUB_OFFLINE is set\nFetch .* by other means/,
    );
  });

  it("ends with 2 when the command line is wrong", () => {
    expect(models("pull").status).toBe(2);
    expect(models("lst")).toMatchObject({ status: 2, stderr: expect.stringContaining("Did you mean list?") });
  });
});

describe("modelTable", () => {
  const row: ModelListing = {
    name: "gemma3-270m",
    title: "Gemma 3 270M Q4_K_M",
    kind: "base",
    parameters: "268M",
    bytes: 253_113_024,
    licence: "Gemma Terms of Use",
    sources: ["hf:o/r/f.gguf", "pypi:a==1", "pypi:b==1"],
    sha256: "0".repeat(64),
    cached: true,
    path: "/cache/f.gguf",
  };

  it("lines up columns, marks rounded sizes, and ends with what licences ask", () => {
    const other = { ...row, name: "other", licence: "MIT", sha256: null, cached: false, sources: ["hf:o/r/o.gguf"] };
    const lines = modelTable([row, other]).split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "name         kind  parameters  file     licence             from      cached as",
      "gemma3-270m  base  268M        253 MB   Gemma Terms of Use  hf, pypi  /cache/f.gguf",
      "other        base  268M        ~253 MB  MIT                 hf        -",
    ]);
    expect(lines[4]).toMatch(/^gemma3-270m: not an open-source licence/);
  });
});
