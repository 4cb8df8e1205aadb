// The project's own profiles: what the issue of their making demands of them, and that the file says truly what code can
// judge. Then what a broken file gets.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recognise } from "../constraint/recognise/recognise.ts";
import { meets, viewOf } from "../constraint/verdict.ts";
import { readProfiles, SAMPLE_PROFILES } from "./profile-files.ts";

const profiles = await readProfiles(SAMPLE_PROFILES);

describe("the sample profiles", () => {
  it("are at least 60, half English and half Chinese, with held-out ones in both", () => {
    expect(profiles.length).toBeGreaterThanOrEqual(60);
    for (const language of ["en", "zh"] as const) {
      const ours = profiles.filter((profile) => profile.language === language);
      expect(ours.length).toBe(profiles.length / 2);
      expect(ours.filter(({ split }) => split === "held-out").length).toBeGreaterThanOrEqual(6);
    }
  });

  it.each(profiles.map((profile) => [profile.id, profile] as const))(
    "%s has its constraints and queries",
    (_, profile) => {
      expect(profile.constraints.length).toBeGreaterThanOrEqual(6);
      expect(profile.constraints.length).toBeLessThanOrEqual(10);
      expect(new Set(profile.queries).size).toBeGreaterThanOrEqual(5);
      const byCode = profile.constraints.filter(({ judge }) => !judge);
      expect(byCode.length / profile.constraints.length).toBeGreaterThanOrEqual(0.7);
      for (const { text } of byCode) {
        const found = recognise(text);
        expect(found, text).not.toBeNull();
        const { when } = found!.constraint;
        if (when !== undefined) {
          const triggered = profile.queries.filter((query) => meets(when, viewOf(query)));
          expect(triggered.length, `queries that trigger: ${text}`).toBeGreaterThan(0);
          expect(triggered.length, `queries that do not trigger: ${text}`).toBeLessThan(profile.queries.length);
        }
      }
    },
  );
});

describe("readProfiles", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "rpo-profiles-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const valid =
    "id: a\nlanguage: en\nsplit: train\nname: A\npersona: B\nconstraints:\n  - id: c1\n    text: C\nqueries:\n  - D\n";

  it("reads YAML of subfolders too, by id", async () => {
    writeFileSync(join(folder, "b.yaml"), valid.replace("id: a", "id: b"));
    writeFileSync(join(folder, "z.yaml"), valid);
    writeFileSync(join(folder, "notes.txt"), "not a profile");
    expect((await readProfiles(folder)).map(({ id }) => id)).toEqual(["a", "b"]);
  });

  it.each([
    ["a field of the wrong kind", valid.replace("language: en", "language: fr"), /x\.yaml is no profile: .*language/s],
    ["an unknown field", `${valid}colour: red\n`, /x\.yaml is no profile: .*colour/s],
    ["no YAML", "id: [", /x\.yaml/],
    ["a constraint id twice", valid.replace("queries:", "  - id: c1\n    text: E\nqueries:"), /constraint ids repeat/],
  ])("refuses %s, naming the file", async (_, text, message) => {
    writeFileSync(join(folder, "x.yaml"), text);
    await expect(readProfiles(folder)).rejects.toThrow(message);
  });

  it("refuses one id in two files, naming both", async () => {
    writeFileSync(join(folder, "x.yaml"), valid);
    writeFileSync(join(folder, "y.yaml"), valid);
    await expect(readProfiles(folder)).rejects.toThrow(/y\.yaml: the profile id "a" stands in x\.yaml too/);
  });

  it("reads JSON Lines: profiles, generated ones, and SysBank's records", async () => {
    const plain = {
      id: "a",
      language: "en",
      split: "train",
      name: "A",
      persona: "B",
      constraints: [{ id: "c1", text: "C" }],
    };
    const generated = {
      profile: { ...plain, id: "b" },
      inspiration: { id: "b", source: "x" },
      model: "m",
      prompts: {},
      checked: 0,
      takenOver: 0,
      refused: [],
    };
    const record = {
      system_prompt: "…",
      structure_system_prompt: { 名称: "茶", 描述: "茶", 技能: [], 约束: ["每次回复，不超过50字。"] },
      inspired_corpus: "",
      source: "frgpts",
      gen_model: "m",
      timestamp: "",
      name: "",
      desription: "",
      gptId: "frgpts_2",
    };
    const file = join(folder, "profiles.jsonl");
    writeFileSync(file, [plain, generated, record].map((value) => `${JSON.stringify(value)}\n`).join(""));
    const read = await readProfiles(file);
    expect(read.map(({ id, language }) => [id, language])).toEqual([
      ["a", "en"],
      ["b", "en"],
      ["frgpts_2", "zh"],
    ]);
    expect(read[0]?.queries).toEqual([]);
    writeFileSync(file, `${JSON.stringify(plain)}\n${JSON.stringify({ ...plain, name: 5 })}\n`);
    await expect(readProfiles(file)).rejects.toThrow(/profiles\.jsonl:2 is no profile: .*name/s);
    writeFileSync(file, `${JSON.stringify({ ...record, structure_system_prompt: {} })}\n`);
    await expect(readProfiles(file)).rejects.toThrow(/profiles\.jsonl:1 is no profile: .*structure_system_prompt/s);
    await expect(readProfiles(join(folder, "absent"))).rejects.toThrow(/absent: no such file or folder/);
  });
});
