// What models typically answer to the questions of a construction: texts of usual form and length, drawn by the seed. With these a run
// is planned before anything is paid for (plan.ts), and the whole of it is tested without a model. Knows the questions by their
// schemas and blocks; says nothing of quality.
import type { ResponseSchema } from "../model/model.ts";
import { fraction, seededRandom, shuffled } from "../preference/seed.ts";
import type { Message } from "../profile/message.ts";
import { promptLanguage } from "../profile/prompt.ts";
import type { PromptLanguage } from "../prompts/prompt.ts";

/** A question as it is asked of a model. */
export interface TypicalQuestion {
  readonly messages: readonly Message[];
  readonly schema: ResponseSchema | null;
  readonly seed: number;
}

/** Share of verdicts that pass: of SmolLM2-135M's to Qwen2.5-7B's responses, 0.4 to 0.9 do. */
const PASS_SHARE = 0.7;
/** Words or characters of a response, at least and at most; replies to queries of one line are of a paragraph or two. */
const RESPONSE_LENGTH = { en: [60, 160], zh: [40, 160] } as const;
/** Verdicts and reasons are a short sentence. */
const REASON = { en: "The reply shows it in its first sentence.", zh: "回复的第一句就体现了这一点。" } as const;

/** The answer, the same for the same question. */
export function typicalAnswer({ messages, schema, seed }: TypicalQuestion): string {
  const content = messages.findLast(({ role }) => role === "user")?.content ?? "";
  const first = messages.find(({ role }) => role === "user")?.content ?? "";
  const language = promptLanguage([
    ...messages.filter(({ role }) => role === "system"),
    // Whatever language the texts have that are asked about.
    { role: "user", content: withoutBlocks(first) },
  ]);
  const key = [seed, JSON.stringify(messages)] as const;
  if (schema !== null) return JSON.stringify(typedAnswer(schema, first, language, key));
  if (hasBlock(first, "PERSONA")) return ABOUT[language].user;
  if (hasBlock(first, "NOT MET") || hasBlock(first, "REPLY")) return prose(language, key, "edit");
  if (hasBlock(first, "ASSISTANT") || hasBlock(first, "MESSAGE")) return query(language, key);
  return prose(language, key, content);
}

type Key = readonly [seed: number, messages: string];

function typedAnswer({ name, schema }: ResponseSchema, first: string, language: PromptLanguage, key: Key): unknown {
  const { user: _, rules, ...about } = ABOUT[language];
  switch (name) {
    case "profile":
      return { name: about.name, description: about.description, skills: about.skills };
    case "constraints":
      return { constraints: shuffled(rules, seededRandom("rules", ...key)).map(([when, must]) => ({ when, must })) };
    case "triggered":
      return {
        constraints: idsIn(schema).map((id) => ({
          id,
          condition: language === "zh" ? "无" : "none",
          applies: "always",
        })),
      };
    case "verdicts":
      return {
        verdicts: idsIn(schema).map((id) => ({
          id,
          reason: REASON[language],
          verdict: fraction("verdict", ...key, id) < PASS_SHARE ? "pass" : "fail",
        })),
      };
    case "opposites":
      return {
        opposites: requirementsIn(first).map(({ id, requirement }) => ({ id, opposite: opposite(requirement) })),
      };
    case "opposite":
      return { flaw: REASON[language], opposite: opposite(blockLines(first, "REQUIREMENT").join(" "), 1) };
    default:
      return {};
  }
}

/** Turns a demand round by what stands before it; exact in form, and good enough to be tried. */
function opposite(requirement: string, again = 0): string {
  const [before, after] =
    promptLanguage([{ role: "user", content: requirement }]) === "zh"
      ? [["不得做到以下这一点：", "不得遵守这条规定："], ""]
      : [["Do the contrary of this: ", "Do not keep to this: "], ""];
  return `${before[again]}${requirement}${after}`;
}

const hasBlock = (content: string, name: string): boolean => content.includes(`[[${name} `);

const withoutBlocks = (content: string): string => content.replace(/\[\[(.+ [0-9a-f]{8})\]\]\n.*?\n\[\[\/\1\]\]/gs, "");

/** Lines of a block (prompts/data-block.ts); none where it is not there. */
function blockLines(content: string, name: string): string[] {
  const found = new RegExp(`\\[\\[${name} ([0-9a-f]{8})\\]\\]\\n`).exec(content);
  if (found === null) return [];
  const start = found.index + found[0].length;
  return content.slice(start, content.indexOf(`\n[[/${name} ${found[1]}]]`, start)).split("\n");
}

function requirementsIn(content: string): { readonly id: string; readonly requirement: string }[] {
  return blockLines(content, "REQUIREMENTS").map((line) => JSON.parse(line));
}

/** The ids that a schema of a list (judge/ask-each.ts) allows. */
function idsIn(schema: unknown): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { enum: ids } = schema as { readonly enum?: unknown };
  const inId = "properties" in schema ? (schema.properties as Record<string, unknown>).id : undefined;
  if (inId !== undefined) return idsIn(inId);
  if (Array.isArray(ids)) return ids as string[];
  for (const value of Object.values(schema)) {
    const found = idsIn(value);
    if (found.length > 0) return found;
  }
  return [];
}

function query(language: PromptLanguage, key: Key): string {
  const openings = OPENINGS[language];
  const random = seededRandom("query", ...key);
  const pick = (words: readonly string[]): string => words[Math.floor(random() * words.length)]!;
  return language === "zh"
    ? `${pick(openings)}，${pick(WORDS.zh)}${pick(WORDS.zh)}怎么办`
    : `${pick(openings)}, what about the ${pick(WORDS.en)} ${pick(WORDS.en)} then`;
}

/** Words without a meaning, which keep the rules of the typical profile for the most part. */
function prose(language: PromptLanguage, key: Key, purpose: string): string {
  const random = seededRandom("prose", ...key, purpose);
  const [least, most] = RESPONSE_LENGTH[language];
  const length = least + Math.floor(random() * (most - least));
  const words = WORDS[language];
  const said: string[] = [];
  for (let count = 0; count < length; count += language === "zh" ? 2 : 1) {
    const ends = random() < 0.1 ? (language === "zh" ? "。" : ".") : "";
    said.push(`${words[Math.floor(random() * words.length)]}${ends}`);
  }
  const body = said.join(language === "zh" ? "" : " ");
  const keeps = (): boolean => random() < KEPT_SHARE;
  const { shelf, steps, end } = KEEPING[language];
  return [...(keeps() ? [shelf] : []), body, ...(keeps() ? steps : []), ...(keeps() ? [end] : [])].join(
    language === "zh" ? "\n\n" : "\n",
  );
}

/** Share of responses that do each of what KEEPING has. */
const KEPT_SHARE = 0.8;
const KEEPING = {
  en: { shelf: "It is on the shelf.", steps: ["1. Look", "2. Choose", "3. Take it home"], end: "Will that do?" },
  zh: { shelf: "货架上有。", steps: [], end: "这样行吗？" },
} as const;

const WORDS = {
  en: "bread water morning street letter garden window number paper river stone music winter table story friend market season corner question".split(
    " ",
  ),
  zh: [
    "早晨",
    "街道",
    "信件",
    "花园",
    "窗户",
    "数字",
    "河流",
    "石头",
    "音乐",
    "冬天",
    "桌子",
    "故事",
    "朋友",
    "市场",
    "季节",
    "问题",
  ],
} as const;

const OPENINGS = {
  en: ["so", "look here", "quick one", "honestly", "help me out", "my neighbour says", "before I forget", "right then"],
  zh: ["那个", "说真的", "帮个忙", "我想问问", "先别急", "邻居说", "话说回来", "老实讲"],
} as const;

interface TypicalProfile {
  readonly name: string;
  readonly description: string;
  readonly skills: readonly string[];
  readonly user: string;
  /** When, and what then. */
  readonly rules: readonly (readonly [string, string])[];
}

const ABOUT: Readonly<Record<PromptLanguage, TypicalProfile>> = {
  en: {
    name: "The corner shop",
    description:
      "You keep a corner shop in a small town and know everybody who comes in. You know your shelves by heart, help with what to buy and what to do with it, and you are patient with those who cannot make up their minds.",
    skills: ["recommend what to buy", "explain how things are used", "write short notes for customers"],
    user: "Ruth is fifty-eight and mends coats in a workshop behind the station, where she lives with her brother and an old dog. She is worried about the rent, knows cloth and thread better than anybody, and understands nothing about computers. She writes in short lines without capitals, is quick to take offence and just as quick to forgive.",
    rules: [
      ["always", "Use at most 150 words."],
      ["always", "Do not use the word “just”."],
      ["always", "Mention the word “shelf” at least once."],
      ["always", "Name one thing that a customer can touch."],
      ["always", "Sound like somebody who has known the customer for years."],
      ["always", "Do not use exclamation marks."],
      ["the user's message contains “what”", "Give exactly 3 numbered steps."],
      ["the user asks for a price", "Say that prices are on the board by the door."],
      ["the user's message contains “help”", "Begin with the words “Let me see”."],
      ["the user complains", "Take the side of the customer in one sentence."],
      ["always", "End with a question."],
      ["always", "Compare one thing to the weather."],
    ],
  },
  zh: {
    name: "街角小店",
    description:
      "你在小城里开着一家街角小店，来往的人你都认得。货架上有什么你一清二楚，帮人挑东西，也教人怎么用；遇到拿不定主意的客人，你总是很有耐心。老街坊有事都爱先来问你，你说话直接，心却很软，从不让人空着手、带着气离开。孩子们放学常来坐一坐，你会给他们留一块糖，也会提醒他们早点回家写作业，别让家里人等得着急。",
    skills: ["推荐该买什么", "说明东西怎么用", "替客人写便条"],
    user: "秀兰今年五十八岁，在车站后面的小铺子里补衣服，和弟弟还有一条老狗住在一起。她眼下为房租发愁，布料和针线没人比她更懂，电脑却一点也不会用。她写消息总是短短一句，不爱加标点，容易生气，气消得也快，街坊都知道她的脾气。",
    rules: [
      ["始终", "不超过150字。"],
      ["始终", "不得出现“其实”二字。"],
      ["始终", "至少出现一次“货架”。"],
      ["始终", "提到一样客人能摸到的东西。"],
      ["始终", "语气要像认识多年的老街坊。"],
      ["始终", "不得使用感叹号。"],
      ["用户的消息里有“怎么”", "分成恰好3段。"],
      ["用户询问价格", "说明价格写在门口的牌子上。"],
      ["用户的消息里有“帮”", "以“我来看看”开头。"],
      ["用户抱怨", "用一句话站在客人一边。"],
      ["始终", "以一个问题结尾。"],
      ["始终", "把一样东西比作天气。"],
    ],
  },
};
