import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message } from "./message.ts";
import { endedLike, promptLanguage, promptRewriter } from "./prompt.ts";

const system = (content: string): Message => ({ role: "system", content });
const user = (content: string): Message => ({ role: "user", content });
const reply = (content: string): Message => ({ role: "assistant", content });

describe("promptRewriter", () => {
  it("replaces a constraint where it stands, in the system message and in the query, and leaves the history", () => {
    const messages = [
      system("You are a cook.\n1. Use no commas.\n2. Be brief."),
      user("Use no commas. Soup?"),
      reply("Leek soup."),
      user("Another. Use no commas. Thanks."),
    ];
    const rewritten = promptRewriter(messages, ["Use no commas.", "Be brief."])(["Use a comma.", "Be brief."]);
    expect(rewritten).toEqual([
      system("You are a cook.\n1. Use a comma.\n2. Be brief."),
      user("Use no commas. Soup?"),
      reply("Leek soup."),
      user("Another. Use a comma. Thanks."),
    ]);
  });

  it("does not break a text that contains another, nor replaces inside what it inserted", () => {
    const messages = [system("a: use lists. b: always use lists. c: no lists."), user("q")];
    const constraints = ["use lists", "always use lists", "no lists"];
    const rewritten = promptRewriter(messages, constraints)(["no lists", "sometimes do not use lists", "use lists"]);
    expect(rewritten[0]?.content).toBe("a: no lists. b: sometimes do not use lists. c: use lists.");
  });

  it("does not find a text inside a longer word or number, but does within Chinese", () => {
    const messages = [system("Use at most 50 words in each part of it. 回答不超过5句话。"), user("q")];
    const rewritten = promptRewriter(messages, ["Use at most 5", "不超过5句"])(["Use at least 6", "至少6句"]);
    expect(rewritten[0]?.content).toBe(
      "Use at most 50 words in each part of it. 回答至少6句话。\n\n" +
        "The following requirements hold. Where anything else differs from them, they prevail:\n1. Use at least 6",
    );
  });

  it("appends what stands nowhere, unchanged or replaced, under a heading in the prompt's language", () => {
    const messages = [system("你是一名厨师。\n"), user("怎么做汤？")];
    const rewritten = promptRewriter(messages, ["不用逗号", "不超过三句话"])(["使用逗号", "不超过三句话"]);
    expect(rewritten).toEqual([
      system("你是一名厨师。\n\n以下要求必须遵守；其他内容与之不一致时，以此为准：\n1. 使用逗号\n2. 不超过三句话"),
      user("怎么做汤？"),
    ]);
  });

  it("makes a system message where there is none", () => {
    expect(promptRewriter([user("Hello")], ["Be brief."])(["Be brief."])).toEqual([
      system("The following requirements hold. Where anything else differs from them, they prevail:\n1. Be brief."),
      user("Hello"),
    ]);
  });

  it("does not append a text that stays as part of a longer one that stays, and does when that one goes", () => {
    const rewrite = promptRewriter(
      [system("Use short words only."), user("q")],
      ["Use short words only.", "short words"],
    );
    expect(rewrite(["Use short words only.", "short words"])[0]?.content).toBe("Use short words only.");
    expect(rewrite(["Use a long one.", "short words"])[0]?.content).toContain("1. short words");
  });

  describe("removing", () => {
    const remove = (content: string, ...constraints: string[]): string | undefined =>
      promptRewriter([system(content), user("q")], constraints)(constraints.map(() => null))[0]?.content;

    it("takes the line and the list number with it where nothing else stands there", () => {
      expect(remove("Rules:\n1. A rule.\n2. B rule.\n3. C rule.", "B rule.")).toBe("Rules:\n1. A rule.\n3. C rule.");
      expect(remove("Rules:\n- A rule\n- B rule", "B rule")).toBe("Rules:\n- A rule");
      expect(remove("规则：\n一、甲。\n（二）乙；\n③ 丙", "乙", "丙")).toBe("规则：\n一、甲。");
      expect(remove("a) A rule\nEnd", "A rule")).toBe("End");
    });

    it("takes a line that several constraints share, and constraints of several lines", () => {
      expect(remove("Start\n1. A rule; B rule.\nEnd", "A rule", "B rule")).toBe("Start\nEnd");
      expect(remove("Start\n1. A rule\nof two lines.\nEnd", "A rule\nof two lines.")).toBe("Start\nEnd");
    });

    it("keeps what else stands on the line", () => {
      expect(remove("Be kind. Use no commas. Be brief.", "Use no commas.")).toBe("Be kind. Be brief.");
      expect(remove("要友好；不用逗号；要简短。", "不用逗号")).toBe("要友好；要简短。");
      expect(remove("1. A rule; B rule.", "A rule")).toBe("1. B rule.");
      expect(remove(`${" ".repeat(50_000)}x A rule`, "A rule")?.endsWith("x ")).toBe(true);
      expect(remove("When asked, do so.", "do so")).toBe("When asked, ");
    });

    it("leaves no blank system message and keeps the query", () => {
      const messages = [system("Be brief."), user("Be brief.")];
      expect(promptRewriter(messages, ["Be brief."])([null])).toEqual([user("Be brief.")]);
    });
  });

  it("leaves part of a clause as it stands where a whole sentence does not fit, and says that in the list", () => {
    const heading = "The following requirements hold. Where anything else differs from them, they prevail:";
    const rewrite = (content: string, whole: boolean): string | undefined =>
      promptRewriter([system(content), user("q")], ["use no commas"])(["Use a comma"], new Set(whole ? [0] : []))[0]
        ?.content;
    expect(rewrite("Always use no commas here.", true)).toBe(
      `Always use no commas here.\n\n${heading}\n1. Use a comma`,
    );
    expect(rewrite("Be kind; use no commas here.", true)).toContain(heading);
    expect(rewrite("Always use no commas.", true)).toContain(heading);
    expect(rewrite("Always use no commas here.", false)).toBe("Always Use a comma here.");
    for (const frame of ["1. X", "- **X**", "Be kind; X, please.", "X", "“X”", "a:\nX\nb"]) {
      expect(rewrite(frame.replace("X", "use no commas"), true)).toBe(frame.replace("X", "Use a comma"));
    }
    const unchanged = promptRewriter([system("Always use no commas here.")], ["use no commas"]);
    expect(unchanged(["use no commas"], new Set([0]))).toEqual([system("Always use no commas here.")]);
  });

  it.each([
    ["你需要以“😎”结尾。", "以“😎”结尾", "回复不得以“😎”结尾", "你需要做到不以“😎”结尾。"],
    ["每轮都要以“嗯”结尾。", "以“嗯”结尾", "回复不得以“嗯”结尾", "每轮都要做到不以“嗯”结尾。"],
    ["不满时，请回答“好”。", "回答“好”", "回复不得包含“好”", "不满时，请不要包含“好”。"],
    ["语气亲切，并使用表情。", "使用表情", "回复不得包含表情符号", "语气亲切，并不得包含表情符号。"],
    ["你的回答不用标点", "不用标点", "回复必须包含至少1个标点符号", "你的回答必须包含至少1个标点符号"],
    ["你要不用标点。再见", "不用标点。", "回复必须包含至少1个标点符号。", "你要包含至少1个标点符号。再见"],
    ["You must use no commas.", "use no commas", "The response must contain a comma", "You must contain a comma."],
    ["Try to ask; thanks", "ask", "The response must not ask a question", "Try to not ask a question; thanks"],
  ])(
    "drops the subject of a sentence after a word that takes its place: %s",
    (content, constraint, sentence, result) => {
      const rewrite = promptRewriter([system(content), user("q")], [constraint]);
      expect(rewrite([sentence], new Set([0]))).toEqual([system(result), user("q")]);
    },
  );

  it.each([
    ["你只能回答“好”。", "回答“好”", "回复不得是且仅是“好”"],
    ["你需要回答“好”。", "回答“好”", "回复不得是且仅是“好”"],
    ["仅使用中文回答。", "用中文回答", "回复不得使用中文"],
    ["你只需要回复“好”", "回复“好”", "回复不得包含“好”"],
    ["只要用中文回答。", "用中文回答", "回复不得使用中文"],
    ["你需要使用表情来丰富回答。", "使用表情", "回复不得包含表情符号"],
    ["你需要用“好”代替标点。", "用“好”代替标点", "回复必须包含标点；或者回复不得包含“好”"],
    ["你需要加粗。", "加粗", "最后一个句子不得加粗"],
    ["Never ask", "ask", "The response must ask a question"],
  ])("leaves what would not read well: %s", (content, constraint, sentence) => {
    const result = promptRewriter([system(content), user("q")], [constraint])([sentence], new Set([0]))[0]?.content;
    expect(result?.split("\n\n")[0]).toBe(content);
    expect(result).toContain(`\n1. ${sentence}`);
  });

  it("refuses a wrong number of texts", () => {
    expect(() => promptRewriter([user("q")], ["a", "b"])(["a"])).toThrow(RangeError);
  });

  // Filler and constraints share no letters, so that the segments are the only places where a constraint stands.
  const filler = fc.string({ unit: fc.constantFrom("x", "y", " ", "\n", ",", "字"), maxLength: 12 });
  const constraintText = fc.string({ unit: fc.constantFrom("a", "b", "c", "丙"), minLength: 1, maxLength: 8 });
  const newText = fc.string({ unit: fc.constantFrom("a", "b", "c", "丙", "z", " "), minLength: 1, maxLength: 8 });
  const segments = fc.array(fc.oneof(filler, fc.nat({ max: 4 })), { maxLength: 12 });
  const apart = (parts: readonly string[]): string => parts.map((part) => `|${part}`).join("");

  it("changes nothing else, and every text in force stands in the result", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(constraintText, { minLength: 5, maxLength: 5 }),
        fc.array(fc.option(newText, { nil: undefined }), { minLength: 5, maxLength: 5 }),
        segments,
        segments,
        filler,
        (constraints, changes, systemSegments, querySegments, history) => {
          const inForce = constraints.map((text, index) => changes[index] ?? text);
          const write = (parts: readonly (string | number)[], texts: readonly string[]): string =>
            apart(parts.map((part) => (typeof part === "number" ? (texts[part] ?? "") : part)));
          const messages = [
            system(`s${write(systemSegments, constraints)}`),
            user(`${constraints[0]} ${history}`),
            reply(`${constraints[1]} ${history}`),
            user(`q${write(querySegments, constraints)}`),
          ];
          const rewritten = promptRewriter(messages, constraints)(inForce);
          expect(rewritten.slice(1)).toEqual([...messages.slice(1, 3), user(`q${write(querySegments, inForce)}`)]);
          const expected = `s${write(systemSegments, inForce)}`;
          expect(rewritten[0]?.content.slice(0, expected.length)).toBe(expected);
          const stated = new Set([...systemSegments, ...querySegments].filter((part) => typeof part === "number"));
          const listed = (rewritten[0]?.content.slice(expected.length) ?? "")
            .split("\n")
            .map((line) => line.replace(/^\d+\. /, ""));
          for (const [index, text] of inForce.entries()) {
            const everywhere = `${rewritten[0]?.content}${rewritten[3]?.content}`;
            expect(everywhere).toContain(text);
            if (!stated.has(index) && text !== constraints[index]) expect(listed).toContain(text);
            if (stated.has(index) && !inForce.some((other, at) => at !== index && other === text)) {
              expect(listed).not.toContain(text);
            }
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("gives the prompt back where every constraint stands and stays", () => {
    fc.assert(
      fc.property(fc.uniqueArray(constraintText, { minLength: 5, maxLength: 5 }), segments, (constraints, parts) => {
        const content = apart([
          ...parts.map((part) => (typeof part === "number" ? (constraints[part] ?? "") : part)),
          ...constraints,
        ]);
        const messages = [system(content), user("q")];
        expect(promptRewriter(messages, constraints)(constraints)).toEqual(messages);
      }),
    );
  });
});

describe("endedLike", () => {
  it("has a full stop only where the original has an end mark", () => {
    expect(endedLike("Use a comma.", "Use no commas.")).toBe("Use a comma.");
    expect(endedLike("Use a comma.", "no commas")).toBe("Use a comma");
    expect(endedLike("用逗号。", "不用逗号；")).toBe("用逗号。");
    expect(endedLike("用逗号。", "不用逗号")).toBe("用逗号");
    expect(endedLike('End with "!".', 'Do not end with "!"')).toBe('End with "!"');
  });
});

describe("promptLanguage", () => {
  it("goes by the share of Han among the letters, with Latin names and code allowed for", () => {
    expect(promptLanguage([system("You are a cook."), user("Say 你好")])).toBe("en");
    expect(promptLanguage([system("你是一名助手，会用 Python 和 SQL 回答问题。"), user("你好")])).toBe("zh");
    expect(promptLanguage([user("123")])).toBe("en");
  });
});
