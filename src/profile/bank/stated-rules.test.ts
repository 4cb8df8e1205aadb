import { describe, expect, it } from "vitest";
import { statedRules } from "./stated-rules.ts";

describe("statedRules", () => {
  it("takes the items under a heading of rules, without their markers, up to the next heading", () => {
    const prompt = `# IDENTITY
- You are a cook.

## Rules:
- Use at most 50 words.
* **Never** use emoji.
1. End with a question.
2) Reply in French
- [ ] Cite one source.

## Steps
- Chop the onions finely.

# OUTPUT INSTRUCTIONS

- Only output Markdown.

- Only output Markdown.
`;
    expect(statedRules(prompt)).toEqual([
      "Use at most 50 words.",
      "**Never** use emoji.",
      "End with a question.",
      "Reply in French",
      "Cite one source.",
      "Only output Markdown.",
    ]);
  });

  it("reads Chinese headings and markers", () => {
    const prompt =
      "## 角色\n- 你是厨师\n## 约束条件：\n1、不得使用表情符号。\n（2）回复不超过50字。\n三、以问句结尾。\n2\\. 只用中文\n【注意事项】\n- 不要重复用户的话";
    expect(statedRules(prompt)).toEqual([
      "不得使用表情符号。",
      "回复不超过50字。",
      "以问句结尾。",
      "只用中文",
      "不要重复用户的话",
    ]);
  });

  it("knows a title that is no heading: bold, or ended by a colon", () => {
    expect(statedRules("**Constraints:**\n- Use no commas at all.\n\nSkills:\n- You can cook soup.")).toEqual([
      "Use no commas at all.",
    ]);
  });

  it("takes the lines where there is no list", () => {
    expect(statedRules("# Rules\nUse no commas.\n\nBe kind to everybody.")).toEqual([
      "Use no commas.",
      "Be kind to everybody.",
    ]);
  });

  it("leaves out nested lists, what introduces them, templates, fences and what is too short or long", () => {
    const prompt = `# OUTPUT FORMAT
- Answer in three parts.
- Give these sections:
  - A summary of it all
- Answer 1: {answer}
- Short
- ${"long ".repeat(120)}
\`\`\`
- in a fence it is an example
\`\`\`
- Keep to the order of the parts.
---
- Question 1 of the template
---`;
    expect(statedRules(prompt)).toEqual(["Answer in three parts.", "Keep to the order of the parts."]);
  });

  it("keeps a deeper heading's items with the section, and starts none elsewhere", () => {
    expect(
      statedRules("# Rules\n## Style\n- Write plain sentences.\n# Workflow\n## Style\n- Think step by step."),
    ).toEqual(["Write plain sentences."]);
    expect(statedRules("Follow the rules of chess.\n- e4 is a good move")).toEqual([]);
  });

  it.each([" ", "#", "*", "- ", "1.", "【", ":", "{"])(
    "is linear on a line of %j a million times: the square of it would outlast the test's limit",
    (part) => {
      expect(statedRules(`# Rules\n${part.repeat(1_000_000)}x\n- a\n- Answer in three parts.`)).toEqual([
        "Answer in three parts.",
      ]);
    },
  );
});
