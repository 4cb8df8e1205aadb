import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, it } from "vitest";
import { sampleEvaluation } from "../../test/evaluation-sample.ts";
import { comparisonSvg } from "./comparison-chart.ts";
import { evaluationSection } from "./evaluation-section.ts";

const open = (markup: { text: string }) => parseHTML(`<html><body>${markup.text}</body></html>`).document;
const texts = (list: Iterable<{ textContent: string }>): string[] => [...list].map(({ textContent }) => textContent);

describe("evaluationSection", () => {
  const view = sampleEvaluation();
  let document: ReturnType<typeof open>;
  beforeAll(async () => {
    document = open(await evaluationSection(view));
  });

  it("has the table: both measures by form, without and with the adapter, and the difference", () => {
    const rows = [...document.querySelectorAll(".comparison tbody tr")].map((row: { textContent: string }) =>
      row.textContent.trim(),
    );
    expect(rows).toHaveLength(2 * 4);
    expect(rows[0]).toBe("constraint satisfaction");
    const { value } = view.comparison.base.original.constraintSatisfaction;
    expect(rows[1]).toMatch(new RegExp(`^original${(100 * value).toFixed(1)}% \\[\\d+\\.\\d, \\d+\\.\\d\\]`));
    expect(rows[7]).toMatch(/^both.*%.*%.*[+−]\d+\.\d \[[+−]/);
  });

  it("says what was found, and what the numbers mean", () => {
    const text = document.querySelector("#result")?.textContent;
    expect(document.querySelector(".finding")?.textContent).toMatch(/^Better: with the adapter/);
    expect(text).toContain("does not heed its constraints satisfies about 50%");
    expect(text).toContain("48 responses to 12 turns: 6 questions to 2 profiles");
  });

  it("shows responses before and after with the verdicts on them, a loss among them", () => {
    const cards = [...document.querySelectorAll(".contrast")];
    expect(cards.map((card) => card.querySelector("small").textContent.split("; ").at(-1))).toEqual([
      "largest gain",
      "largest loss",
      "drawn by lot",
    ]);
    for (const [index, card] of cards.entries()) {
      const example = view.examples[index]!;
      expect(texts(card.querySelectorAll(".heeded tbody .heard"))).toEqual(
        example.constraints.flatMap((_, place) =>
          [example.base, example.tuned].map(({ verdicts }) =>
            verdicts[place] === null ? "not triggered" : verdicts[place] ? "pass" : "fail",
          ),
        ),
      );
      expect(texts(card.querySelectorAll(".answers .text"))).toEqual(
        [example.base, example.tuned].map(({ text }) => (text.trim() === "" ? "(empty)" : text)),
      );
    }
  });

  it("draws the course of the training, with its settings", () => {
    expect(document.querySelectorAll("svg.rpo-training")).toHaveLength(1);
    expect(document.querySelector(".course .settings")?.textContent).toMatch(/learning rate\s*0\.0005/);
    expect(document.querySelector(".course .settings")?.textContent).toContain("50.0% → 75.0%");
  });

  it("stands without examples, records and figures, and says what was not asked", async () => {
    const none = { value: Number.NaN, low: Number.NaN, high: Number.NaN };
    const empty = { constraintSatisfaction: none, allSatisfied: none };
    const measured = { original: empty, reversed: empty, both: empty };
    const page = open(
      await evaluationSection({
        comparison: { ...view.comparison, base: measured, tuned: measured, difference: measured },
        training: { summary: { settings: {}, steps: 0, seconds: 0, validation: null }, records: [] },
        leftOut: [{ question: "a/q1", reason: "none of its constraints has a reverse" }],
        examples: [],
      }),
    );
    expect(page.body.textContent).not.toMatch(/NaN|undefined|null/);
    expect(page.body.textContent).toContain("1 question could not be asked in both forms (none of its");
    expect(page.body.innerHTML).not.toContain("NaN");
  });
});

describe("comparisonSvg", () => {
  const { comparison } = sampleEvaluation();

  it("has a dot in its interval for every estimate, and says them in words", () => {
    const svg = open(comparisonSvg(comparison)).querySelector("svg");
    const marks = [...svg.querySelectorAll(".estimate")];
    expect(marks).toHaveLength(12);
    for (const mark of marks) {
      const [, from, to] = /^M([\d.]+) [\d.]+H([\d.]+)$/.exec(mark.querySelector("path").getAttribute("d"))!;
      const dot = Number(mark.querySelector("circle").getAttribute("cx"));
      expect(Number(from)).toBeLessThanOrEqual(dot);
      expect(dot).toBeLessThanOrEqual(Number(to));
    }
    expect(svg.querySelector("desc").textContent).toMatch(/Constraints satisfied, original, base: \d+\.\d% \(/);
  });

  it("keeps low shares apart, and within the picture", () => {
    const low = { value: 0.01, low: 0, high: 0.03 };
    const part = { constraintSatisfaction: low, allSatisfied: low };
    const measured = { original: part, reversed: part, both: part };
    const svg = comparisonSvg({ ...comparison, base: measured, tuned: measured }).text;
    expect(svg).toContain(">10%<");
    expect(svg).not.toContain(">100%<");
    for (const [, x] of svg.matchAll(/H([\d.]+)"/g)) expect(Number(x)).toBeLessThanOrEqual(420);
  });
});
