import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { methodNotice } from "./data-set-method.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-data-set-method-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("methodNotice", () => {
  it("is silent without a summary that says what the data set was made for", async () => {
    expect(await methodNotice(join(folder, "absent"), "rpo")).toBeNull();
    for (const text of ["{", "{}", '{"settings": {"method": "ppo"}}']) {
      await writeFile(join(folder, "summary.json"), text);
      expect(await methodNotice(folder, "rpo")).toBeNull();
    }
  });

  it("says what training by another method does", async () => {
    await writeFile(join(folder, "summary.json"), JSON.stringify({ settings: { method: "rpo" } }));
    expect(await methodNotice(folder, "rpo")).toBeNull();
    expect(await methodNotice(folder, "dpo")).toBe(
      `${folder} was made for rpo and is trained by dpo: the margins are ignored`,
    );
    expect(await methodNotice(folder, "kto")).toBe(`${folder} was made for rpo and is trained by kto`);
  });
});
