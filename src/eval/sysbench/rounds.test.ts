import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readJudgedRounds } from "./rounds.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-sysbench-score-"));
});
afterEach(() => rm(dir, { recursive: true }));

type Row = Record<string, unknown>;
const row = (round: number, change: Row = {}): Row => ({
  system_id: 7,
  round,
  related: true,
  alignment: "align",
  verdicts: [["1", "动作约束", "是"]],
  usable: 1,
  ...change,
});
const rows = (change: (rows: Row[]) => void = () => {}): Row[] => {
  const all = [1, 2, 3, 4, 5].map((round) => row(round));
  change(all);
  return all;
};
const sessions = [
  {
    system_id: 7,
    rounds_related: true,
    system_prompt: "你是助手。",
    rounds: [1, 2, 3, 4, 5].map((round) => ({
      round,
      prompt: `问题${round}`,
      alignment: "align",
      criteria: [{ criteria_id: "1", criteria_content: "简短", criteria_type: "动作约束" }],
    })),
  },
];

async function read(verdicts: readonly Row[], asked?: readonly object[], answers?: readonly object[]) {
  const file = async (name: string, lines: readonly object[]): Promise<string> => {
    const path = join(dir, name);
    await writeFile(path, lines.map((line) => JSON.stringify(line)).join("\n"));
    return path;
  };
  return readJudgedRounds({
    verdicts: await file("verdicts.jsonl", verdicts),
    sessions: asked && (await file("sessions.jsonl", asked)),
    responses: answers && (await file("responses.jsonl", answers)),
  });
}

describe("judged rounds", () => {
  it("come in order, with what was asked and answered where that is at hand", async () => {
    const [first] = await read(rows().reverse(), sessions, [{ system_id: 7, round: 1, answer: "好" }]);
    expect(first).toEqual({
      session: 7,
      round: 1,
      dependent: true,
      alignment: "aligned",
      criteria: [{ id: "1", type: "action", verdict: "是", text: "简短" }],
      prompt: "问题1",
      response: "好",
    });
  });

  it("keep what the judge answered", async () => {
    const [, second] = await read(rows((all) => (all[1] = row(2, { verdicts: [["1", "动作约束", "无法判断"]] }))));
    expect(second?.criteria[0]?.verdict).toBe("无法判断");
  });

  it.each<[string, (all: Row[]) => void, RegExp]>([
    ["a round twice", (all) => all.push(row(3)), /:6: round: session 7 round 3 is there twice/],
    ["a round missing", (all) => all.splice(2, 1), /session 7 has 4 of 5 rounds/],
    ["a sixth round", (all) => all.push(row(6)), /:6: round: /],
    [
      "a criterion twice",
      (all) => (all[0] = row(1, { verdicts: [1, 2].map(() => ["1", "动作约束", "是"]) })),
      /:1: verdicts: criterion "1" is judged twice/,
    ],
    ["no verdict", (all) => (all[0] = row(1, { verdicts: [], usable: 1 })), /:1: verdicts: a round without a verdict/],
    ["an unknown type", (all) => (all[0] = row(1, { verdicts: [["1", "长度约束", "是"]] })), /:1: verdicts\[0\]\[1\]/],
    [
      "another pass than its verdicts",
      (all) => (all[1] = row(2, { usable: 0 })),
      /:2: usable: 0, but the verdicts say 1/,
    ],
    ["two kinds of session", (all) => (all[4] = row(5, { related: false })), /:5: related: other rounds of session 7/],
  ])("refuse %s", async (_, change, message) => {
    await expect(read(rows(change))).rejects.toThrow(message);
  });

  it.each<[string, Row, RegExp]>([
    ["of no criterion", { verdicts: [["2", "动作约束", "是"]] }, /session 7 round 1 has no criterion "2", only 1/],
    ["of another type", { verdicts: [["1", "风格约束", "是"]] }, /criterion "1" is of type 动作约束, not 风格约束/],
    ["of another alignment", { alignment: "misalign" }, /alignment: the sessions say align/],
  ])("refuse verdicts %s", async (_, change, message) => {
    await expect(
      read(
        rows((all) => (all[0] = row(1, change))),
        sessions,
      ),
    ).rejects.toThrow(message);
  });

  it("refuse what leaves criteria or sessions out", async () => {
    const more = structuredClone(sessions);
    more[0]!.rounds[0]!.criteria.push({ criteria_id: "2", criteria_content: "x", criteria_type: "风格约束" });
    await expect(read(rows(), more)).rejects.toThrow(/:1: verdicts: criterion "2" is not judged/);
    await expect(read(rows(), [...sessions, { ...sessions[0]!, system_id: 8 }])).rejects.toThrow(
      /session 8 round 1 of .* is not judged/,
    );
    await expect(read([])).rejects.toThrow(/no round/);
  });
});
