import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Script, scriptedModel } from "../../model/scripted-model.ts";
import type { Message } from "../../profile/message.ts";
import { Ledger } from "../../run/ledger.ts";
import { recordedModel } from "../../run/recorded-model.ts";
import { RunStore } from "../../run/store.ts";
import type { ScoreMode } from "../scored-run.ts";
import { type JudgeRoundsOptions, judgeRounds, verdictRow } from "./judge-rounds.ts";
import { readJudgedRounds } from "./rounds.ts";
import { readSysbenchItems, type SysbenchItem } from "./sessions.ts";

let dir: string;
let store: RunStore;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-sysbench-judge-"));
  store = new RunStore(dir, () => new Date());
});
afterEach(async () => {
  store.close();
  await rm(dir, { recursive: true });
});

const session = (id: number, change: Record<string, unknown> = {}) => ({
  system_id: id,
  rounds_related: id % 2 === 0,
  system_prompt: `你是助手${id}。`,
  rounds: [1, 2, 3, 4, 5].map((round) => ({
    round,
    prompt: `问${round}`,
    alignment: round === 5 ? "misalign" : "align",
    criteria: [
      { criteria_id: "1", criteria_content: "简短", criteria_type: "风格约束" },
      { criteria_id: "2", criteria_content: "礼貌", criteria_type: "内容约束" },
    ],
    gt_assistant: round < 5 ? `金${round}` : null,
  })),
  ...change,
});
const items = async (...rows: readonly object[]): Promise<SysbenchItem[]> => {
  const path = join(dir, "sessions.jsonl");
  await writeFile(path, rows.map((row) => JSON.stringify(row)).join("\n"));
  return readSysbenchItems(path);
};

/** The blocks of the question by name. */
const blocks = (messages: readonly Message[]): Record<string, string> =>
  Object.fromEntries(
    [...messages[0]!.content.matchAll(/\[\[([A-Z ]+) [0-9a-f]{8}\]\]\n([\s\S]*?)\n\[\[\//g)].map(([, name, text]) => [
      name,
      text,
    ]),
  );
const says = (verdict: (reply: string) => string): Script => {
  return ({ messages }) => {
    const { REPLY } = blocks(messages);
    return JSON.stringify({ reason: "x", verdicts: { 1: "是", 2: verdict(REPLY!) } });
  };
};
const replies = (item: SysbenchItem) => item.turns.map(({ round }) => `答${item.session}.${round}`);

async function judge(
  script: Script,
  sessions: readonly SysbenchItem[],
  { mode = "parity", gold = false, ...more }: { mode?: ScoreMode; gold?: boolean } & Partial<JudgeRoundsOptions> = {},
) {
  const model = scriptedModel(script, { concurrency: 2 });
  const kept = recordedModel(model, { store, ledger: new Ledger(), role: "judge", stage: "test" });
  const judged = await judgeRounds(
    sessions.map((item) => ({ item, responses: replies(item), gold })),
    { judge: kept, identity: "j", mode, seed: 1, store, ...more },
  );
  return { ...judged, requests: model.requests };
}

describe("judgeRounds", () => {
  it("asks once a round, with the system prompt, the rounds before, the reply and the criteria", async () => {
    const { rounds, failed, requests } = await judge(
      says((reply) => (reply.endsWith("3") ? "否" : "是")),
      await items(session(1), session(2)),
    );
    expect([rounds.length, failed, requests.length]).toEqual([10, [], 10]);
    const third = requests.map(({ messages }) => blocks(messages)).find(({ REPLY }) => REPLY === "答1.3")!;
    expect(third["SYSTEM PROMPT"]).toBe("你是助手1。");
    expect(third["EARLIER ROUNDS"]!.split("\n").map((line) => JSON.parse(line).content)).toEqual([
      ...["问1", "答1.1", "问2", "答1.2"],
    ]);
    expect(third["USER MESSAGE"]).toBe("问3");
    expect(third.CRITERIA).toBe("1. 简短 | 风格约束\n2. 礼貌 | 内容约束");
    expect(rounds[2]).toEqual({
      ...{ session: 1, round: 3, dependent: false, alignment: "aligned", prompt: "问3", response: "答1.3" },
      criteria: [
        { id: "1", type: "style", text: "简短", verdict: "是" },
        { id: "2", type: "content", text: "礼貌", verdict: "否" },
      ],
    });
  });

  it("shows the gold replies where they stood in the history", async () => {
    const { requests } = await judge(
      says(() => "是"),
      await items(session(1)),
      { gold: true },
    );
    const third = requests.map(({ messages }) => blocks(messages)).find(({ REPLY }) => REPLY === "答1.3")!;
    expect(third["EARLIER ROUNDS"]).toContain("金2");
    expect(third["EARLIER ROUNDS"]).not.toContain("答1.2");
  });

  it("asks nothing twice, and what is missing when it is run again", async () => {
    const two = await items(session(1), session(2));
    const stop = new AbortController();
    let answered = 0;
    const stopping: Script = (sample) => {
      answered += 1;
      if (answered === 4) stop.abort();
      return says(() => "是")(sample);
    };
    await expect(judge(stopping, two, { signal: stop.signal })).rejects.toThrow();
    const again = await judge(
      says(() => "是"),
      two,
    );
    expect(again.rounds).toHaveLength(10);
    expect(again.requests.length).toBeGreaterThan(0);
    expect(again.requests.length).toBeLessThan(10);
    expect(
      (
        await judge(() => {
          throw new Error("asked twice");
        }, two)
      ).rounds,
    ).toHaveLength(10);
  });

  it("tells of rounds without usable verdicts, and tries these again", async () => {
    const one = await items(session(1));
    const deaf: Script = (sample) =>
      blocks(sample.messages).REPLY === "答1.2" ? "不知道" : (says(() => "是")(sample) as string);
    const { rounds, failed, requests } = await judge(deaf, one);
    expect(rounds.map(({ round }) => round)).toEqual([1, 3, 4, 5]);
    expect(failed).toEqual([{ key: "1/2", cause: expect.stringMatching(/no usable verdicts in 10 answers/) }]);
    expect(requests).toHaveLength(14);
    const again = await judge(
      says(() => "是"),
      one,
    );
    expect([again.rounds.length, again.requests.length]).toEqual([5, 1]);
  });

  it("writes verdicts that read back as they were judged", async () => {
    const one = await items(session(1));
    const { rounds } = await judge(
      says(() => "不适用"),
      one,
    );
    const path = join(dir, "verdicts.jsonl");
    await writeFile(path, rounds.map((round) => JSON.stringify(verdictRow(round))).join("\n"));
    expect(await readJudgedRounds({ verdicts: path, sessions: join(dir, "sessions.jsonl") })).toEqual(rounds);
  });
});

describe("sessions", () => {
  it.each<[string, object[], RegExp]>([
    ["twice", [session(1), session(1)], /:2: system_id: session 1 is there twice/],
    ["of four rounds", [{ ...session(1), rounds: session(1).rounds.slice(1) }], /:1: rounds: /],
    ["in another order", [{ ...session(1), rounds: session(1).rounds.toReversed() }], /:1: rounds: are not 1 to 5/],
    ["that are not there", [], /no session/],
  ])("are refused %s", async (_, rows, message) => {
    await expect(items(...rows)).rejects.toThrow(message);
  });
});
