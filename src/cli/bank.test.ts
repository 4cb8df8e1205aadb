// `rpo bank import`, `filter`, `stats` and `personas` as a user runs them: what stands where, exit codes, nothing half-written.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const RPO = fileURLToPath(new URL("../../bin/rpo.mjs", import.meta.url));
const SAMPLES = fileURLToPath(new URL("../../samples", import.meta.url));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-bank-"));
});
afterEach(() => rm(dir, { recursive: true }));

/** Progress depends on the speed of the machine. */
const withoutProgress = (stderr: string): string => stderr.replace(/^[\d,]+ \w+, .*\/s\n/gm, "");

function rpo(args: readonly string[], input = ""): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [RPO, "bank", ...args], { cwd: dir });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject).on("close", (code) => resolve({ code, stdout, stderr: withoutProgress(stderr) }));
    child.stdin.on("error", () => {}); // a command that refuses its flags does not read
    child.stdin.end(input);
  });
}

const read = (name: string): Promise<string> => readFile(join(dir, name), "utf8");
const rows = async (name: string) =>
  (await read(name))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

const gpt = (name: string): string =>
  `\n\n# ${name} | [Start Chat](https://example.org)\nKnows tea.\n\n# Prompt\n\n\`\`\`\nYou know tea.\n\`\`\`\n\n## Conversation\n\n`;

describe("rpo bank import", () => {
  it("writes inspirations and SysBank's records, each in a file and all in a list", async () => {
    await mkdir(join(dir, "corpus/gpts"), { recursive: true });
    await writeFile(join(dir, "corpus/gpts/b.md"), gpt("Bee"));
    await writeFile(join(dir, "corpus/gpts/a.md"), gpt("Ape"));
    const done = await rpo([
      "import",
      "blackfriday",
      "corpus",
      "--out",
      "in.jsonl",
      "--records",
      "records",
      "--sysbank",
      "all.json",
    ]);
    expect(done).toEqual({ code: 0, stdout: "2 inspirations (2 en), in in.jsonl\n", stderr: "" });
    expect((await rows("in.jsonl")).map(({ id, name }) => [id, name])).toEqual([
      ["frgpts_0", " Ape "],
      ["frgpts_1", " Bee "],
    ]);
    const list = await read("all.json");
    expect(list).toBe(JSON.stringify(JSON.parse(list), null, 4));
    expect(JSON.parse(list).length).toBe(2);
    expect((await readdir(join(dir, "records"))).sort()).toEqual(["frgpts_0.json", "frgpts_1.json"]);
    expect(JSON.parse(await read("records/frgpts_1.json"))).toEqual(JSON.parse(list)[1]);
  });

  it("ends at a bad entry, naming it, and leaves nothing; or leaves it out", async () => {
    await writeFile(
      join(dir, "own.jsonl"),
      '{"system_prompt":"You know tea."}\n{"name":"x"}\n{"id":"a","text":"1 tea"}\n{"id":"a","text":"2"}\n',
    );
    const failed = await rpo(["import", "jsonl", "own.jsonl", "--out", "out.jsonl"]);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/^rpo: own\.jsonl:2: row: a row needs a description or a prompt/);
    expect(await readdir(dir)).toEqual(["own.jsonl"]);
    const skipped = await rpo(["import", "jsonl", "own.jsonl", "--source", "mine", "--out", "out.jsonl", "--skip-bad"]);
    expect(skipped).toMatchObject({ code: 0, stderr: "rpo: 2 bad rows left out, see rejects.jsonl\n" });
    expect((await rows("out.jsonl")).map(({ id }) => id)).toEqual(["mine_1", "mine_a"]);
    expect((await rows("rejects.jsonl")).map(({ field, line }) => [field, line])).toEqual([
      ["row", 2],
      ["id", 3],
    ]);
  });

  it("says what the command line lacks and what is not there", async () => {
    expect(await rpo(["import", "lobe", "x.tar.gz"])).toMatchObject({ code: 2 });
    const absent = await rpo(["import", "lobe", "x.tar.gz", "--out", "o.jsonl"]);
    expect(absent).toMatchObject({ code: 1, stderr: "rpo: x.tar.gz: no such file or folder\n" });
    expect(await rpo(["import", "jsonl", "x", "--source", "a/b", "--out", "o.jsonl"])).toMatchObject({ code: 2 });
    expect(await readdir(dir)).toEqual([]);
  });
});

describe("rpo bank filter and stats", () => {
  it("tell what was dropped and why, and what is left", async () => {
    const sample = join(SAMPLES, "inspirations.jsonl");
    await writeFile(join(dir, "words.txt"), "# ours\nfridge\n茶铺\n");
    const done = await rpo([
      "filter",
      sample,
      "--out",
      "kept.jsonl",
      "--language",
      "en",
      "--words",
      "words.txt",
      "--rejects",
      "dropped.jsonl",
      "--json",
    ]);
    expect(done.code).toBe(0);
    const counts = JSON.parse(done.stdout);
    expect(counts).toMatchObject({ read: 24, dropped: { language: 12 }, causes: { language: { zh: 12 } } });
    expect(done.stderr).toMatch(/− language +12 +zh 12/);
    const [kept, dropped] = [await rows("kept.jsonl"), await rows("dropped.jsonl")];
    expect([kept.length, dropped.length]).toEqual([counts.kept, 24 - counts.kept]);
    expect(dropped[0]).toMatchObject({
      filter: "language",
      cause: "zh",
      reason: "in zh, not in en",
      inspiration: { language: "zh" },
    });
    const stats = JSON.parse((await rpo(["stats", "kept.jsonl", "--json"])).stdout);
    expect(stats).toMatchObject({
      records: counts.kept,
      languages: { en: counts.kept },
      sources: { sample: counts.kept },
    });
    expect((await rpo(["stats", "-"], await read("kept.jsonl"))).stdout).toMatch(/^\d+ inspirations\n/);
  });

  it("ask for a choice where usage is not known, and refuse bounds that nothing meets", async () => {
    const usage = await rpo(["filter", "x", "--out", "y", "--usage-min", "100"]);
    expect(usage).toMatchObject({ code: 2 });
    expect(usage.stderr).toContain("need --usage-unknown keep|drop");
    expect(await rpo(["filter", "x", "--out", "y", "--min-chars", "9", "--max-chars", "8"])).toMatchObject({ code: 2 });
    expect(await rpo(["filter", "x", "--out", "y", "--drop", "mediaa"])).toMatchObject({ code: 2 });
    const empty = await rpo(["filter", "-", "--out", "y", "--words", "none.txt"]);
    expect(empty).toMatchObject({ code: 1, stderr: "rpo: none.txt: cannot be read (ENOENT)\n" });
  });

  it("collect bad rows apart from what is dropped", async () => {
    await writeFile(
      join(dir, "bank.jsonl"),
      `{"id":"x"}\n${(await readFile(join(SAMPLES, "inspirations.jsonl"), "utf8")).split("\n")[0]}\n`,
    );
    const done = await rpo(["filter", "bank.jsonl", "--out", "kept.jsonl", "--skip-bad", "--bad", "bad.jsonl"]);
    expect(done.code).toBe(0);
    expect((await rows("bad.jsonl")).map(({ file, line }) => [file, line])).toEqual([["bank.jsonl", 1]]);
    expect((await rows("kept.jsonl")).length).toBe(1);
  });
});

describe("rpo bank personas", () => {
  it("writes the project's own, each once", async () => {
    const files = ["en", "zh", "en"].map((language) => join(SAMPLES, `personas/${language}.txt`));
    const done = await rpo(["personas", ...files, "--out", "p.jsonl"]);
    expect(done).toEqual({
      code: 0,
      stdout: "48 distinct personas, in p.jsonl\n24 repetitions left out\n",
      stderr: "",
    });
    expect((await rows("p.jsonl")).length).toBe(48);
    const zh = await rpo(["personas", ...files, "--language", "zh", "--out", "p.jsonl"]);
    expect(zh.stdout).toMatch(
      /^24 distinct personas.*\n24 repetitions left out\n24 personas in other languages left out\n$/,
    );
  });
});
