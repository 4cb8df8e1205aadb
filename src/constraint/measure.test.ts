// What each measure counts, on texts where people would agree. Every measure must stand here at least once.
import { describe, expect, it } from "vitest";
import { type Argument, atom } from "./expression.ts";
import { SOME } from "./interval.ts";
import { MissingMeansError } from "./means.ts";
import { MEASURES, measureNamed } from "./measure.ts";
import { verdictOn, viewOf } from "./verdict.ts";

type Row = readonly [measure: string, arg: Record<string, Argument>, text: string, value: number];

const TABLE: readonly Row[] = [
  ["words", {}, "Don't over-think it, Dr. Who: 3.5 is fine.", 9],
  ["words", {}, "我爱 TypeScript 5", 4],
  ["words", {}, "", 0],
  ["characters", {}, " naïve 😀 ", 7],
  ["characters", {}, "你好，世界", 5],
  ["han", {}, "你好，world 世界！", 4],
  ["han", {}, "hello", 0],
  ["sentences", {}, "Hello there. How are you? Fine!", 3],
  ["sentences", {}, "Dr. Smith paid $3.50, e.g. for tea. Then he left.", 2],
  ["sentences", {}, "# Title\n\n- one item\n- two. Really.", 4],
  ["sentences", {}, "今天天气很好。我们去公园吧！好不好？", 3],
  ["sentences", {}, "Wait... what?! “No way.” He said.", 4],
  ["sentences", {}, "她说：“你好。”然后走了。", 2],
  ["sentences", {}, "---\n***\n", 0],
  ["lines", {}, "a\n\n b \r\nc\n", 3],
  ["paragraphs", {}, "one\ntwo\n\nthree\n \nfour", 3],
  ["paragraphs", {}, "\n\n", 0],
  ["occurrences", { phrase: "an" }, "An ant and a man", 4],
  ["occurrences", { phrase: "热干面" }, "热干面很好吃，热干面！", 2],
  ["word-occurrences", { word: "an" }, "An ant and an owl", 2],
  ["word-occurrences", { word: "C++" }, "C++ beats C, C++.", 2],
  ["starts-with", { phrase: "ahoy" }, "  Ahoy, captain", 1],
  ["starts-with", { phrase: "ahoy" }, "Well, ahoy", 0],
  ["ends-with", { phrase: "谢谢！" }, "好的，谢谢！\n", 1],
  ["ends-with", { phrase: "bye" }, "Goodbye.", 1],
  ["ends-with", { phrase: "bye!" }, "Goodbye.", 0],
  ["ends-with", { phrase: "bye" }, "Goodbye, all", 0],
  ["starts-with-word", { word: "We" }, "“We” came.", 1],
  ["starts-with-word", { word: "We" }, "Well, we came.", 0],
  ["ends-with-word", { word: "amen" }, "And so: **Amen.**", 1],
  ["ends-with-word", { word: "men" }, "Amen", 0],
  ["repeats-query", {}, "No message is known: nothing to repeat", 1],
  ["starts-by-repeating", { phrase: "Say hi\nto me." }, " say hi  to me. Hi!", 1],
  ["starts-by-repeating", { phrase: "Say hi" }, "“Say hi”: hi!", 0],
  ["starts-by-repeating", { phrase: "Say hi" }, "Say high things", 0],
  ["phrases-among", { set: ["It is.", "It is not.", "it is."] }, "So it is. It is.", 1],
  ["phrases-among", { set: ["It is.", "It is not."] }, "It is not. It is.", 2],
  ["equals", { phrase: "yes" }, " Yes\n", 1],
  ["equals", { phrase: "yes" }, "Yes.", 0],
  ["unfollowed", { phrase: "花", next: "🌹" }, "花🌹和花，还有花 🌹", 1],
  ["parts", { separator: "***" }, "a *** b\n***\nc ***", 3],
  ["distinct-parts", { separator: "******" }, "one ****** one", 1],
  ["parts", { separator: "******" }, "a****** b ************ c", 2],
  ["divided-paragraphs", {}, "a\n***\n***bold*** b *** c\n\n***", 3],
  ["divided-paragraphs", {}, "a***b\n****\nc", 1],
  ["sections", { label: "SECTION" }, "## Section 1: a\n**Section 2**\nas in Section 3\nSection 2\nSECTION X", 3],
  ["sections", { label: "Abschnitt" }, "Abschnitt\nAbschnitte 2", 0],
  ["sections", { label: "SECTION" }, "SECTION 1\na\nSection 2\nb\nsections 3", 2],
  ["postscript", { marker: "P.S." }, "Bye.\n\nP. S. Bring tea", 1],
  ["postscript", { marker: "P.S." }, "I saw p.s. in a text", 0],
  ["postscript", { marker: "P.S." }, "Psychology is fun.", 0],
  ["postscript", { marker: "P.S." }, "**PS:** bring tea", 1],
  ["postscript", { marker: "P.P.S" }, "P.S. no", 0],
  ["postscript", { marker: "附言" }, "附言：带茶", 1],
  ["word-occurrences", { word: "你好" }, "我说你好吗", 1],
  ["emoji", {}, "Hi 😀👨‍👩‍👧🇨🇳❤️ © 2024 ™ ✓ 1️⃣", 5],
  ["emoji", {}, "no 1 2 3 # *", 0],
  ["distinct-emoji", {}, "😀😀❤❤️", 2],
  ["emoji-among", { set: ["❤️", "🌹"] }, "❤🌹🌹😀", 3],
  ["emoji-outside", { set: ["❤️", "🌹"] }, "❤🌹🌹😀", 1],
  ["starts-with-emoji", {}, " 😀 hi", 1],
  ["starts-with-emoji", {}, "hi 😀", 0],
  ["ends-with-emoji", {}, "bye 👋🏽\n", 1],
  ["ends-with-emoji", {}, "bye 👋🏽.", 0],
  ["ending-emoji", {}, "😀 bye 👋 🌹🌹\n", 3],
  ["ending-emoji", {}, "🌹🌹.", 0],
  ["distinct-ending-emoji", {}, "bye 👋🌹🌹", 2],
  ["items", {}, "List:\n- a\n* b\n1. c\n2) d\n一、e\n（二）f\n① g\n3.14 no\n**bold** no\n-no\n2024 no", 7],
  ["items", {}, "---\n- a", 1],
  ["bullets", {}, "- a\n• b\n1. c", 2],
  ["markdown-bullets", {}, "- a\n* b\n+ c\n• d\n---\n*e*\n-5\n* ", 3],
  ["numbered-items", {}, "- a\n1. c\n二、d", 2],
  ["items-numbered", { style: "I." }, "I. one\nII. two\nIII) three\n1. four", 3],
  ["items-numbered", { style: "一、" }, "一、甲\n二、乙\n1. 丙", 2],
  ["items-not-numbered", { style: "1." }, "1. a\n2. b\n- c", 1],
  ["headings", {}, "# One\n## Two\n#hashtag\ntext # no", 2],
  ["tables", {}, "| a | b |\n|---|:-:|\n| 1 | 2 |", 1],
  ["tables", {}, "a | b\nno rule", 0],
  ["tables", {}, "a | b\n--- | ---\n1 | 2", 1],
  ["tables", {}, "| a |\n|---||", 0],
  ["tables", {}, "| a |\n| | -", 0],
  ["code-blocks", {}, "```js\nx\n```\ntext\n```\ny\n```", 2],
  ["code-blocks", {}, "\n\n  ```\nx\n\n\t```\na ```", 1],
  ["rules", {}, "a\n---\nb\n* * *\nc -- d", 2],
  ["rules", {}, "—-–\n**_\n== =\n--\n--- x", 2],
  ["bold", {}, "**one** and __two__ and ** not ** *no*", 2],
  ["bold", {}, "**a *b* c** **x\ny** ***no*** **open", 1],
  ["italic", {}, "*one* and _two_ and **bold** and snake_case_name 2*3*4", 2],
  ["italic", {}, "*a* _好_ * no * *open", 2],
  ["highlights", {}, "*one* and *two words* and * *", 2],
  ["highlights", {}, "* item *one*\n2 * 3 * 4\n***two*** **three *still three* three**", 3],
  ["all-bold", {}, "**All of it.**\n**And this.**", 1],
  ["all-bold", {}, "**Nearly** all", 0],
  ["all-italic", {}, "*All of it.* _This too!_", 1],
  ["all-italic", {}, "**bold**", 0],
  ["links", {}, "[a](b) ![img](c) [d]", 1],
  ["links", {}, "[[a](b)](c) [](d) [e]() [f](g\n)", 1],
  ["placeholders", {}, "Dear [name], [date] [a](b)", 2],
  ["placeholders", {}, "[] [[a] [b\n] [[c](d)]", 2],
  ["titles", {}, "<<A Title>>\n<< >>", 1],
  ["titles", {}, "<<<a>>> <<>> b>> <<c\n>> <<<>", 2],
  ["marks", { mark: "comma" }, "a, b，c、d، e", 3],
  ["marks", { mark: "full stop" }, "Pi is 3.14. 完。", 2],
  ["marks", { mark: "exclamation mark" }, "Oh! 好！", 2],
  ["marks", { mark: "dash" }, "a — b – c -- d e-f", 3],
  ["marks", { mark: "ellipsis" }, "so... 好……", 2],
  ["punctuation", {}, "Hi, you! (ok)", 4],
  ["ends-with-punctuation", {}, "Done.", 1],
  ["ends-with-punctuation", {}, "Done", 0],
  ["ends-with-punctuation", {}, "好！ \n", 1],
  ["ends-with-punctuation", {}, "Done! 😀", 0],
  ["digits", {}, "12 + 3.5 = ４", 5],
  ["numbers", {}, "1,200 and 3.5 in 2024", 3],
  ["words", {}, "สวัสดีครับ hello", 3],
  ["sentences", {}, "Red,\nas the rose;\nblue.\n\nOne,\n- two", 3],
  ["sentences", {}, "यह एक है। वह दो है। كيف حالك؟ جيد.", 4],
  ["word-occurrences", { word: "ครับ" }, "สวัสดีครับ", 1],
  ["starts-with-word", { word: "-" }, "- We came.", 1],
  ["quoted", {}, "„Alles.“", 1],
  ["language", { language: "fr" }, "Bonjour, je peux vous aider avec votre commande.", 1],
  ["language", { language: "en" }, "Bonjour, je peux vous aider avec votre commande.", 0],
  ["language", { language: "zh" }, "你可以使用 TypeScript 来写这个程序。", 1],
  ["language", { language: "ja" }, "今日は天気がいいですね。", 1],
  ["language", { language: "zh" }, "今日は天気がいいですね。", 0],
  ["language", { language: "en" }, "", 0],
  ["letters", { script: "Latin" }, "ABC 你好 é1", 4],
  ["script-share", { script: "Han" }, "你好ab", 50],
  ["script-share", { script: "Han" }, "123", 0],
  ["uppercase", {}, "ALL CAPS, 100%!", 1],
  ["uppercase", {}, "123", 0],
  ["lowercase", {}, "all small, 你好", 1],
  ["lowercase", {}, "Not small", 0],
  ["capital-words", {}, "NASA and the FBI said I AM HERE-NOW", 4],
  ["capital-words", {}, "A1 3D X2Y ABC's ÉTÉ", 2],
  ["question", {}, "请问怎么走", 1],
  ["question", {}, "How do I get there", 1],
  ["question", {}, "Really?!", 1],
  ["question", {}, "**Why now?**", 1],
  ["question", {}, "I like tea.", 0],
  ["json", {}, '```json\n{"a": [1, 2]}\n```', 1],
  ["json", {}, "{a: 1}", 0],
  ["json-schema", { schema: '{"type":"object","required":["a"]}' }, '{"a": null}', 1],
  ["json-schema", { schema: '{"type":"object","required":["a"]}' }, '{"b": null}', 0],
  ["matches", { pattern: "^\\d+\\." }, "1. a\n22. b\nc 3. d", 2],
  ["wrapped", { open: "【", close: "】" }, "【好】\n", 1],
  ["wrapped", { open: "*", close: "*" }, "*", 0],
  ["quoted", {}, "“All of it.”", 1],
  ["quoted", {}, '"', 0],
];

describe("measures", () => {
  it.each(TABLE)("%s %j of %j is %i", (name, arg, text, value) => {
    expect(measureNamed(name).of(viewOf(text), arg)).toBe(value);
  });

  it("repeats-query compares with the user's message; without one there is no verdict", () => {
    const constraint = { must: atom("repeats-query", SOME) };
    expect(verdictOn(constraint, viewOf("WHY? Because."), viewOf(" Why? "))).toBe("pass");
    expect(verdictOn(constraint, viewOf("Because. Why?"), viewOf("Why?"))).toBe("fail");
    expect(verdictOn(constraint, viewOf("Why?"))).toBeNull();
  });

  it("detected-language goes by the detector that it is given, and shows it no text in capitals", () => {
    const detectLanguage = (text: string) => (text === "ni hao" ? "zh-tw" : text === "" ? null : "sw");
    const is = (text: string, language: string) =>
      measureNamed("detected-language").of(viewOf(text, { detectLanguage }), { language });
    expect([
      is("NI HAO", "zh"),
      is("NI HAO", "zh-tw"),
      is("NI HAO", "zh-cn"),
      is("Habari", "sw"),
      is("", "sw"),
    ]).toEqual([1, 1, 0, 1, 0]);
    expect(() => measureNamed("detected-language").of(viewOf("a"), { language: "sw" })).toThrow(MissingMeansError);
  });

  it("follows asks the program that it is given", () => {
    const asked: unknown[] = [];
    const programs = { ifeval: (...all: unknown[]) => asked.push(all) > 1 };
    const arg = { benchmark: "ifeval", instruction: "a:b", kwargs: '{"n":1}' };
    const values = ["x", "y"].map((text) => measureNamed("follows").of(viewOf(text, { programs }), arg));
    expect([values, asked]).toEqual([
      [0, 1],
      [
        ["a:b", { n: 1 }, "x"],
        ["a:b", { n: 1 }, "y"],
      ],
    ]);
    expect(() => measureNamed("follows").of(viewOf("x"), arg)).toThrow(MissingMeansError);
  });

  it("are all in the table", () => {
    const covered = new Set(["detected-language", "follows", ...TABLE.map(([name]) => name)]);
    expect(MEASURES.map((measure) => measure.name).filter((name) => !covered.has(name))).toEqual([]);
  });
});
