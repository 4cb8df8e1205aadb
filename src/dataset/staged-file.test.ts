import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stageText, stagingPath } from "./staged-file.ts";

let dir = "";
let path = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-staged-"));
  path = join(dir, "folder", "file.txt");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("stageText", () => {
  it("shows nothing in its place before the commit, and the whole after it", async () => {
    const file = await stageText(path);
    await file.write("one\n");
    await file.write("");
    await file.write("two\n");
    await file.close();
    await expect(access(path)).rejects.toThrow(/ENOENT/);
    await file.commit();
    expect(await readFile(path, "utf8")).toBe("one\ntwo\n");
    await file.discard();
    expect(await readFile(path, "utf8")).toBe("one\ntwo\n");
  });

  it("splits no character at the edge of its buffer, whatever the length", async () => {
    const texts = ["a", "é", "长", "😀"].map((character, shift) => "x".repeat(shift) + character.repeat(200_000));
    const file = await stageText(path);
    for (const text of texts) await file.write(text);
    await file.close();
    await file.commit();
    expect((await readFile(path, "utf8")) === texts.join("")).toBe(true);
  });

  it("replaces an earlier file and an earlier remnant whole", async () => {
    const first = await stageText(path);
    await first.write("a long first text");
    await first.close();
    await first.commit();
    await writeFile(stagingPath(path), "what a killed process left behind, longer than what follows");
    const second = await stageText(path);
    await second.write("short");
    await second.close();
    expect(await readFile(path, "utf8")).toBe("a long first text");
    await second.commit();
    expect(await readFile(path, "utf8")).toBe("short");
  });

  it("leaves nothing when discarded, open or closed", async () => {
    const open = await stageText(path);
    await open.write("x".repeat(300_000));
    await open.discard();
    await expect(access(stagingPath(path))).rejects.toThrow(/ENOENT/);
  });
});
