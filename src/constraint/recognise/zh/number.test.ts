import { describe, expect, it } from "vitest";
import { amount, amountOf, numberOf } from "./number.ts";

describe("numberOf", () => {
  it.each([
    ["0", 0],
    ["1,000", 1_000],
    ["零", 0],
    ["两", 2],
    ["十", 10],
    ["十二", 12],
    ["二十", 20],
    ["九十九", 99],
    ["一百", 100],
    ["一百零五", 105],
    ["一百五", 150],
    ["一百五十", 150],
    ["两千", 2_000],
    ["一千二", 1_200],
    ["一千零五十", 1_050],
    ["一万", 10_000],
    ["一万二", 12_000],
    ["十二万", 120_000],
  ])("%s is %d", (text, number) => {
    expect(numberOf(text)).toBe(number);
  });

  it.each(["三五", "一二三", "十百", "百", "万", "百十百"])("%s is no number", (text) => {
    expect(numberOf(text)).toBeNull();
  });
});

describe("amounts", () => {
  const pattern = new RegExp(`^${amount("个", "段落")}$`, "u");
  const read = (text: string) => {
    const match = pattern.exec(text);
    return match === null ? null : amountOf(match.groups ?? {}, "exact");
  };

  it.each([
    ["3个段落", [[3, 3]]],
    ["恰好三个段落", [[3, 3]]],
    ["至少3个段落", [[3, null]]],
    ["不少于三个段落", [[3, null]]],
    ["3个以上段落", [[3, null]]],
    ["3个及以上的段落", [[3, null]]],
    ["3个段落以上", [[3, null]]],
    ["超过3个段落", [[4, null]]],
    ["多于3个段落", [[4, null]]],
    ["至多3个段落", [[0, 3]]],
    ["不得超过3个段落", [[0, 3]]],
    ["3个以内的段落", [[0, 3]]],
    ["3个以下段落", [[0, 3]]],
    ["少于3个段落", [[0, 2]]],
    ["不足3个段落", [[0, 2]]],
    ["3到5个段落", [[3, 5]]],
    ["3-5个段落", [[3, 5]]],
    ["三个至五个段落", [[3, 5]]],
    [
      "不等于3个段落",
      [
        [0, 2],
        [4, null],
      ],
    ],
    ["至少出现3个段落", [[3, null]]],
    ["至少3个以上段落", [[3, null]]],
  ])("%s", (text, set) => {
    expect(read(text)).toEqual(set);
  });

  it.each(["约3个段落", "3个左右段落", "几个段落", "5到3个段落", "少于0个段落", "不超过3个以上段落", "至少3到5个段落"])(
    "%s is no amount",
    (text) => {
      expect(read(text)).toBeNull();
    },
  );
});
