import { parse } from "csv-parse/sync";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { measuresOf } from "../eval/measures.ts";
import type { ScoredItem, ScoredRun } from "../eval/scored-run.ts";
import { benchmarkSvg } from "./benchmark-chart.ts";
import { benchmarkReport } from "./benchmark-report.ts";
import { benchmarkResults, itemsBehind, type MeasuredRun, resultsCsv, resultsText } from "./benchmark-results.ts";
import { scoredItemsPage } from "./scored-items-page.ts";

const HOSTILE = '=<script>alert(1)</script>"\u202e';

const measured = (run: ScoredRun): MeasuredRun => ({ run, measures: measuresOf(run, { seed: 1, resamples: 100 }) });
const sysbench = (name: string, every: number): MeasuredRun =>
  measured({
    ...{ benchmark: "sysbench", mode: "parity", run: name, setting: { judge: "<j>" } },
    items: Array.from({ length: 20 }, (_, index): ScoredItem => {
      const pass = index % every === 0 ? 0 : 1;
      return {
        id: `${index >> 1}/${index % 2}`,
        cluster: String(index >> 1),
        outcomes: {
          CSR: [pass + 1, 2],
          ISR: [pass, 1],
          SSR: [pass, 1],
          ...(index < 4 && { "CSR.role": [pass, 1] }),
        },
        shown: {
          prompt: `question ${index} ${HOSTILE}`,
          response: index === 0 ? null : `answer ${index} <b>`,
          verdicts: [{ id: "1 role", text: "be & stay", verdict: pass === 1 ? "是" : "否" }],
        },
      };
    }),
  });
const ifeval = measured({
  ...{ benchmark: "ifeval", mode: "fixed", run: "tuned" },
  items: [1, 2, 3].map((key) => ({
    id: String(key),
    cluster: String(key),
    outcomes: { prompt_strict: [key === 1 ? 0 : 1, 1], inst_strict: [key - 1, key] },
  })),
});
const runs = [sysbench("ours", 4), sysbench(HOSTILE, 3), ifeval];
const results = benchmarkResults(runs);
const pageOf = (run: MeasuredRun): string => `items-${runs.indexOf(run) + 1}.html`;
const opened = (page: string) => parseHTML(page).document;

describe("the table", () => {
  it("lays runs beside what is published on their benchmark, with their mode", () => {
    const text = resultsText(results);
    expect(text).toMatch(/^SysBench: average of CSR, ISR and SSR, per cent$/m);
    expect(text).toMatch(/^Llama-3\.1-8B-Instruct +52\.12 +56\.42 +62\.53 +63\.26 +67\.12$/m);
    expect(text).toMatch(/^GPT-4o +77\.65$/m);
    expect(text).toMatch(/^ours +parity +79\.17 +\[\d+\.\d\d, \d+\.\d\d\] +87\.50 +75\.00 +75\.00 +20 +judge <j>$/m);
    expect(text).toMatch(/^tuned +fixed +66\.67 /m);
    expect(text).toContain("Findings of ACL 2025, table 1");
    expect(text).not.toContain("\u202e");
  });

  it("shows the steps of Multi-IF, each the mean of its four accuracies", () => {
    const outcomes = Object.fromEntries(
      [1, 2, 3].flatMap((turn) =>
        ["prompt_strict", "inst_strict", "prompt_loose", "inst_loose"].map((accuracy, index) => [
          `turn${turn}.${accuracy}`,
          [index < turn ? 1 : 0, 1] as const,
        ]),
      ),
    );
    const items = [{ id: "1", cluster: "1", outcomes }];
    const text = resultsText(benchmarkResults([measured({ benchmark: "multi_if", mode: "parity", run: "m", items })]));
    expect(text).toMatch(/^ours +mode +average +95% interval +step 1 +step 2 +step 3 +items$/m);
    expect(text).toMatch(/^m +parity +50\.00 +\[.*\] +25\.00 +50\.00 +75\.00 +1$/m);
  });
});

describe("the CSV", () => {
  it("has every figure, and no name that a spreadsheet would take for a formula", () => {
    const rows = parse(resultsCsv(results), { columns: true }) as Record<string, string>[];
    const find = (source: string, model: string, measure: string) =>
      rows.find((row) => row.source === source && row.model === model && row.measure === measure);
    expect(rows.filter(({ source }) => source === "published")).toHaveLength(22);
    expect(find("published", "Qwen-2.5-7B-Instruct", "average")).toMatchObject({ method: "base", value: "0.5359" });
    expect(find("ours", "ours", "CSR.role")).toMatchObject({
      mode: "parity",
      value: "0.75",
      of: "4",
      items: "4",
      setting: "judge <j>",
    });
    expect(find("ours", "tuned", "inst_strict")).toMatchObject({ benchmark: "ifeval", value: "0.5", of: "6" });
    expect(find("ours", `'${HOSTILE}`, "ISR")?.value).toBe("0.65");
  });
});

describe("the picture", () => {
  it("draws published figures by method and ours with their interval", () => {
    const svg = benchmarkSvg(results).text;
    const { document } = parseHTML(`<html><body>${svg}</body></html>`);
    const titles = [...document.querySelectorAll("title")].map((title) => title.textContent);
    expect(titles).toContain("Llama-3.1-8B-Instruct, RPO: 67.12%");
    expect(titles.filter((title) => title?.startsWith("ours: 79.2% ("))).toHaveLength(1);
    expect(document.querySelector("desc")?.textContent).toContain("GPT-4o: base 77.65%");
    expect(svg).not.toMatch(/NaN|undefined|<script|\u202e/);
    expect(benchmarkSvg(benchmarkResults(structuredClone(runs))).text).toBe(svg);
  });
});

describe("the page", () => {
  const page = benchmarkReport(results, pageOf);

  it("links every number of ours to the items behind it", () => {
    const document = opened(page);
    const links = [...document.querySelectorAll("td a")].map((link) => link.getAttribute("href")!);
    // CSR, ISR, SSR, CSR.role and the average of two runs, two measures of the third.
    expect(links).toHaveLength(2 * 5 + 2);
    for (const link of links) {
      const [, page, place] = /^items-([123])\.html#(m\d+)$/.exec(link)!;
      const run = runs[Number(page) - 1]!;
      const items = opened(scoredItemsPage(run));
      const name = Object.keys(run.measures)[Number(place!.slice(1))]!;
      expect(items.querySelectorAll(`tr.${place}`)).toHaveLength(itemsBehind(run.run, name).length);
      expect(items.querySelector(`#${place}`)).not.toBeNull();
    }
    expect(document.querySelectorAll("td a[href='items-1.html#m1']")[0]?.textContent).toBe("75.0%");
  });

  it("names the mode of every run, and its source", () => {
    const cells = [...opened(page).querySelectorAll("td")].map((cell) => cell.textContent);
    expect(cells.filter((cell) => cell === "parity" || cell === "fixed")).toHaveLength(3);
    expect([...opened(page).querySelectorAll("th small")][0]?.textContent).toBe("20 items; judge <j>");
    expect(page).toContain("https://aclanthology.org/2025.findings-acl.1064/");
  });
});

describe("the page of items", () => {
  it("shows what was asked, answered and found, as text", () => {
    const page = scoredItemsPage(runs[1]!);
    const document = opened(page);
    expect(document.querySelectorAll("tbody tr")).toHaveLength(20);
    expect(document.querySelectorAll("script")).toHaveLength(0);
    expect(page).not.toContain("\u202e");
    const [first, second] = [...document.querySelectorAll("tbody tr")];
    expect(first?.textContent).toContain("no response");
    expect(first?.textContent).toContain("CSR 1/2 · ISR 0/1 · SSR 0/1 · CSR.role 0/1");
    expect(second?.textContent).toContain("answer 1 <b>");
    expect(second?.querySelector("li")?.textContent).toBe("是 1 role be & stay");
    expect(document.querySelector(".which.m1")?.textContent).toBe("The 4 items behind CSR.role: 50.0% of 4 parts.");
  });

  it("leaves the items of the measure that the address names", () => {
    expect(scoredItemsPage(runs[0]!)).toContain("#m1:target~.items tbody tr:not(.m1){display:none}");
  });
});
