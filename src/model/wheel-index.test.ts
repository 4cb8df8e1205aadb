import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { findWheel, type Pip, pipCertificate, systemPip, WheelIndexError } from "./wheel-index.ts";

const sha256 = "a".repeat(64);
const wheel = { distribution: "some-model", version: "1.0", sha256 };

/** A pip that answers with a report of one wheel, as pip's own reports are. */
const reporting =
  (url: string, archive: object = { hashes: { sha256 } }): Pip =>
  async () => ({
    code: 0,
    stdout: JSON.stringify({
      version: "1",
      install: [{ download_info: { url, archive_info: archive }, metadata: {} }],
    }),
    stderr: "WARNING: a location was passed over",
  });

describe("findWheel", () => {
  it("asks pip for exactly this wheel, without installing it", async () => {
    const calls: (readonly string[])[] = [];
    await findWheel(wheel, async (args, signal) => {
      calls.push(args);
      return reporting("https://index.example/m.whl")(args, signal);
    });
    expect(calls).toHaveLength(1);
    expect(calls[0]).toEqual(expect.arrayContaining(["install", "--dry-run", "--no-deps", "--report=-"]));
    expect(calls[0]!.at(-1)).toBe("some-model==1.0");
  });

  it("gives the address, a user and password in it as a header", async () => {
    expect(await findWheel(wheel, reporting("https://index.example/m.whl#sha256=1"))).toEqual({
      url: "https://index.example/m.whl",
      headers: {},
    });
    expect(await findWheel(wheel, reporting("https://me:p%40ss@mirror.example/m.whl"))).toEqual({
      url: "https://mirror.example/m.whl",
      headers: { authorization: `Basic ${Buffer.from("me:p@ss").toString("base64")}` },
    });
  });

  it("gives a file of this machine as a path", async () => {
    expect(await findWheel(wheel, reporting("file:///opt/my%20wheels/m.whl"))).toEqual({
      file: "/opt/my wheels/m.whl",
    });
  });

  it("refuses another file than the one pinned before it is fetched, in either form that pip states hashes", async () => {
    const other = "b".repeat(64);
    for (const archive of [{ hashes: { sha256: other } }, { hash: `sha256=${other}` }])
      await expect(findWheel(wheel, reporting("https://index.example/m.whl", archive))).rejects.toThrow(
        `another some-model==1.0: SHA-256 ${other}, expected ${sha256}`,
      );
  });

  it("says what pip says when it finds none", async () => {
    const stderr =
      "WARNING: x\nERROR: Could not find a version\nERROR: No matching distribution found for some-model==1.0\n";
    const failure = findWheel(wheel, async () => ({ code: 1, stdout: "", stderr }));
    await expect(failure).rejects.toThrow(WheelIndexError);
    await expect(failure).rejects.toThrow("pip finds no some-model==1.0: No matching distribution found");
  });

  it.each(["", "not JSON", '{"install": []}'])("refuses a report like %j", async (stdout) => {
    await expect(findWheel(wheel, async () => ({ code: 0, stdout, stderr: "" }))).rejects.toThrow("pip 22.2 or newer");
  });
});

describe("pipCertificate", () => {
  it("is the file that pip is set up with, or null", async () => {
    expect(await pipCertificate(async () => ({ code: 0, stdout: "/etc/ca.pem\n", stderr: "" }))).toBe("/etc/ca.pem");
    expect(await pipCertificate(async () => ({ code: 1, stdout: "", stderr: "ERROR: No such key" }))).toBeNull();
  });
});

describe("systemPip", () => {
  it("runs the machine's pip", async () => {
    const { code, stdout } = await systemPip(["--version"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^pip \d+/);
  });

  it("is stopped by its signal", async () => {
    const stop = new AbortController();
    const running = systemPip(["--version"], stop.signal);
    stop.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
  });

  it("keeps no process waiting where there is no Python", async () => {
    const module = new URL("./wheel-index.ts", import.meta.url).href;
    const program = `import { systemPip } from "${module}"; await systemPip([]).catch(({ message }) => console.log(message))`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
      env: { PATH: "" },
      timeout: 60_000, // half of what pip itself is given
    });
    expect(stdout).toContain("no Python found");
  });
});
