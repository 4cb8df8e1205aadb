import { describe, expect, it } from "vitest";
import { ALWAYS, conditionIn } from "./trigger.ts";

describe("conditionIn", () => {
  it.each([
    ["如果用户的消息里有你好", "有你好"],
    ["当用户提到价格时", "提到价格"],
    ["同事的留言里有延误时", "有延误"],
    ["消息不足15个字时", "不足15个字"],
    ["用户提问时", "提问"],
    ["英文提问", "使用英文"],
    ["用户使用日语发言的时候", "使用日语"],
  ])("%s", (clause, condition) => {
    expect(conditionIn(clause)).toBe(condition);
  });

  it.each(["内容包含表情", "回复的内容超过100字时", "当回答超过三段时", "介绍产品时", "你的消息里有你好时", "第一段"])(
    "%s says nothing of the user's message",
    (clause) => {
      expect(conditionIn(clause)).toBeNull();
    },
  );

  it("knows a condition that always holds", () => {
    expect(ALWAYS.test("无论用户使用什么语言")).toBe(true);
    expect(ALWAYS.test("无论价格")).toBe(false);
  });
});
