// The command against a scripted endpoint, as a stranger runs it.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ServedSample, scriptedServer } from "../model/scripted-server.ts";
import { generatedProfileSchema } from "../profile/bank/generate.ts";
import { readProfiles } from "../profile/profile-files.ts";
import { sysbankRecordSchema } from "../profile/sysbank-record.ts";

const bin = fileURLToPath(new URL("../../bin/rpo.mjs", import.meta.url));

async function rpo(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [bin, "bank", "generate", ...args], {
    env: { ...process.env, OPENAI_BASE_URL: "", OPENAI_API_KEY: "", ...env },
  });
  child.stdin.end();
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on("close", resolve)),
  ]);
  return { stdout, stderr, status };
}

const inspiration = (id: string) => ({
  id,
  source: "corner",
  name: id,
  description: "All about tea",
  corpus: `Name: ${id}`,
  language: "en",
  constraints: [],
  meta: {},
});

const WHO = {
  en: [
    "Miss Okolie",
    "You run a tea counter at the back of a hardware shop, and you know every leaf by its smell. ".repeat(2),
  ],
  zh: [
    "老段",
    "你在五金店后头守着一个茶柜，闭着眼也闻得出每一种叶子，来买螺丝的人走时常常捎上一罐茶，你讲茶讲得慢，爱打趣。".repeat(
      3,
    ),
  ],
} as const;

/** Writes what is asked for, but for the inspiration "bad". */
function script({ body: { messages } }: ServedSample): string {
  const asked = messages.find(({ role }) => role === "user")?.content ?? "";
  const language = /\p{Script=Han}/u.test(asked) ? "zh" : "en";
  if (asked.includes("Name: bad")) return "I would rather not.";
  if (asked.includes("[[INSPIRATION")) {
    const [name, description] = WHO[language];
    return JSON.stringify({ name, description, skills: language === "zh" ? ["推荐茶叶"] : ["recommend a tea"] });
  }
  const constraints = Array.from({ length: 12 }, (_, i) =>
    language === "zh"
      ? { when: "始终", must: `必须包含“${"甲乙丙丁戊己庚辛壬癸子丑"[i]?.repeat(6)}”。` }
      : { when: "always", must: `Mention the tea “${"abcdefghijkl"[i]?.repeat(9)}”.` },
  );
  return JSON.stringify({ constraints });
}

describe("rpo bank generate", () => {
  it("writes profiles in both languages, says what failed, and asks nothing twice", async () => {
    const dir = mkdtempSync(join(tmpdir(), "rpo-bank-generate-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const server = await scriptedServer({ script, key: "sk-of-the-test" });
    onTestFinished(() => server.close());
    const from = join(dir, "inspirations.jsonl");
    writeFileSync(from, ["one", "bad", "two"].map((id) => `${JSON.stringify(inspiration(id))}\n`).join(""));
    const [out, records] = [join(dir, "profiles.jsonl"), join(dir, "records.jsonl")];
    const args = [from, "--model", "scripted", "--endpoint", server.url, "--out", out, "--sysbank", records];
    args.push("--language", "en,zh", "--dir", join(dir, "run"));
    const env = { OPENAI_API_KEY: "sk-of-the-test" };

    const first = await rpo(args, env);
    expect(first.stderr).toMatch(/^rpo: bad \(en\): no profile: .*no usable profile in 3 answers/m);
    expect(first.stderr).toMatch(/^rpo: bad \(zh\): no profile: /m);
    expect(first.status).toBe(0);
    expect(first.stdout).toMatch(/^4 profiles with \d+ constraints, \d+ of them checked by code, in .*\n2 failed; /);
    const lines = readFileSync(out, "utf8").trim().split("\n");
    expect(lines.map((line) => generatedProfileSchema.parse(JSON.parse(line)).profile.id)).toEqual([
      "one-en",
      "one-zh",
      "two-en",
      "two-zh",
    ]);
    expect(await readProfiles(out)).toHaveLength(4);
    const sysbank = readFileSync(records, "utf8").trim().split("\n");
    expect(sysbank.map((line) => sysbankRecordSchema.parse(JSON.parse(line)).gptId)).toEqual([
      "one",
      "one",
      "two",
      "two",
    ]);

    const bytes = readFileSync(out);
    const answered = server.served.requests;
    rmSync(out);
    const second = await rpo(args, env);
    expect(second.status).toBe(0);
    expect(readFileSync(out)).toEqual(bytes);
    // Answers that could not be used were answers: they are kept as well.
    expect(server.served.requests).toBe(answered);
  });

  it("fails at once where every request would", async () => {
    const dir = mkdtempSync(join(tmpdir(), "rpo-bank-generate-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const server = await scriptedServer({ script, key: "sk-of-the-test" });
    onTestFinished(() => server.close());
    const from = join(dir, "inspirations.jsonl");
    writeFileSync(from, `${JSON.stringify(inspiration("one"))}\n`);
    const out = join(dir, "profiles.jsonl");
    const args = [from, "--model", "scripted", "--endpoint", server.url, "--out", out, "--dir", join(dir, "run")];
    const { status, stderr } = await rpo(args, { OPENAI_API_KEY: "sk-wrong-in-the-test" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^rpo: /m);
    expect(stderr).not.toContain("sk-wrong");
    expect(existsSync(out)).toBe(false);
    expect((await rpo([from])).status).toBe(2);

    // Where every inspiration fails, an earlier file stays.
    writeFileSync(from, `${JSON.stringify(inspiration("bad"))}\n`);
    writeFileSync(out, "earlier\n");
    const failed = await rpo(args, { OPENAI_API_KEY: "sk-of-the-test" });
    expect(failed).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^rpo: no profile could be written, 1 failure;/m),
    });
    expect(readFileSync(out, "utf8")).toBe("earlier\n");
  });
});
