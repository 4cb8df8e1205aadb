import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { countTurn, emptyCensus } from "../preference/census.ts";
import { type SysbenchOptions, sysbenchTurns } from "./sysbench.ts";
import { parseTurn, type TurnRow } from "./turn-table.ts";

async function rowsOf(dir: string, options?: SysbenchOptions): Promise<TurnRow[]> {
  const rows: TurnRow[] = [];
  for await (const row of sysbenchTurns(dir, options)) rows.push(row);
  return rows;
}

describe("a small folder laid out as SysBench", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "rpo-sysbench-"));
    await mkdir(join(dir, "responses"));
    await mkdir(join(dir, "verdicts"));
    await write("sessions", [session()]);
    for (const run of ["gt_history__one", "gt_history__two", "own"]) {
      await write(`responses/${run}`, answers());
      await write(`verdicts/${run}`, verdicts());
    }
  });
  afterEach(() => rm(dir, { recursive: true }));

  const write = (name: string, rows: readonly object[]): Promise<void> =>
    writeFile(join(dir, `${name}.jsonl.gz`), gzipSync(rows.map((row) => JSON.stringify(row)).join("\n")));

  const round = (number: number, reply: string | null): object => ({
    round: number,
    prompt: `问题${number}`,
    alignment: "align",
    criteria: [
      { criteria_id: "1", criteria_content: "不用逗号", criteria_type: "格式约束" },
      { criteria_id: "2", criteria_content: `要求${number}`, criteria_type: "内容约束" },
    ],
    gt_assistant: reply,
  });
  const session = (): { rounds: object[] } => ({
    ...{ system_id: 7, domain: "烹饪", scene: "汤", rounds_related: true, system_prompt: "你是厨师。不用逗号。" },
    rounds: [round(1, "答1"), round(2, "答2"), round(3, null), round(4, null)],
  });
  const answers = (): object[] =>
    [1, 2, 3, 4].map((number) => ({ system_id: 7, round: number, answer: `回答${number}` }));
  const verdicts = (): { verdicts: (string | null)[][] }[] =>
    [1, 2, 3, 4].map((number) => ({
      ...{ system_id: 7, round: number, usable: 1 },
      verdicts: [
        ["1", "格式约束", number === 2 ? "不适用" : "是"],
        ["2", "内容约束", "否"],
      ],
    }));

  it("becomes a turn table: one row a round, one response a run, gold replies for history", async () => {
    const rows = await rowsOf(dir);
    expect(rows).toHaveLength(4);
    expect(rows[1]).toEqual({
      id: "sysbench-7-2",
      profile: { id: "sysbench-7", system: "你是厨师。不用逗号。" },
      history: [
        { role: "user", content: "问题1" },
        { role: "assistant", content: "答1" },
      ],
      query: "问题2",
      constraints: [
        { id: "7.2.1", text: "不用逗号" },
        { id: "7.2.2", text: "要求2" },
      ],
      responses: [
        { id: "gt_history__one", model: "one", text: "回答2", verdicts: [null, false] },
        { id: "gt_history__two", model: "two", text: "回答2", verdicts: [null, false] },
      ],
      verdict_source: "sysbench",
      meta: { domain: "烹饪", scene: "汤", round: 2, alignment: "align", rounds_related: true, history_left_out: [] },
    });
    for (const row of rows) expect(parseTurn(JSON.parse(JSON.stringify(row)))).toHaveProperty("turn");
  });

  it("leaves rounds without a known reply out of the history and says so, or leaves out the turns after them", async () => {
    const [, , third, fourth] = await rowsOf(dir);
    expect(third?.meta?.history_left_out).toEqual([]);
    expect(fourth?.meta?.history_left_out).toEqual([3]);
    expect(fourth && "history" in fourth && fourth.history?.map(({ content }) => content)).toEqual([
      "问题1",
      "答1",
      "问题2",
      "答2",
    ]);
    expect((await rowsOf(dir, { completeHistory: true })).map(({ id }) => id)).toEqual([
      "sysbench-7-1",
      "sysbench-7-2",
      "sysbench-7-3",
    ]);
  });

  it("takes an empty answer for none", async () => {
    await write(
      "responses/gt_history__two",
      answers().map((answer, index) => ({ ...answer, answer: ["", null, "x", " \n"][index] })),
    );
    const rows = await rowsOf(dir, { runs: ["gt_history__two"] });
    expect(rows.map(({ responses }) => responses.map(({ text }) => text))).toEqual([[null], [null], ["x"], [null]]);
  });

  it("refuses runs that do not share a history, and unknown ones", async () => {
    await expect(rowsOf(dir, { runs: ["gt_history__one", "own"] })).rejects.toThrow(
      /the run "own" does not share its history .* Runs that share one: gt_history__one, gt_history__two/,
    );
    await expect(rowsOf(dir, { runs: ["gt_history__three"] })).rejects.toThrow(
      /no run "gt_history__three".*there are gt_history__one/,
    );
    await expect(rowsOf(join(dir, "nowhere"))).rejects.toThrow(/no such folder/);
  });

  it("refuses verdicts whose ids are not those of the criteria", async () => {
    const change = async (index: number, given: (string | null)[][]): Promise<void> => {
      const rows = verdicts();
      rows[index] = { ...rows[index], verdicts: given };
      await write("verdicts/gt_history__two", rows);
    };
    await change(1, [
      ["1", "格式约束", "是"],
      ["3", "内容约束", "是"],
    ]);
    await expect(rowsOf(dir)).rejects.toThrow(
      /gt_history__two\.jsonl\.gz:2: verdicts: there is no criterion "3", only 1, 2/,
    );
    await change(2, [["1", "格式约束", "是"]]);
    await expect(rowsOf(dir)).rejects.toThrow(/:3: verdicts: criterion "2" is not judged/);
    await change(0, [
      ["1", "格式约束", "是"],
      ["1", "格式约束", "否"],
    ]);
    await expect(rowsOf(dir)).rejects.toThrow(/:1: verdicts: criterion "1" is judged twice/);
  });

  it("refuses rounds that are missing, extra, twice there or malformed", async () => {
    await write("responses/gt_history__two", answers().slice(0, 3));
    await expect(rowsOf(dir)).rejects.toThrow('the run "gt_history__two" has no response for session 7 round 4');
    await write("responses/gt_history__two", [...answers(), { system_id: 8, round: 1, answer: "x" }]);
    await expect(rowsOf(dir)).rejects.toThrow(/:5: row: there is no session 8 round 1 in sessions/);
    await write("responses/gt_history__two", [...answers(), answers()[0] as object]);
    await expect(rowsOf(dir)).rejects.toThrow(/:5: round: session 7 round 1 is there twice/);
    await write("responses/gt_history__two", [{ system_id: "7", round: 1, answer: "x" }]);
    await expect(rowsOf(dir)).rejects.toThrow(/:1: system_id: /);
    await rm(join(dir, "verdicts/gt_history__two.jsonl.gz"));
    await write("responses/gt_history__two", answers());
    await expect(rowsOf(dir)).rejects.toThrow(/verdicts\/gt_history__two\.jsonl\.gz: no such file/);
  });
});

const shared = process.env.RPO_SHARED ?? fileURLToPath(new URL("../../../shared", import.meta.url));
const published = join(shared, "data", "sysbench");
const there = existsSync(join(published, "sessions.jsonl.gz"));
if (!there)
  console.warn(`no SysBench in ${published}: its census is not checked here, only that of a small folder like it`);

describe.skipIf(!there)("the published SysBench runs", () => {
  it("have the census of spec/evaluation.md", async () => {
    const census = emptyCensus();
    let turns = 0;
    for await (const row of sysbenchTurns(published)) {
      const parsed = parseTurn(row);
      if ("problem" in parsed) throw new Error(`${row.id}: ${parsed.problem.field}: ${parsed.problem.reason}`);
      countTurn(
        census,
        parsed.turn.responses.map(({ verdicts }) => verdicts),
      );
      turns += 1;
    }
    expect(turns).toBe(2500);
    expect(census).toEqual({
      pairs: 37_500,
      identical: 20_239,
      cases: { 1: 233, 2: 320, 3: 144, 4: 98, 5: 2974, 6: 13_492 },
      gaps: { 1: 11_282, 2: 4476, 3: 1163, 4: 259, 5: 56, 6: 21, 7: 2, 8: 2 },
    });
  });

  it("have a complete history in rounds 1 to 3 and refuse the runs on their own replies", async () => {
    expect(await rowsOf(published, { completeHistory: true, runs: ["gt_history__gpt4o"] })).toHaveLength(1500);
    await expect(rowsOf(published, { runs: ["gpt4o"] })).rejects.toThrow(/does not share its history/);
  });
});
