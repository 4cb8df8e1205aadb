import { describe, expect, it } from "vitest";
import { isRuleLine, SEGMENTS, TextView } from "./text-view.ts";

const of = (text: string): TextView => new TextView(text);

describe("words", () => {
  it.each([
    ["Don't over-think it", ["Don't", "over-think", "it"]],
    ["l’été d'hiver", ["l’été", "d'hiver"]],
    ["a-'b -c- d", ["a", "b", "c", "d"]],
    ["snake_case 3.5 1,000", ["snake_case", "3", "5", "1", "000"]],
    ["我爱TypeScript 5", ["我", "爱", "TypeScript", "5"]],
    ["カタ、かな", ["カ", "タ", "か", "な"]],
    ["한국어 words", ["한국어", "words"]],
    ["😀 — ！", []],
    ["", []],
  ])("%j", (text, words) => {
    expect(of(text).words).toEqual(words);
  });
});

describe("lines and paragraphs", () => {
  it("break at LF, CRLF and CR alike", () => {
    for (const end of ["\n", "\r\n", "\r"]) {
      expect(of(`a${end} b ${end}${end}c`).lines).toEqual(["a", "b", "c"]);
      expect(of(`${end}a${end}b${end}${end}${end}c${end} \t${end}d${end}`).paragraphs).toEqual([`a${end}b`, "c", "d"]);
    }
  });

  it("one line break parts no paragraphs", () => {
    expect(of("第一行\r\n第二行").paragraphs).toEqual(["第一行\r\n第二行"]);
    expect(of("  \n \n").paragraphs).toEqual([]);
    expect(of("").lines).toEqual([]);
  });
});

describe("sentences", () => {
  it.each([
    ["One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]],
    ["Dr. Smith met J. Doe vs. Co. on Main St. today.", ["Dr. Smith met J. Doe vs. Co. on Main St. today."]],
    [
      "See e.g. this, i.e. that, approx. 3.5 km, p. 4. End.",
      ["See e.g. this, i.e. that, approx. 3.5 km, p. 4.", "End."],
    ],
    ["He left at 5 p.m.", ["He left at 5 p.m."]],
    ["“Go.” She went. (Far away.) Then back.", ["“Go.”", "She went.", "(Far away.)", "Then back."]],
    ["Wait.... what?! Yes…", ["Wait....", "what?!", "Yes…"]],
    ["v1.2.3 at example.com", ["v1.2.3 at example.com"]],
    ["..x. y", ["..x.", "y"]],
    ["A line\nanother line", ["A line", "another line"]],
    ["今天好。明天呢？后天！", ["今天好。", "明天呢？", "后天！"]],
    ["他说：“走吧！”然后走了。", ["他说：“走吧！”", "然后走了。"]],
    ["「好。」『行！』", ["「好。」", "『行！』"]],
    ["完了……真的", ["完了……", "真的"]],
    ["好.」 x", ["好.」 x"]],
    ["# Title #\n- item. more\n> 1. quoted", ["Title", "item.", "more", "quoted"]],
    ["!!! … 。\n---\n***", []],
  ])("%j", (text, sentences) => {
    expect(of(text).sentences).toEqual(sentences);
  });
});

describe("items", () => {
  const items = (text: string): string[] => of(text).items.map(({ marker, content }) => `${marker}|${content}`);

  it.each([
    ["- a\n* b\n+ c\n• d\n— e", ["-|a", "*|b", "+|c", "•|d", "—|e"]],
    ["1. a\n2) b\n12、c\n3．d", ["1.|a", "2)|b", "12、|c", "3．|d"]],
    ["I. a\niv) b\nA. c\nb) d", ["I.|a", "iv)|b", "A.|c", "b)|d"]],
    ["一、甲\n十二、乙\n（三）丙\n(4) 丁\n⑤戊", ["一、|甲", "十二、|乙", "（三）|丙", "(4)|丁", "⑤|戊"]],
    ["1.苹果\n2.**梨**\n3.《书》", ["1.|苹果", "2.|**梨**", "3.|《书》"]],
    ["> - quoted\n>> 1. twice\n  - nested", ["-|quoted", "1.|twice", "-|nested"]],
    ["3.14 is\n-no\n*no*\n2024. year\n1.5x\n(see)\nthe. end\n-\n- - -", []],
  ])("%j", (text, expected) => {
    expect(items(text)).toEqual(expected);
  });
});

describe("headings", () => {
  it.each([
    ["# One\n  ###### Six", ["One", "Six"]],
    ["## Closed ##", ["Closed"]],
    ["# C#", ["C"]],
    ["# a # b ##", ["a # b"]],
    ["# ##", ["#"]],
    ["# 第一章\n#话题 内容", ["第一章"]],
    ["####### seven\n#\n#tag\ntext # no", []],
  ])("%j", (text, headings) => {
    expect(of(text).headings).toEqual(headings);
  });
});

describe("emoji", () => {
  it.each([
    ["a😀b🎉", ["😀", "🎉"]],
    ["👨‍👩‍👧👋🏽🇨🇳1️⃣🏴󠁧󠁢󠁥󠁮󠁧󠁿", ["👨‍👩‍👧", "👋🏽", "🇨🇳", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]],
    ["👩🏻‍❤️‍💋‍👩🏿", ["👩🏻‍❤️‍💋‍👩🏿"]],
    ["❤ ❤️ ✓ ☀", ["❤", "❤️", "☀"]],
    ["© ™ → ■ 1 # * ①", []],
    ["©️ ↔️", ["©️", "↔️"]],
    ["🇨🇳🇨", ["🇨🇳", "🇨"]],
    ["😀\u200d\u200d😀", ["😀", "😀"]],
    ["\u200d\ufe0f\u20e3 7\ufe0f", []],
    ["你好，世界。「」", []],
  ])("%j", (text, emoji) => {
    expect(of(text).emoji).toEqual(emoji);
  });
});

describe("segments", () => {
  it("are views of the parts, made once", () => {
    const view = of("# 标题\n\n**一** two.\n\n- item");
    expect(SEGMENTS.map((kind) => view.segments(kind).map(({ text }) => text))).toEqual([
      ["# 标题", "**一** two.", "- item"],
      ["# 标题", "**一** two.", "- item"],
      ["标题", "**一** two.", "item"],
      ["item"],
      ["标题"],
      ["一"],
      ["标", "题", "一", "two", "item"],
    ]);
    expect(view.segments("line")).toBe(view.segments("line"));
  });

  it("are counted from either end; there is nothing beyond them", () => {
    const view = of("a\nb\nc");
    expect([1, 3, -1, -3].map((at) => view.segmentAt("line", at).text)).toEqual(["a", "c", "c", "a"]);
    expect([4, -4].map((at) => view.segmentAt("line", at).text)).toEqual(["", ""]);
  });

  it("remembers what a measure made, null and undefined too", () => {
    const view = of("a");
    let made = 0;
    const make = (): undefined => {
      made += 1;
    };
    view.remember("x", make);
    view.remember("x", make);
    expect(made).toBe(1);
  });
});

describe("isRuleLine", () => {
  it.each(["---", "- - -", "—-–", "***", "* * *", "___", "======", "~ ~~"])("%j", (line) => {
    expect(isRuleLine(line)).toBe(true);
  });

  it.each(["", "--", "-*-", "--- x", "###", "...", "- item"])("not %j", (line) => {
    expect(isRuleLine(line)).toBe(false);
  });
});
