import { describe, expect, it } from "vitest";
import { PatternError, pythonRegex, UnsupportedPattern } from "./regex.ts";

const found = (pattern: string, text: string, ignoreCase = false): boolean =>
  pythonRegex(pattern, { ignoreCase }).found(text);
const count = (pattern: string, text: string): number => pythonRegex(pattern).count(text);

describe("pythonRegex", () => {
  it("knows Unicode's words, digits, spaces and boundaries", () => {
    expect([found("\\bété\\b", "l'été!"), found("\\bété\\b", "étés"), found("\\b注意\\b", "请注意了")]).toEqual([
      true,
      false,
      false,
    ]);
    expect([found("\\d", "२"), found("\\s", "\x1c"), found("\\s", "\ufeff"), found("\\w", "\u0301")]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(found("^.$", "😀")).toBe(true);
    expect(found("a.b", "a\rb")).toBe(true);
  });

  it("ignores case as Python does: İ and ı are i, ſ is s", () => {
    expect([
      found("kım", "KIM", true),
      found("i", "İ", true),
      found("s", "ſ", true),
      found("k", "\u212a", true),
    ]).toEqual([true, true, true, true]);
    expect(found("ß", "SS", true)).toBe(false);
    expect(found("[^i]", "ı", true)).toBe(false);
    // U+0345 is no word, though it is ι in capitals
    expect([found("\\b-", "\u0345-", true), found("a[\\w]", "a\u0345", true), found("[\\w]", "ι", true)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it("counts matches one after another, empty ones too", () => {
    expect([
      count("", "abc"),
      count("a*", "baac"),
      count("a|ab", "ab"),
      count("x*y|x", "xxx"),
      count("\\w+", "a b"),
    ]).toEqual([4, 4, 1, 3, 2]);
    expect(count("(?<=a)b|(?=c)", "abc")).toBe(2);
    expect([count("c++", "cc c++"), count("a++a", "aaa"), count("(?>a|ab)c", "abc")]).toEqual([2, 0, 0]);
  });

  it("takes three octal digits for a character, and flags after comments", () => {
    expect([found("\\101", "A"), found("\\0418", "!8"), found("(?#c)(?i)a", "A"), found("[\\101]", "A")]).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it("takes braces that begin no repeat for themselves", () => {
    expect([found("a{b", "a{b"), found("{}", "{}"), found("a{,2}b", "b"), found("a{2}", "aa")]).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it.each([
    "(x",
    "x)",
    "*",
    "a**",
    "^*",
    "[a",
    "[b-a]",
    "[\\d-a]",
    "a\\",
    "\\q",
    "(?<=a*)b",
    "a{2,1}",
    "(?P<1>a)",
    "(?z)",
    "\\x4",
    "[\\8]",
    "\\1",
    "(a\\1)",
    "(a)\\18",
    "(?P=n)",
    "(?P<n>(?P=n))",
    "(?P<n>a)(?P<n>b)",
    "(?(n)a)",
    "(?(2)a)(b)",
    "(a)(?(1)b|c|d)",
    "(a)\\1(",
    "\\N",
    "\\N{DIGIT ONE}(",
    "()(?i)",
  ])("refuses %j as Python does", (pattern) => expect(() => pythonRegex(pattern)).toThrow(PatternError));

  it.each(["(a)\\1", "(?P<n>a)(?P=n)", "(a)?(?(1)b|c)", "(?(1)a)(b)", "(?x)a", "\\N{DIGIT ONE}"])(
    "says of %j that it can't run it",
    (pattern) => expect(() => pythonRegex(pattern)).toThrow(UnsupportedPattern),
  );

  it.each([
    "(a*)*b",
    "(a|a)*b",
    "(a+)+b",
    "a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?b",
    "(.*)(.*)(.*)(.*)b",
    "(?=(a+)+b)c",
  ])("searches with %j once through a long text: again from each place would outlast the test's limit", (pattern) => {
    expect(found(pattern, "a".repeat(300_000))).toBe(false);
  });

  it("gives up counting, and compiling, what would take too long", () => {
    expect(() => count("a*b|a", "a".repeat(30_000))).toThrow(UnsupportedPattern);
    expect(() => pythonRegex("((a{100}){100}){100}")).toThrow(UnsupportedPattern);
  });
});
