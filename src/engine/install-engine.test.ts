import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  engineEnvironment,
  engineVariables,
  installedPython,
  PACKAGE_SOURCES,
  requirementsFile,
  STAMP,
} from "./engine-environment.ts";
import { type InstallOptions, type InstallProgress, installEngine } from "./install-engine.ts";

const STAND_IN = fileURLToPath(new URL("stand-in-python.ts", import.meta.url));

let home: string;
let notices: string[];
let progress: InstallProgress[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "rpo-engines-"));
  notices = [];
  progress = [];
  writeFileSync(join(home, "python"), `#!/bin/sh\nexec "${process.execPath}" "${STAND_IN}" "$0" "$@"\n`, {
    mode: 0o755,
  });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** The options of an installation by the stand-in, which is the only program on PATH but for the shell. */
function options(behaviour: object = {}, more: Partial<InstallOptions> = {}): InstallOptions {
  const env = { PATH: "/usr/bin:/bin", STAND_IN: JSON.stringify({ record: join(home, "calls.jsonl"), ...behaviour }) };
  return {
    env,
    directory: join(home, "engines"),
    build: "cpu",
    python: join(home, "python"),
    pipArguments: [],
    fresh: false,
    signal: new AbortController().signal,
    onProgress: (now) => progress.push(now),
    onNotice: (notice) => notices.push(notice),
    ...more,
  };
}

const calls = (): string[][] =>
  existsSync(join(home, "calls.jsonl"))
    ? readFileSync(join(home, "calls.jsonl"), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
    : [];
const pips = (): string[][] => calls().filter(([, module_]) => module_ === "pip");

describe("installEngine", () => {
  it("installs the locked list and nothing that it names, and tells what is there", async () => {
    const made = await installEngine("trl", options({}, { pipArguments: ["--find-links", "/builds"] }));
    expect(made).toMatchObject({ engine: "trl", state: "ready", stamp: { torch: "2.13.0+cpu", cuda: null } });
    expect(pips()).toHaveLength(1);
    expect(pips()[0]).toEqual(expect.arrayContaining(["--no-deps", "--requirement", requirementsFile("trl")]));
    expect(pips()[0]).toEqual(expect.arrayContaining(["--find-links", "/builds"]));
    expect(readFileSync(join(made.folder, "lib", "rpo-engines.pth"), "utf8")).toBe(`${PACKAGE_SOURCES}\n`);
    const location = { env: {}, directory: join(home, "engines") };
    expect(await installedPython("trl", location)).toBe(made.python);
    await expect(installedPython("llamafactory", location)).rejects.toThrow("`rpo engines install llamafactory`");
    expect(progress.map(({ stage }) => stage)).toEqual(
      expect.arrayContaining(["environment", "packages", "files", "check"]),
    );
    expect(progress.some(({ fetching }) => fetching === "alpha-1.0.whl (1.5 MB)")).toBe(true);
  });

  it("does nothing where all is there, and all again when it is asked to", async () => {
    await installEngine("trl", options());
    const before = calls().length;
    expect((await installEngine("trl", options())).state).toBe("ready");
    expect(calls()).toHaveLength(before);
    await installEngine("trl", options({}, { fresh: true }));
    expect(calls().length).toBeGreaterThan(before);
  });

  it("knows an environment of another list of requirements for outdated, and brings it up to date", async () => {
    const { folder } = await installEngine("trl", options());
    const stamp = JSON.parse(readFileSync(join(folder, STAMP), "utf8"));
    writeFileSync(join(folder, STAMP), JSON.stringify({ ...stamp, requirements: "0".repeat(64) }));
    const location = { env: {}, directory: join(home, "engines") };
    expect(await engineEnvironment("trl", location)).toMatchObject({ state: "outdated", python: null });
    await expect(installedPython("trl", location)).rejects.toThrow("another version of rpo-kit");
    expect((await installEngine("trl", options())).state).toBe("ready");
  });

  it("says what pip said where it fails, is not whole then, and goes on at the next call", async () => {
    const failing = { failOnceFile: join(home, "failed") };
    await expect(installEngine("trl", options(failing))).rejects.toThrow(
      /the disk is full.*\n[\s\S]*No space left on device/,
    );
    expect(await engineEnvironment("trl", { env: {}, directory: join(home, "engines") })).toMatchObject({
      state: "missing",
    });
    expect((await installEngine("trl", options(failing))).state).toBe("ready");
  });

  it("adds CUDA's libraries where pip found a build of torch that needs them", async () => {
    await installEngine("trl", options({ torchNeedsLibraries: true }));
    expect(pips()).toHaveLength(2);
    expect(pips()[1]).toEqual(expect.arrayContaining(["--constraint", "torch"]));
    expect(pips()[1]).not.toContain("--no-deps");
    expect(notices.join()).toContain("no CPU build of torch");
  });

  it("says where a GPU is wanted and not found", async () => {
    await installEngine("trl", options({}, { build: "cuda" }));
    expect(notices.join()).toMatch(/finds no graphics processor.*It is a CPU build/);
  });

  it("refuses versions in which nobody has proved anything", async () => {
    const wrong = "rpo_engines.versions.EngineVersionError: trl 1.99 is installed; trl needs trl 1.16.0";
    await expect(installEngine("trl", options({ wrong }))).rejects.toThrow("trl 1.99 is installed");
  });

  it("refuses another Python than the packages have wheels for", async () => {
    await expect(installEngine("trl", options({ version: "3.9" }))).rejects.toThrow(
      /Python 3\.11 to 3\.13 is needed \(.*python is 3\.9\)/,
    );
    const missing = { ...options(), python: join(home, "nowhere") };
    await expect(installEngine("trl", missing)).rejects.toThrow("none found as");
  });

  it("ends with the signal, and leaves nothing that looks whole", async () => {
    const stop = new AbortController();
    const work = installEngine(
      "trl",
      options(
        { pipMs: 60_000 },
        {
          signal: stop.signal,
          onProgress: ({ fetching }) => {
            if (fetching !== null) stop.abort(new Error("enough"));
          },
        },
      ),
    );
    await expect(work).rejects.toThrow("enough");
    expect((await engineEnvironment("trl", { env: {}, directory: join(home, "engines") })).state).toBe("missing");
  });
});

describe("engineVariables", () => {
  it("puts the package's sources before what was there", () => {
    expect(engineVariables({ PYTHONPATH: "/mine" }).PYTHONPATH).toBe(`${PACKAGE_SOURCES}:/mine`);
    expect(engineVariables({}).PYTHONPATH).toBe(PACKAGE_SOURCES);
  });
});
