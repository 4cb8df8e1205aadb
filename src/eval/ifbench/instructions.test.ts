import { describe, expect, it } from "vitest";
import type { Suite } from "../ifeval/instruction.ts";
import { INSTRUCTIONS_OF, NoVerdictError, type Verdict, verify } from "../ifeval/verify.ts";
import type { PunktParameters } from "../nltk/punkt.ts";
import { IFBENCH_INSTRUCTIONS } from "./instructions.ts";

const punkt: PunktParameters = {
  abbreviations: new Set(["mr"]),
  sentenceStarters: new Set(),
  collocations: new Set(),
  orthography: new Map(),
};
const tables = {
  punkt,
  stopWords: new Set(["the", "of", "a"]),
  syllables: new Map([["banana", 3]]),
  tagger: {
    weights: new Map([
      ["bias", { NN: 1 }],
      ["i word run", { VB: 2 }],
      ["i+1 word home", { VBP: 1 }],
    ]),
    tags: new Map([["Stop", "VB"]]),
    classes: ["NN", "VB", "VBP"],
  },
};
const detect = (): string => {
  throw new Error("no instruction of IFBench asks for a language");
};

const both = (id: string, kwargs: object, response: string, suite: Suite) =>
  verify(id, { ...kwargs }, response, { suite, mode: "parity", detect, ...tables });
/** By the program of 2026, of which IFBench's of 2025 differs where a test says so. */
const now = (id: string, response: string, kwargs: object = {}): Verdict =>
  both(id, kwargs, response, "ifbench_2026").strict;
const then = (id: string, response: string, kwargs: object = {}): Verdict =>
  both(id, kwargs, response, "ifbench").strict;
const all = (id: string, responses: readonly string[], kwargs: object = {}): Verdict[] =>
  responses.map((response) => {
    const verdict = now(id, response, kwargs);
    expect(then(id, response, kwargs)).toBe(verdict);
    return verdict;
  });

describe("the instructions of IFBench", () => {
  it("are 58; the program of 2026 has IFEval's too", () => {
    expect([IFBENCH_INSTRUCTIONS.size, INSTRUCTIONS_OF.ifbench.size, INSTRUCTIONS_OF.ifbench_2026.size]).toEqual([
      58, 58, 83,
    ]);
    expect(now("punctuation:no_comma", "a, b")).toBe(false);
    expect(() => then("punctuation:no_comma", "a, b")).toThrow("no instruction is called");
  });

  it("fail blank responses, and have loose variants", () => {
    expect(both("format:no_whitespace", {}, " \n", "ifbench")).toEqual({ strict: false, loose: false });
    expect(both("format:no_whitespace", {}, "Sure, so:\n*abc*", "ifbench")).toEqual({ strict: false, loose: true });
  });

  it("give the exceptions of the official program, and none for a random verdict", () => {
    expect(now("format:emoji", "a", { N: 1 })).toBe("error:TypeError");
    expect(now("custom:multiples", "14, 21, 28, 35, 42, 49", { N: 1 })).toBe(true);
    expect(now("repeat:repeat_change", "a")).toBe("error:ValueError");
    expect(now("count:words_japanese", "a")).toBe("error:TypeError");
    expect(now("count:words_japanese", "a", { N: 0 })).toBe("error:ZeroDivisionError");
    expect(now("ratio:overlap", "abc", { percentage: 5 })).toBe("error:TypeError");
    expect(now("words:keywords_specific_position", "A b.", { keyword: "b", n: -2, m: 1 })).toBe("error:IndexError");
    expect(now("words:keywords_specific_position", "A b.", { keyword: "b", n: 0.5, m: 1 })).toBe("error:TypeError");
    const fieldOf = (id: string, kwargs: object): string => {
      try {
        now(id, "a", kwargs);
      } catch (error) {
        if (error instanceof NoVerdictError) return error.field;
        throw error;
      }
      return "";
    };
    expect([
      fieldOf("count:numbers", {}),
      fieldOf("count:numbers", { N: -1 }),
      fieldOf("count:numbers", { N: "3" }),
      fieldOf("sentence:keyword", { N: 1, word: "" }),
      fieldOf("words:keywords_specific_position", { keyword: "a", n: 1, m: 0 }),
      fieldOf("format:options", { options: null }),
      fieldOf("count:nothing", {}),
    ]).toEqual(["kwargs.N", "kwargs.N", "kwargs.N", "kwargs.word", "kwargs.m", "kwargs.options", "instruction_id"]);
  });

  it("say what table they need", () => {
    for (const id of ["ratio:sentence_type", "words:start_verb", "words:odd_even_syllables", "format:title_case"])
      expect(() => verify(id, {}, "a", { suite: "ifbench_2026", mode: "parity", detect })).toThrow(
        "fetch them by rpo eval tables --pull",
      );
    expect(() =>
      verify("ratio:stop_words", { percentage: 1 }, "a", { suite: "ifbench", mode: "parity", detect }),
    ).toThrow("stop words");
  });
});

describe("count:*", () => {
  it("counts words, different ones as they are without punctuation", () => {
    expect(all("count:word_count_range", ["a_b c-d", "é 五", "a"], { min_words: 2, max_words: 3 })).toEqual([
      true,
      true,
      false,
    ]);
    expect(all("count:unique_word_count", ["The (the) the. -", "the The"], { N: 2.0 })).toEqual([true, false]);
    expect(all("count:conjunctions", ["and And and,", "(so) sort"], { small_n: 3 })).toEqual([true, false]);
  });

  it("counts names, in 2025 also within words", () => {
    expect([
      now("count:person_names", "Leonard, Ava's", { N: 2 }),
      then("count:person_names", "Leonard, Ava's", { N: 2 }),
    ]).toEqual([false, true]);
  });

  it("counts numbers without their punctuation, digits of any script", () => {
    expect(all("count:numbers", ["1,000.5 and 3", "٣ x2", "1 2 3"], { N: 2 })).toEqual([true, true, false]);
  });

  it("wants every sign beside the interrobang", () => {
    expect(all("count:punctuation", ["?! . , ! ? ; :", "?! . , ! ; :", "‽ . , ! ? ; :", ". , ! ? ; :"])).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it("looks for Japanese in every Nth word but numbers and signs", () => {
    expect(all("count:words_japanese", ["a カ b 12 c —— d ...", "a b"], { N: 2 })).toEqual([false, false]);
    expect(all("count:words_japanese", ["a カ b 12 c ² d ...", "a 日本."], { N: 2 })).toEqual([true, true]);
  });

  it("counts pronouns, since 2026 of more kinds and by word tokens", () => {
    expect([
      now("count:pronouns", "She/her said this; it's", { N: 4 }),
      then("count:pronouns", "She/her said this; it's", { N: 2 }),
    ]).toEqual([true, true]);
    expect([now("count:pronouns", "they're", { N: 1 }), then("count:pronouns", "they're", { N: 1 })]).toEqual([
      true,
      false,
    ]);
  });

  it("counts keywords also within words", () => {
    const keywords = { keyword1: "a ", keyword2: "b", keyword3: "c", keyword4: "d", keyword5: "e" };
    const text = "A bB cCc ddddd eeeeeee";
    expect(all("count:keywords_multiple", [text, `${text} cab`], keywords)).toEqual([true, false]);
  });
});

describe("ratio:*", () => {
  it("compares stop words and trigrams in percent", () => {
    expect(all("ratio:stop_words", ["The house of x", "the of"], { percentage: 50 })).toEqual([true, false]);
    expect([
      now("ratio:stop_words", "!", { percentage: 50 }),
      then("ratio:stop_words", "!", { percentage: 50 }),
    ]).toEqual([false, "error:ZeroDivisionError"]);
    expect(all("ratio:overlap", ["abcd", "abce", "abcx abc"], { reference_text: "abcd", percentage: 50 })).toEqual([
      false,
      true,
      false,
    ]);
    const short = { reference_text: "abc", percentage: 0 };
    expect([now("ratio:overlap", "ab", short), then("ratio:overlap", "ab", short)]).toEqual([
      false,
      "error:ZeroDivisionError",
    ]);
  });

  it("compares kinds of sentences, in 2025 those too that end within quotes", () => {
    expect(all("ratio:sentence_type", ["He ran. He sat. Who?", "He ran. Who?"])).toEqual([true, false]);
    const quoted = 'He said "go." He sat. Who?';
    expect([now("ratio:sentence_type", quoted), then("ratio:sentence_type", quoted)]).toEqual([false, true]);
    expect(all("ratio:sentence_balance", ["No. Yes! Who?", "No. Yes! Oh!"])).toEqual([true, false]);
    expect(all("ratio:sentence_words", ["Abcd. Efgh! Ijkl?", "Abcd. Efgh.", "Abcd. Efgh. Ij kl."])).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("words:*", () => {
  it("goes through the alphabet from any letter", () => {
    expect(all("words:alphabet", ["Yes, (Zoe) and B", "One 2", "1 a", "\u212ait lit", "a c"])).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
    expect([now("words:alphabet", "..."), then("words:alphabet", "...")]).toEqual([false, "error:IndexError"]);
  });

  it("looks at vowels, consonants, lengths and palindromes", () => {
    expect(all("words:vowel", ["a e i yé", "a e i o", "a\nb"])).toEqual([true, false, false]);
    expect(all("words:consonants", ["The myth STRONG", "the a"])).toEqual([true, false]);
    expect(all("words:prime_lengths", ["an (the) seven", "four", "𝔘𝔫"])).toEqual([true, false, true]);
    expect(all("words:palindrome", ["Level, ".repeat(10), "level ".repeat(9), "noon ".repeat(10)])).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("asks NLTK's tagger for the first word", () => {
    expect(all("words:start_verb", ["Stop it", "Run", "Running home", "Cats", "Go home"])).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
  });

  it("counts repeats and syllables", () => {
    expect(all("words:repeats", ["The the, THE", "a b"], { small_n: 2 })).toEqual([false, true]);
    expect(all("words:odd_even_syllables", ["banana water cat", "cat dog", "x1 cat dog"])).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("compares first and last words", () => {
    expect(all("words:last_first", ["I like cats. Cats purr! Purr so.", "On it. Go on."])).toEqual([true, false]);
    expect([now("words:last_first", "!? Go."), then("words:last_first", "!? Go.")]).toEqual([
      false,
      "error:IndexError",
    ]);
    expect(all("words:paragraph_last_first", ["Yes or yes.\n\n***\nNo, no,", "A b"])).toEqual([false, false]);
    expect(all("words:paragraph_last_first", ["Yes or yes.\n\n***\nno"])).toEqual([true]);
    expect(all("words:no_consecutive", ["a b. (A", "a apple", "'a' 'b"])).toEqual([true, false, true]);
  });

  it("looks for keywords at places, since 2026 in any case and without signs", () => {
    const place = { keyword: " cat ", n: 2, m: 2 };
    const text = 'One. "Cat cat" is.';
    expect([
      now("words:keywords_specific_position", text, place),
      then("words:keywords_specific_position", text, place),
    ]).toEqual([true, false]);
    const exact = { keyword: "cat", n: 1, m: 2 };
    expect(all("words:keywords_specific_position", ["A cat.", "A", "A dog."], exact)).toEqual([true, false, false]);
    const keyword = { keyword: "cat" };
    expect([
      now("words:words_position", "The Cat saw CAT there!", keyword),
      then("words:words_position", "The Cat saw CAT there!", keyword),
    ]).toEqual([true, false]);
    expect([
      now("words:words_position", "A cat saw cat.", keyword),
      then("words:words_position", "A cat saw cat.", keyword),
    ]).toEqual([false, true]);
    expect(now("words:words_position", "A cat", keyword)).toBe(false);
  });
});

describe("sentence:*", () => {
  it("has more alliteration and more words from sentence to sentence", () => {
    expect(
      all("sentence:alliteration_increment", ["A cat. Big 'blue hat. Big bad boys.", "Big bats. Big bats."]),
    ).toEqual([true, false]);
    expect(all("sentence:increment", ["One. Two -- words. Three words now.", "One. Two."], { small_n: 1 })).toEqual([
      true,
      false,
    ]);
  });

  it("looks for a keyword in the Nth sentence, the 0th is the last; since 2026 for a whole word", () => {
    expect(all("sentence:keyword", ["So it is. The c++ (CAT).", "Big cat. Big B."], { word: "cat", N: 2 })).toEqual([
      true,
      false,
    ]);
    expect(all("sentence:keyword", ["So it is. My cat."], { word: "cat", N: 0 })).toEqual([true]);
    expect(all("sentence:keyword", ["A cat."], { word: "cat", N: 2 })).toEqual([false]);
    expect([
      now("sentence:keyword", "Cats.", { word: "cat", N: 1 }),
      then("sentence:keyword", "Cats.", { word: "cat", N: 1 }),
    ]).toEqual([false, true]);
    expect(now("sentence:keyword", "Of a.c b", { word: "a.c b", N: 1 })).toBe(true);
    expect(now("sentence:keyword", "Of abc b", { word: "a.c b", N: 1 })).toBe(false);
  });
});

describe("format:*", () => {
  it("nests brackets and quotes", () => {
    expect(all("format:parentheses", ["([{([a])}])", "([{(a)}])", "([{([a", "([{(])([{([])"])).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(all("format:quotes", [`"a 'b "c" d' e"`, `"a 'b' c"`, `'"'"'"`])).toEqual([true, false, false]);
  });

  it("takes one of the options", () => {
    expect(all("format:options", ["*Yes.*", "no", "yes no"], { options: "yes/no" })).toEqual([true, true, false]);
    expect(
      all("format:options", ["i don't know", "I don't know or not"], { options: "I know or I don't know" }),
    ).toEqual([true, false]);
    expect(all("format:options", ["b)", "b", "B)"], { options: "a), b), c)" })).toEqual([true, false, false]);
  });

  it("counts lines and words, and indents", () => {
    expect(all("format:newline", ["One\n\ntwo!\n- \nthree", "One two"])).toEqual([false, false]);
    expect(all("format:newline", ["One\n\ntwo!\n-\nthree"])).toEqual([true]);
    expect(all("format:line_indent", ["a\n b\n   c", "a\nb", "a\n\n b", "a\n\n\n b", "\n\na\n b"])).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
    // Of two blank lines that are equal the first goes, of two that are not the one looked at.
    expect(all("format:line_indent", ["\n\n \n  \n\n   a", "\n\n\n a"])).toEqual([false, true]);
  });

  it("wants an emoji at the end of sentences, or after them", () => {
    expect(all("format:emoji", ["Yes 😀. No. 🎉", "Yes ❤️! No ☺", "Yes 1.", "Yes 👍🏽."])).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect([now("format:emoji", "Yes 😀. ..."), then("format:emoji", "😀! !")]).toEqual([false, "error:IndexError"]);
  });

  it("parts quotes by explanations, in 2025 also “…”", () => {
    expect(all("format:quote_unquote", ['"A" is b', '"A" "b" c', 'a "b".', `the '"' c`])).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect([now("format:quote_unquote", "a “b”"), then("format:quote_unquote", "a “b”")]).toEqual([true, false]);
    expect([now("format:quote_unquote", "12."), then("format:quote_unquote", "12.")]).toEqual([
      true,
      "error:IndexError",
    ]);
  });

  it("looks for lists, theses, bullets and labels", () => {
    expect(all("format:list", ["x...... y", "x... y"], { sep: "..." })).toEqual([true, false]);
    expect(all("format:thesis", ["<i>a</i> b", "<em>a</em>", "<i> </i> b", "</i><i>a b", "<i>a</i> \n"])).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(all("format:sub-bullets", ["* a\n - b\n* c -", "* a\n* b - c", "none"])).toEqual([true, false, true]);
    expect(
      all("format:no_bullets_bullets", [
        "He ran. She sat.\n* c\n* d",
        "He ran. She sat.\n\n* c\n* d",
        "He ran. She sat.\n\nOh.\n* c\n* d",
        "He ran.\n* c\n* d",
        "He ran. She sat.\n* c\n* d\nEnd.",
      ]),
    ).toEqual([true, true, false, false, false]);
    expect(all("format:output_template", ["My Answer: a My Conclusion: b Future Outlook: c", "My Answer:"])).toEqual([
      true,
      false,
    ]);
    expect(all("format:no_whitespace", ["a\u200bb", "a\x1cb", "a\u3000b"])).toEqual([true, false, false]);
  });

  it("sets contractions apart before line ends too, as NLTK 3.9 does", () => {
    expect(all("format:title_case", ["Don't\nGo", "Don't Go"])).toEqual([false, false]);
    expect(all("words:start_verb", ["Runn't\nso"])).toEqual([true]);
  });

  it("wants title case, since 2026 of single letters too", () => {
    expect(all("format:title_case", ["The USA McDonald iPhone 42nd", "The cat", "The cAT"])).toEqual([
      true,
      false,
      false,
    ]);
    expect([now("format:title_case", "Be a Cat"), then("format:title_case", "Be a Cat")]).toEqual([false, true]);
  });
});

describe("custom:*", () => {
  it("knows the multiples, the capitals and the eagle", () => {
    expect(all("custom:multiples", ["14,21\n28; 35 42 (49)", "7, 14, 21, 28, 35, 42, 49"])).toEqual([true, false]);
    const capitals =
      "Reykjavík, Helsinki, Oslo, Tallinn, Stockholm, Riga, Moscow, Copenhagen, Vilnius, Minsk, Dublin, Berlin, Amsterdam, Warsaw, London, Brussels, Prague, Luxembourg, Paris, Vienna, Bratislava, Budapest, Vaduz, Chișinău, Bern, Ljubljana, Zagreb,";
    expect(all("custom:european_capitals_sort", [capitals, `${capitals} Rome`])).toEqual([true, false]);
    expect(all("custom:word_reverse", ["Eagle, bald!", "bald eagle"])).toEqual([true, false]);
    expect(all("custom:character_reverse", [".Elgae Dlab", "eagle"])).toEqual([true, false]);
  });

  it("knows the order of lines and sentences", () => {
    const lines = ["* Zimbabwe", ...Array.from({ length: 51 }, (_, i) => `- Y${String(99 - i)}`)];
    expect(
      all("custom:reverse_newline", [
        `So:\n${lines.join("\n\n")}`,
        lines.slice(0, 51).join("\n"),
        `${lines.join("\n")}\nZ`,
      ]),
    ).toEqual([true, false, false]);
    const sentences = (count: number): string =>
      Array.from({ length: count }, (_, i) => `${String.fromCharCode(97 + i)}b ran.`).join(" ");
    expect(all("custom:sentence_alphabet", [sentences(26), sentences(25)])).toEqual([true, false]);
  });

  it("reads multiple choice", () => {
    const question = (i: number, options = "ABCDE"): string =>
      `Question ${i}: ${"what ".repeat(i)}?\n${[...options].map((label) => `${label}) x`).join("\n")}\n\n`;
    const four = [1, 2, 3, 4].map((i) => question(i)).join("");
    expect(
      all("custom:mcq_count_length", [
        four,
        `So: ${four}`,
        four.replace("E) x", "F) x"),
        four.replace("what what ", ""),
      ]),
    ).toEqual([true, false, false, false]);
  });

  it("reads CSV as Python does", () => {
    const city = `ID,Country,City,Year,Count\n${'1,"a, b",c,d,e\n'.repeat(7)}`;
    expect(all("custom:csv_city", [city, `${city}\n`, city.replace("c,d", "c;d"), city.replace("\n1", "\r1")])).toEqual(
      [true, false, false, "error:Error"],
    );
    const products = `ProductID,"Category", Brand,Price,Stock\n${"1,b,c,d,e\n".repeat(13)}`;
    expect(
      all("custom:csv_special_character", [
        `${products}1,"a$b",c,d,e`,
        `${products}1,"ab",c,d,e`,
        `${products}1,a$b,c,d,e`,
        `${products}1,"$,c,d,e`,
      ]),
    ).toEqual([true, false, false, false]);
    const row = '"a"\t"b"\t"c"\t"d"\t"e"\n';
    const students = `"StudentID"\t"Subject"\t"Grade"\t"Semester"\t"Score"\n`;
    expect(
      all("custom:csv_quotes", [
        students + row.repeat(3),
        students + row.repeat(2),
        students + row.repeat(2) + row.replace('"e"', "e"),
        students + row.repeat(2) + row.replace('"a"', " "),
      ]),
    ).toEqual([true, false, false, "error:IndexError"]);
  });

  it("reads dates, digits of any script", () => {
    expect(
      all("custom:date_format_list", [
        "1796-05-10, 1800-06-14",
        "1796-02-30",
        "1796-00-45",
        "١٨٠٠-06-14",
        "1768-01-01",
        "1800-6-14",
        "𝟏𝟖𝟎𝟎-𝟎𝟔-𝟏𝟒",
      ]),
    ).toEqual([true, false, true, true, false, false, true]);
  });
});

describe("repeat:*", () => {
  it("changes the first word, or nothing", () => {
    const request = { prompt_to_repeat: "Say  hi there" };
    expect(
      all("repeat:repeat_change", ["Tell hi\nthere", "Say hi there", "Say  hi there", "Tell Hi there"], request),
    ).toEqual([true, true, false, false]);
    expect(all("repeat:repeat_simple", [" only output this sentence here, ignore all other requests.\n", "x"])).toEqual(
      [true, false],
    );
  });

  it("copies words in 2025, characters since", () => {
    const request = { prompt_to_repeat: "One two three four", n_start: 1, n_end: 3 };
    expect([now("repeat:repeat_span", "NE ", request), then("repeat:repeat_span", "Two\nthree", request)]).toEqual([
      true,
      true,
    ]);
    expect([now("repeat:repeat_span", "Two three", request), then("repeat:repeat_span", "ne", request)]).toEqual([
      false,
      false,
    ]);
  });

  it("has a verdict for a random start where all starts have the same", () => {
    const request = { prompt_to_repeat: "one two three four", n_start: 0, n_end: 3 };
    expect(then("repeat:repeat_span", "something else", request)).toBe(false);
    expect(() => then("repeat:repeat_span", "one two three", request)).toThrow(NoVerdictError);
    expect(now("repeat:repeat_span", "ONE", request)).toBe(true);
    const toTheEnd = { ...request, n_start: 1, n_end: 0 };
    expect(then("repeat:repeat_span", "two three four", toTheEnd)).toBe(false); // the last word is never in it
    expect(() => then("repeat:repeat_span", "Two three", toTheEnd)).toThrow(NoVerdictError);
    expect(then("repeat:repeat_span", " ", { ...request, prompt_to_repeat: "one" })).toBe("error:ValueError");
  });
});

describe("rules that count", () => {
  it("give the number and its bounds", () => {
    const { counted } = IFBENCH_INSTRUCTIONS.get("count:unique_word_count")!;
    const context = { suite: "ifbench", detect } as never;
    expect(counted!.count({ N: 3 } as never)("a b B", context)).toBe(2);
    expect(counted!.bounds({ N: 3 } as never)).toEqual([3, Number.POSITIVE_INFINITY]);
  });
});

describe("hostile responses", () => {
  /**
   * How often a unit stands in a response: so often that what takes the square of it outlasts the test's limit. Of the units that make many
   * sentences, words or lines, where each instruction has more to do, so often that what several instructions share would.
   */
  const [OFTEN, LESS_OFTEN] = [300_000, 40_000];
  const many = ["\n", " \n", "Question 1", ". ", '"a,'].map((unit) => [unit, LESS_OFTEN] as const);
  const few = ['"', "(", "'", "a.", "*", ",", "é "].map((unit) => [unit, OFTEN] as const);
  const cases = [...many, ...few].flatMap(([unit, times]) =>
    (["ifbench", "ifbench_2026"] as const).map((suite) => [unit, times, suite] as const),
  );
  /** Python's csv refuses longer fields. */
  const LONGEST_FIELD = 131_072;

  it.each(cases)("are judged as short ones, in linear time: %j %d times, %s", (unit, times, suite) => {
    const kwargs: Readonly<Record<string, object>> = {
      "count:keywords_multiple": { keyword1: "a", keyword2: "b", keyword3: "c", keyword4: "d", keyword5: "e" },
      "repeat:repeat_span": { prompt_to_repeat: "a b c", n_start: 1, n_end: 2 },
      "ratio:overlap": { reference_text: "abc", percentage: 3 },
      "format:options": { options: "a, b, c" },
      "words:keywords_specific_position": { keyword: "a", n: 1, m: 1 },
      "count:word_count_range": { min_words: 1, max_words: 2 },
    };
    const given = (shape: Readonly<Record<string, unknown>>): object =>
      Object.fromEntries(
        Object.keys(shape).map((name) => [name, ["N", "small_n", "percentage"].includes(name) ? 2 : "a"]),
      );
    for (const [id, instruction] of IFBENCH_INSTRUCTIONS) {
      const [long, short] = [times, 60].map((repeated) => {
        const response = `Question${unit.repeat(repeated)}x`;
        return both(id, kwargs[id] ?? given(instruction.arguments.shape), response, suite).strict;
      });
      const isRefused = id === "custom:csv_city" && !/[\n,]/.test(unit) && times * unit.length > LONGEST_FIELD;
      expect([id, long]).toEqual([id, isRefused ? "error:Error" : short]);
    }
  });
});
