// A run in small for the tests of the page: an English turn and a Chinese one with a history, judged by hand, paired by the
// real pair builder.
import { countTurn, emptyCensus } from "../src/preference/census.ts";
import { rpoPairs } from "../src/preference/rpo-pairs.ts";
import { seededRandom } from "../src/preference/seed.ts";
import type { Turn } from "../src/preference/turn.ts";
import type { PageData } from "../src/report/page-data.ts";
import { sampleEvaluation } from "./evaluation-sample.ts";

const allotments: Turn = {
  id: "en-allotment-secretary/q1",
  profile: "en-allotment-secretary",
  verdictSource: "code",
  messages: [
    {
      role: "system",
      content: `You are the Secretary, Bole Hill Allotments.

Bole Hill Allotments, Sheffield: sixty-four plots, one tap that works, and a waiting list with two generations of the same family on it. You are fair, a bit weary, and fond of nearly everybody.

Requirements:
1. Number your points with Roman numerals (I., II., III.).
2. Give at least three list items.
3. Every list item must contain the word “plot”.
4. The first line must contain “Bole Hill”.
5. If the user's message contains “bonfire” or “burning”, mention “rule seven”.
6. Use 120 words or fewer.
7. Do not use any exclamation marks.`,
    },
    { role: "user", content: "Can I have a bonfire on a Sunday if the wind's off the moor?" },
  ],
  constraints: [
    {
      id: "c1",
      text: "Number your points with Roman numerals (I., II., III.).",
      reversed: "The response must contain no list items numbered I., II., III.",
    },
    { id: "c2", text: "Give at least three list items.", reversed: "The response must contain at most 2 list items." },
    {
      id: "c3",
      text: "Every list item must contain the word “plot”.",
      reversed: "At least one list item must not contain the word “plot”.",
    },
    {
      id: "c4",
      text: "The first line must contain “Bole Hill”.",
      reversed: "The first line must not contain “Bole Hill”.",
    },
    {
      id: "c5",
      text: "If the user's message contains “bonfire” or “burning”, mention “rule seven”.",
      reversed: "If the user's message contains “bonfire” or “burning”, the response must not contain “rule seven”.",
    },
    { id: "c6", text: "Use 120 words or fewer.", reversed: "The response must contain at least 121 words." },
    {
      id: "c7",
      text: "Do not use any exclamation marks.",
      reversed: "The response must contain at least 1 exclamation mark.",
    },
  ],
  responses: [
    {
      id: "r1",
      text: "Bole Hill Allotments, on bonfires.\n\nI. Your plot must be clear of dry grass for two yards.\nII. The next plot gets a day's notice.\nIII. No plot burns before dusk, whatever the wind does. That is rule seven.",
      verdicts: [true, true, true, true, true, true, true],
    },
    {
      id: "r2",
      text: "Bole Hill says this about your bonfire:\n\n- Keep it small!\n- Keep water by you!\n- Tell your neighbours!",
      verdicts: [false, true, false, true, false, true, false],
    },
    {
      id: "r3",
      text: "You can have a bonfire on a Sunday if the wind is off the moor. You should check with the committee first, and make sure that the fire is out before you leave. See rule seven.",
      verdicts: [false, false, true, false, true, true, true],
    },
    {
      id: "r4",
      text: "Yes, you can! The wind is off the moor, and the wind is off the moor, and the wind is off the moor. It is a good day to burn things, and rule seven does not say otherwise!",
      verdicts: [false, false, true, false, true, true, false],
    },
    {
      id: "r5",
      text: "Dear plot-holder of Bole Hill,\nplease do not. The tap is far and the hut is dry.",
      verdicts: [false, false, true, true, false, true, true],
    },
    {
      id: "r6",
      text: "Bole Hill rules for a fire: 1. Ask the two plots beside yours. 2. Wait until dusk! 3. Watch it until it is out.",
      verdicts: [false, false, true, true, false, true, false],
    },
  ],
};

const cat: Turn = {
  id: "zh-adoption-station-cat/q3",
  profile: "zh-adoption-station-cat",
  verdictSource: "code",
  messages: [
    {
      role: "system",
      content: `你是“屋檐下”流浪猫领养站的站长大橘，一只八岁的橘猫，体重十三斤，缺半颗虎牙，自称在此地说一不二。

要求：
1. 列出至少三条项目符号。
2. 每一条列表里恰好有一个表情符号。
3. 不用表格。
4. 不提“血统”。
5. 回复以“等你回家。”结尾。
6. 留言里有“跑丢”或“不见了”时，回复以“先看床底和柜顶，”开头。
7. 留言是提问时，感叹号不超过一个。`,
    },
    { role: "user", content: "我想要那只三花，就是照片里歪着头的那个。" },
    { role: "assistant", content: "她叫汤圆，见了生人先躲三天。等你回家。" },
    { role: "user", content: "家里有一条五岁的柯基，可以再养只猫吗？" },
  ],
  constraints: [
    { id: "c1", text: "列出至少三条项目符号。", reversed: "回复必须包含至多2个项目符号。" },
    { id: "c2", text: "每一条列表里恰好有一个表情符号。", reversed: "至少有一条列表里不是恰好有一个表情符号。" },
    { id: "c3", text: "不用表格。", reversed: "回复必须包含至少1个表格。" },
    { id: "c4", text: "不提“血统”。", reversed: "回复必须提到“血统”。" },
    { id: "c5", text: "回复以“等你回家。”结尾。", reversed: "回复不得以“等你回家。”结尾。" },
    {
      id: "c6",
      text: "留言里有“跑丢”或“不见了”时，回复以“先看床底和柜顶，”开头。",
      reversed: "留言里有“跑丢”或“不见了”时，回复不得以“先看床底和柜顶，”开头。",
    },
    { id: "c7", text: "留言是提问时，感叹号不超过一个。", reversed: "留言是提问时，回复必须包含至少2个感叹号。" },
  ],
  responses: [
    {
      id: "r1",
      text: "能养。听我一句：\n- 🐶 先让柯基闻闻猫窝的毯子。\n- 🚪 隔一道门，住满一个星期。\n- 🍖 吃饭时各吃各的。\n\n等你回家。",
      verdicts: [true, true, true, true, true, null, true],
    },
    {
      id: "r2",
      text: "可以！五岁的柯基脾气最好了！只要血统纯，肯定听话！",
      verdicts: [false, true, true, false, false, null, false],
    },
    {
      id: "r3",
      text: "- 可以养 🐱🐱\n- 先隔离\n- 再见面\n等你回家。",
      verdicts: [true, false, true, true, true, null, true],
    },
    {
      id: "r4",
      text: "可以的，先让它们隔着门认识几天。等你回家。",
      verdicts: [false, true, true, true, true, null, true],
    },
  ],
};

const TURNS = [allotments, cat];

/** The data of a page on these two turns, with a census of many more. */
export function samplePageData(): PageData {
  const rows = TURNS.map((turn) => [
    ...rpoPairs(
      turn,
      {
        untriggered: "keep",
        minGap: 1,
        maxPairsPerTurn: null,
        prefer: "gap",
        reverse: ({ reversed }) => (reversed == null ? null : { text: reversed, byRule: false }),
        findConflict: () => null,
        violates: () => false,
        isProtected: () => false,
        random: seededRandom("page", turn.id),
      },
      {},
    ),
  ]);
  const census = emptyCensus();
  for (const turn of TURNS)
    countTurn(
      census,
      turn.responses.map(({ verdicts }) => verdicts),
    );
  const language = (turn: Turn): "en" | "zh" => (turn === cat ? "zh" : "en");
  return {
    title: "RPO quickstart",
    madeAt: "2026-11-23T16:07:43.000Z",
    model: {
      name: "SmolLM2-135M-Instruct Q4_1",
      recorded: false,
      settings: { temperature: 1, maxTokens: 160, seed: 0, "samples per turn": 6 },
    },
    counts: {
      profiles: 24,
      turns: 48,
      responses: 288,
      edits: 0,
      verdicts: 1968,
      pairs: 1204,
      train: 1022,
      validation: 182,
    },
    census: {
      pairs: 720 + census.pairs,
      identical: 118 + census.identical,
      cases: Object.fromEntries(
        Object.entries({ 1: 4, 2: 226, 3: 2, 4: 148, 5: 213, 6: 9 }).map(([name, count]) => [
          name,
          count + (census.cases[name] ?? 0),
        ]),
      ),
      gaps: Object.fromEntries(
        Object.entries({ 1: 214, 2: 232, 3: 101, 4: 41, 5: 12, 6: 2 }).map(([name, count]) => [
          name,
          count + (census.gaps[name] ?? 0),
        ]),
      ),
    },
    passRate: 0.6138,
    leftOut: 31,
    matrices: TURNS.map((turn) => ({
      turn: turn.id,
      profile: turn.profile,
      language: language(turn),
      query: turn.messages.at(-1)?.content ?? "",
      constraints: turn.constraints.map(({ id, text, reversed }) => ({ id, text, reversed: reversed ?? null })),
      responses: turn.responses.map(({ id, text, verdicts }) => ({ id, text: text ?? "", verdicts })),
    })),
    pairs: TURNS.flatMap((turn, index) =>
      (rows[index] ?? [])
        .filter(({ provenance }) => provenance.reversed.length > 1)
        .slice(0, 2)
        .map((row) => ({
          row,
          language: language(turn),
          reversed: turn.constraints
            .filter(({ id }) => row.provenance.reversed.includes(id))
            .map(({ id, text, reversed }) => ({ id, from: text, to: reversed ?? "" })),
        })),
    ),
    evaluation: sampleEvaluation(),
    files: [
      { path: "turns.jsonl", what: "the turn table: prompts, constraints, responses, verdicts", bytes: 412_331 },
      { path: "dataset/train.jsonl", what: "training pairs, with their provenance", bytes: 2_804_112 },
      { path: "dataset/llamafactory/rpo_train.json", what: "LLaMA-Factory, sharegpt with margin", bytes: 2_412_002 },
    ],
  };
}
