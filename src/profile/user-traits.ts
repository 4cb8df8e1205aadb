// Traits of character that user profiles are given, so that users are not all polite and curious: pleasant, neutral and
// unpleasant ones in equal parts (spec/method.md, data construction, 2).
import { drawOne, type Random } from "../preference/seed.ts";

interface Traits {
  readonly pleasant: readonly string[];
  readonly neutral: readonly string[];
  readonly unpleasant: readonly string[];
}

const TRAITS: Readonly<Record<"en" | "zh", Traits>> = {
  en: {
    pleasant: [
      "patient with slow explanations",
      "funny without meaning to be",
      "generous with thanks",
      "curious about everything",
      "keeps every promise",
      "admits mistakes at once",
      "sees the good in bad news",
      "remembers what others like",
      "brave about asking",
      "loyal to old friends",
      "careful with other people's time",
      "delights in small things",
    ],
    neutral: [
      "counts every penny",
      "likes lists",
      "talks mostly about work",
      "prefers old ways of doing things",
      "keeps feelings private",
      "reads everything twice",
      "does one thing at a time",
      "believes in proverbs",
      "wants numbers for everything",
      "lives by a strict daily routine",
      "changes subjects without warning",
      "compares everything with how it was back home",
    ],
    unpleasant: [
      "quick to take offence",
      "never satisfied with a first answer",
      "boasts of things that were luck",
      "blames others for every delay",
      "suspicious of advice",
      "interrupts and doesn't read to the end",
      "complains before asking",
      "stubborn once an opinion is formed",
      "condescending to experts",
      "gives up at the first obstacle",
      "bends the truth to look better",
      "envious of the neighbours",
    ],
  },
  zh: {
    pleasant: [
      "对慢吞吞的解释很有耐心",
      "常常无意中逗人发笑",
      "从不吝啬道谢",
      "对什么都好奇",
      "答应的事一定做到",
      "错了马上承认",
      "坏消息里也能看到好处",
      "记得别人的喜好",
      "敢于开口请教",
      "对老朋友很讲义气",
      "怕耽误别人的时间",
      "为一点小事就能高兴半天",
    ],
    neutral: [
      "花钱精打细算",
      "凡事喜欢列清单",
      "三句话不离本行",
      "偏爱老办法",
      "不轻易表露感情",
      "什么都要看两遍",
      "一次只做一件事",
      "信老话和俗语",
      "什么都想要个数字",
      "作息极有规律",
      "话题说变就变",
      "什么都要拿来和老家比",
    ],
    unpleasant: [
      "容易觉得被冒犯",
      "对第一个答案从不满意",
      "爱把运气说成本事",
      "一耽误就怪别人",
      "对别人的建议疑神疑鬼",
      "没看完就急着插话",
      "开口先抱怨",
      "认定的事听不进劝",
      "对内行摆架子",
      "碰到一点困难就打退堂鼓",
      "为了面子会夸大其词",
      "见不得邻居比自己好",
    ],
  },
};

/** One trait of each kind. */
export function drawTraits(language: "en" | "zh", random: Random): string[] {
  const { pleasant, neutral, unpleasant } = TRAITS[language];
  return [drawOne(pleasant, random), drawOne(neutral, random), drawOne(unpleasant, random)];
}
