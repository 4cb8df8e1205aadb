import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { render } from "../constraint/wording/render.ts";
import { constraintOf } from "../eval/ifeval/constraint-of.ts";

const bin = fileURLToPath(new URL("../../bin/rpo.mjs", import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "rpo-judge-"));
afterAll(() => rmSync(dir, { recursive: true }));

const audit = (...args: string[]) =>
  spawnSync(process.execPath, [bin, "judge", "audit", ...args], {
    encoding: "utf8",
    env: { ...process.env, OPENAI_BASE_URL: "", OPENAI_API_KEY: "", RPO_CACHE: join(dir, "cache") },
  });

/** An instruction of IFBench as a constraint in words: by the official program. */
const ifbench = (instruction_id: string, kwargs: Record<string, unknown> = {}): string =>
  render(constraintOf({ instruction_id, kwargs }, { suite: "ifbench" }), "en");

describe("rpo judge audit", () => {
  it("asks for the model, and for something to judge", () => {
    const path = join(dir, "empty.jsonl");
    const turn = {
      id: "t",
      messages: [{ role: "user", content: "q" }],
      constraints: [],
      responses: [{ text: "r", verdicts: [] }],
    };
    writeFileSync(path, `${JSON.stringify(turn)}\n`);
    expect(audit(path)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("'--model <MODEL>' not specified"),
    });
    const { status, stderr } = audit(path, "--model", "smollm2-135m");
    expect([status, stderr]).toEqual([
      1,
      `rpo: ${path}: no response with a text and a constraint, so there is nothing to judge\n`,
    ]);
  });

  it("says which models there are", () => {
    const path = join(dir, "turn.jsonl");
    const turn = {
      id: "t",
      messages: [{ role: "user", content: "q" }],
      constraints: [{ id: "c", text: "Use no commas." }],
      responses: [{ text: "r", verdicts: [true] }],
    };
    writeFileSync(path, `${JSON.stringify(turn)}\n`);
    const { status, stderr } = audit(path, "--model", "gpt-9");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^rpo: no model "gpt-9": known are /);
  });

  it("judges by the official programs, and says beforehand where their tables are not here", () => {
    const path = join(dir, "instructions.jsonl");
    const write = (text: string): void => {
      const turn = {
        id: "t",
        messages: [{ role: "user", content: "q" }],
        constraints: [{ id: "c", text }],
        responses: [{ text: "1 2", verdicts: [true] }],
      };
      writeFileSync(path, `${JSON.stringify(turn)}\n`);
    };
    write(ifbench("count:numbers", { N: 2 }));
    const { stderr } = audit(path, "--model", "gpt-9");
    expect(stderr).toMatch(/^rpo: no model "gpt-9": known are /); // first it would say that code has no verdict
    write(ifbench("words:odd_even_syllables"));
    expect(audit(path, "--model", "gpt-9")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^rpo: code cannot judge .*: needs syllapy's syllables: .* rpo eval tables --pull\n$/,
      ),
    });
  });
});
