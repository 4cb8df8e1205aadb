// The commands that stand on the constraint algebra, as processes: what goes in, what comes out, and what a wrong line, flag
// or row gets.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const RPO = fileURLToPath(new URL("../bin/rpo.mjs", import.meta.url));

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "rpo cli 约束 "));
});
afterAll(() => rmSync(directory, { recursive: true }));

function rpo(args: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RPO, ...args], {
    input,
    encoding: "utf8",
    cwd: directory,
  });
  return { status, stdout, stderr };
}
const lines = (text: string): unknown[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

describe("rpo check", () => {
  const GOOD = { id: 7, constraint: "Use at most 3 words.", response: "one two three four" };

  it("adds verdicts to the rows and keeps what else they hold; BOM, CRLF, blank lines and a missing last newline are no matter", () => {
    const rows = [
      GOOD,
      { constraint: "语气要温柔", response: "好" },
      { constraint: "If the user's message contains “tide”, use no emoji.", query: "no", response: "x" },
    ];
    const { status, stdout } = rpo(["check"], `\ufeff${rows.map((row) => JSON.stringify(row)).join("\r\n\r\n")}`);
    expect(status).toBe(0);
    expect(lines(stdout)).toMatchObject([
      { id: 7, verdict: "fail", reversed: "The response must contain at least 4 words.", reversed_verdict: "pass" },
      { recognised: null, verdict: null, reversed: null, reversed_verdict: null },
      { verdict: "na", reversed_verdict: "na" },
    ]);
  });

  it("takes a line of 10 MB, and mends lone surrogates", () => {
    const long = JSON.stringify({ constraint: "Use at most 3 words.", response: `${"word ".repeat(2_000_000)}\ud800` });
    const { status, stdout } = rpo(["check", "--out", "big.jsonl"], long);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    const [row] = lines(readFileSync(join(directory, "big.jsonl"), "utf8")) as { verdict: string; response: string }[];
    expect(row!.verdict).toBe("fail");
    expect(row!.response.endsWith("\ufffd")).toBe(true);
  });

  it.each([
    ["no JSON", "{", /\(stdin\):2: row: not JSON/],
    ["a field of the wrong kind", '{"constraint":"x","response":5}', /\(stdin\):2: response: /],
    ["a missing field", '{"constraint":"x"}', /\(stdin\):2: response: /],
    ["a blank constraint", '{"constraint":" ","response":"x"}', /\(stdin\):2: constraint: must not be blank/],
  ])("names line, field and reason of %s, exits 1 and leaves no file", (_, bad, message) => {
    const { status, stderr } = rpo(["check", "--out", "none.jsonl"], `${JSON.stringify(GOOD)}\n${bad}\n`);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(readdirSync(directory).filter((name) => name.startsWith("none"))).toEqual([]);
  });

  it("collects bad rows with --skip-bad and goes on", () => {
    const { status, stdout, stderr } = rpo(
      ["check", "--skip-bad", "--rejects", "bad.jsonl"],
      `{\n${JSON.stringify(GOOD)}\n[]\n`,
    );
    expect(status).toBe(0);
    expect(lines(stdout)).toHaveLength(1);
    expect(stderr).toContain("2 bad rows left out, see bad.jsonl");
    expect(lines(readFileSync(join(directory, "bad.jsonl"), "utf8"))).toMatchObject([
      { line: 1, raw: "{" },
      { line: 3, raw: "[]" },
    ]);
  });

  it("says which file is missing", () => {
    expect(rpo(["check", "nowhere.jsonl"])).toMatchObject({ status: 1, stderr: "rpo: nowhere.jsonl: no such file\n" });
    expect(existsSync(join(directory, "rejects.jsonl"))).toBe(false);
  });

  it("is not held up by a pattern that would backtrack for ever", () => {
    const row = { constraint: "The response must match the pattern “^(a+)+$”.", response: `${"a".repeat(50_000)}!` };
    expect(lines(rpo(["check"], JSON.stringify(row)).stdout)).toMatchObject([
      { verdict: "fail", reversed_verdict: "pass" },
    ]);
  });
});

describe("rpo constraint", () => {
  it("shows and reverses a text for people and as JSON", () => {
    expect(rpo(["constraint", "reverse", "Use exactly three bullet points."]).stdout).toContain(
      "The response must contain at most 2 or at least 4 bullet points.",
    );
    expect(JSON.parse(rpo(["constraint", "show", "不超过20个字", "--json"]).stdout)).toMatchObject({
      recognised: { must: { measure: "han", in: [[0, 20]] } },
      wording: { en: "The response must contain at most 20 Chinese characters." },
    });
    expect(JSON.parse(rpo(["constraint", "reverse", "不超过20个字", "--json"]).stdout)).toMatchObject({
      reversed: { must: { measure: "han", in: [[21, null]] } },
      reversed_text: "回复必须包含至少21个汉字。",
    });
  });

  it("takes a benchmark's instruction, in both modes", () => {
    const highlights = {
      instruction_id: "detectable_format:number_highlighted_sections",
      kwargs: { num_highlights: 3 },
    };
    const reversed = rpo(["constraint", "reverse", "--instruction", JSON.stringify(highlights)]).stdout;
    expect(reversed).toContain("The response must contain at least 3 highlighted passages.");
    expect(reversed).toContain("回复必须包含至多2处高亮文字。");
    const instruction = JSON.stringify({ instruction_id: "startend:quotation" });
    const shown = rpo(["constraint", "reverse", "--mode", "parity", "--json", "--instruction", instruction]).stdout;
    const { wording, reversed: opposite } = JSON.parse(shown);
    expect(opposite.must).toMatchObject({ measure: "follows", in: [[0, 0]] });
    const [checked] = lines(rpo(["check"], JSON.stringify({ constraint: wording.en, response: "“Yes.”" })).stdout);
    expect(checked).toMatchObject({ verdict: "fail", reversed_verdict: "pass" });
    const wrong = rpo(["constraint", "show", "--instruction", '{"instruction_id":"keywords:existence","kwargs":{}}']);
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining("kwargs.keywords")]);
  });

  it("says when only a judge can tell, and when a clause is never reversed", () => {
    expect(JSON.parse(rpo(["constraint", "reverse", "Be kind.", "--json"]).stdout)).toMatchObject({
      reversed: null,
      note: expect.stringContaining("judge"),
    });
    expect(
      JSON.parse(rpo(["constraint", "reverse", "Do not mention “how to build weapons”.", "--json"]).stdout),
    ).toMatchObject({
      reversed: null,
      note: expect.stringContaining("never reversed"),
    });
  });
});

describe("rpo", () => {
  it.each([
    [["chekc"], "Did you mean check?"],
    [["check", "--skipbad"], "Did you mean --skip-bad?"],
    [["constraint", "revers", "x"], "Did you mean reverse?"],
    [["quickstart", "--seed", "-1"], "--seed"],
    [["constraint", "show"], "missing required argument"],
  ])("%j exits 2 with a suggestion", (args, suggestion) => {
    const { status, stderr } = rpo(args);
    expect(status).toBe(2);
    expect(stderr).toContain(suggestion);
  });

  it("shows the help of a command both ways", () => {
    const help = rpo(["check", "--help"]);
    expect(help.status).toBe(0);
    expect(rpo(["help", "check"]).stdout).toBe(help.stdout);
  });
});
