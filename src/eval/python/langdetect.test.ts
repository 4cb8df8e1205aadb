import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { detectLanguage, LangDetectError, languageProbabilities } from "./langdetect.ts";
import { cachedLangdetect } from "./langdetect-files.ts";
import { LANGUAGES } from "./langdetect-tables.ts";

type Official = readonly (readonly [language: string, probability: number])[] | null;

/** Texts of this project, the seed, and what the official package (1.0.9 on Python 3.11) finds; null: it raises. */
const FOUND: readonly (readonly [text: string, seed: number, Official])[] = [
  ["The harbour was quiet, and nobody had lit the lamps yet.", 0, [["en", 0.9999981142625047]]],
  ["Wir haben gestern drei Stunden lang über den Umbau der Küche gesprochen.", 0, [["de", 0.9999976354330224]]],
  [
    "hotel radio taxi",
    0,
    [
      ["es", 0.8571393836046959],
      ["so", 0.14285732179064228],
    ],
  ],
  ["hotel radio taxi", 1, [["es", 0.9999942916170046]]],
  [
    "hotel radio taxi",
    1099511627777,
    [
      ["es", 0.8571406909574886],
      ["so", 0.14285727665501044],
    ],
  ],
  ["Onde fica a casa da minha tia?", 0, [["pt", 0.9999952090249604]]],
  ["Un perro negro mira la luna desde el balcón.", 0, [["es", 0.9999953120832749]]],
  ["Tôi thích uống cà phê sữa đá vào buổi sáng.", 0, [["vi", 0.9999998841992909]]],
  ["To\u0302i thi\u0301ch uo\u0302\u0301ng ca\u0300 phe\u0302 su\u031b\u0303a", 0, [["vi", 0.9999992367584779]]],
  ["我们明天早上去市场买一些新鲜的蔬菜。", 0, [["zh-cn", 0.9999981694222195]]],
  ["我們明天早上去市場買一些新鮮的蔬菜。", 0, [["ko", 0.9999980824954285]]],
  ["あしたの朝、市場へ行きます。", 0, [["ja", 0.9999995956403518]]],
  ["내일 아침에 시장에 갑니다.", 0, [["ko", 0.9999993003538492]]],
  ["Завтра утром мы идём на рынок with Anna and Peter.", 0, [["ru", 0.999997297853234]]],
  ["Утре сутринта отиваме на пазара, а после у дома.", 0, [["mk", 0.9999948995362647]]],
  ["WE ARE ALL SHOUTING HERE", 0, [["en", 0.9999933241097554]]],
  ["WE are ALL shouting HERE", 0, [["en", 0.999996931342834]]],
  [
    "see https://example.org/de/straße?x=1 or mail some.one@example.org",
    0,
    [
      ["et", 0.714282104057945],
      ["en", 0.2857175227306503],
    ],
  ],
  ["कल सुबह हम बाज़ार जाएँगे।", 0, [["hi", 0.999996244026995]]],
  ["سنذهب إلى السوق غدا صباحا", 0, [["ar", 0.9999977768516013]]],
  ["فردا صبح به بازار می‌رویم", 0, [["fa", 0.9999969966521229]]],
  ["Jutro rano idziemy na targ po świeże warzywa.", 0, [["pl", 0.9999984706577358]]],
  ["și țara noastră este frumoasă", 0, [["ro", 0.9999995356312307]]],
  [
    "ok 👍🏽 ja nei",
    0,
    [
      ["hr", 0.608085547806367],
      ["fi", 0.3904002743956425],
    ],
  ],
  ["x".repeat(50), 0, [["so", 0.9999999840132973]]],
  ["da ".repeat(4000), 0, [["so", 0.999995478800095]]],
  ["Ẩn Ḁḃ Ạ", 0, [["vi", 0.999999999999938]]],
  ["", 0, null],
  ["1234 !? \u2014 \u00ab\u00bb", 0, null],
  ["😀😀", 0, null],
];

/** What we find, in the official form. */
function found(text: string, seed?: number): Official {
  try {
    return languageProbabilities(text, { seed }).map(({ language, probability }) => [language, probability] as const);
  } catch (error) {
    if (error instanceof LangDetectError) return null;
    throw error;
  }
}

const isCached = (await cachedLangdetect()) !== null;
if (!isCached) console.warn("langdetect's profiles are not in the cache: its agreement is not checked here");

describe.skipIf(!isCached)("languageProbabilities", () => {
  it("agrees with the official package on texts of our own, to the last bit", () => {
    for (const [text, seed, official] of FOUND) expect([text, found(text, seed)]).toEqual([text, official]);
  });

  it("draws with seed 0 unless told otherwise, and anew in each call", () => {
    const text = "hotel radio taxi";
    expect(found(text)).toEqual(found(text, 0));
    expect(found(text)).not.toEqual(found(text, 1));
  });

  it("passes over addresses, and what follows 10,000 characters", () => {
    const text = "Onde fica a casa da minha tia?";
    const alone = found(text);
    expect(found(`https://example.org/the/house/of/an/aunt ${text} an.aunt@the.house.example.org`)).toEqual(alone);
    expect(found(`${text} ${"\u4e00".repeat(10_000)}`)).toEqual(
      found(`${text} ${"\u4e00".repeat(10_000)} where is the house of my aunt`),
    );
  });

  it("reads Vietnamese alike whether marks are part of the letters or follow them", () => {
    const text = "c\u1ea3 ph\u1ed3 s\u1eefa";
    expect(found("ca\u0309 ph\u00f4\u0300 s\u01b0\u0303a")).toEqual(found(text));
  });

  it("says that a text without features has none, as the official package does", () => {
    for (const text of ["", " ", "12:30", "\u{1f600}"]) {
      expect(() => languageProbabilities(text)).toThrow(LangDetectError);
      expect(() => detectLanguage(text)).toThrow("No features in text.");
    }
  });
});

describe.skipIf(!isCached)("detectLanguage", () => {
  it("gives the likeliest language", () => {
    expect(detectLanguage("Jutro rano idziemy na targ.")).toBe("pl");
    expect(detectLanguage("hotel radio taxi")).toBe(languageProbabilities("hotel radio taxi")[0]!.language);
  });
});

it("has each of the 55 languages once", () => {
  expect(new Set(LANGUAGES).size).toBe(55);
  expect(LANGUAGES).toHaveLength(55);
});

const shared = process.env.RPO_SHARED ?? fileURLToPath(new URL("../../../../shared", import.meta.url));
const primitives = join(shared, "data", "parity", "text-primitives.jsonl.gz");
const isThere = existsSync(primitives);
if (!isThere) console.warn(`no ${primitives}: langdetect is compared on texts of our own only`);

describe.skipIf(!isThere || !isCached)("the texts of spec/evaluation.md", () => {
  it("have the official probabilities, bit for bit", () => {
    const lines = gunzipSync(readFileSync(primitives)).toString("utf8").trim().split("\n");
    expect(lines).toHaveLength(3000);
    for (const line of lines) {
      const row = JSON.parse(line) as {
        text: string;
        langdetect_probs_seed0: Official;
        langdetect_seed0: string | null;
      };
      expect([row.text, found(row.text)]).toEqual([row.text, row.langdetect_probs_seed0]);
      if (row.langdetect_seed0 !== null) expect(detectLanguage(row.text)).toBe(row.langdetect_seed0);
    }
  });

  it("come in the order of languages that stands beside them", () => {
    const order = JSON.parse(readFileSync(join(shared, "data/parity/langdetect_langlist.json"), "utf8")) as {
      langlist_order_used: string[];
    };
    expect(LANGUAGES).toEqual(order.langlist_order_used);
  });
});
