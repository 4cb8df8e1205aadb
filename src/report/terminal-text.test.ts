import { describe, expect, it } from "vitest";
import { cutTo, terminalJson, terminalText, terminalWidth, textTable } from "./terminal-text.ts";

describe("terminalText", () => {
  it("lets nothing through that a terminal would obey", () => {
    expect(terminalText("a\u001b[31mred\u001b]0;title\u0007\n\tb \u202eback\u009b2J")).toBe(
      "a·[31mred·]0;title· b ·back·2J",
    );
    expect(terminalText(" 你好\n世界 ")).toBe("你好 世界");
    expect(terminalText("half \ud83d")).toBe("half \ufffd");
  });
});

describe("terminalJson", () => {
  it("escapes what JSON leaves and a terminal obeys, and reads back the same", () => {
    const said = { text: "a\u001b[31m\u009b2J\u202eback 你好 é" };
    const shown = terminalJson(JSON.stringify(said));
    expect(shown).toBe('{"text":"a\\u001b[31m\\u009b2J\\u202eback 你好 é"}');
    expect(JSON.parse(shown)).toEqual(said);
  });
});

describe("cutTo", () => {
  it("cuts by columns, of which wide characters take two", () => {
    expect(terminalWidth("ab你😀")).toBe(6);
    expect(terminalWidth("e\u0301❤️👩‍👩‍👧🇫🇷")).toBe(7);
    expect(cutTo(5, "abcde")).toBe("abcde");
    expect(cutTo(5, "abcdef")).toBe("abcd…");
    expect(cutTo(5, "你好世界")).toBe("你好…");
    expect(cutTo(4, "你好世界")).toBe("你…");
  });
});

describe("textTable", () => {
  it("sets columns under one another", () => {
    expect(textTable([["a", "1"], ["你", "22", "x"], ["c"]], [0, 2])).toEqual(["a    1", "你  22  x", "c"]);
    expect(textTable([])).toEqual([]);
  });

  it("shows nothing of a cell that a terminal would obey, and keeps its indent", () => {
    expect(textTable([["  a\u001b[2J", "1"]])).toEqual(["  a·[2J  1"]);
  });
});
