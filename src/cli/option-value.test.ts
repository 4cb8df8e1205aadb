import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { names, namesAmong, share, wholeNumber } from "./option-value.ts";

describe("values of flags", () => {
  it("takes whole numbers from the least on", () => {
    expect(wholeNumber(1)("12")).toBe(12);
    expect(wholeNumber(Number.NEGATIVE_INFINITY)("-3")).toBe(-3);
    for (const wrong of ["0", "1.5", "x", "", " ", "1e99", "NaN"])
      expect(() => wholeNumber(1)(wrong)).toThrow(InvalidArgumentError);
  });

  it("takes shares from 0 to 1", () => {
    expect(share("0")).toBe(0);
    expect(share("0.1")).toBe(0.1);
    expect(share("1")).toBe(1);
    for (const wrong of ["-0.1", "1.1", "x", "", "NaN"]) expect(() => share(wrong)).toThrow(InvalidArgumentError);
  });

  it("takes names, comma-separated, and only known ones where they are known", () => {
    expect(names(" a, b,,")).toEqual(["a", "b"]);
    expect(() => names(" , ")).toThrow(InvalidArgumentError);
    expect(namesAmong(["a", "b", "c"])("c,a")).toEqual(["a", "c"]);
    expect(() => namesAmong(["a", "b"])("a,d")).toThrow('There is no "d": name some of a, b.');
  });
});
