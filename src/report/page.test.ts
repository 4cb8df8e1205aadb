import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, it } from "vitest";
import { samplePageData } from "../../test/page-sample.ts";
import { relativeAddress, renderPage } from "./page.ts";
import type { PageData } from "./page-data.ts";

const open = async (data: PageData) => parseHTML(await renderPage(data)).document;
const texts = (list: Iterable<{ textContent: string }>): string[] => [...list].map(({ textContent }) => textContent);

const HOSTILE = `"><img src=x onerror=alert(1)></title></style></textarea><script>alert(2)</script><svg onload=alert(3)>'\u202e\u0000`;

/** The data with something hostile before every string, keys of settings and paths included. */
function hostile<T>(value: T): T {
  if (typeof value === "string") return (value === "en" || value === "zh" ? value : HOSTILE + value) as T;
  if (Array.isArray(value)) return value.map(hostile) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name,
      ["role", "kind", "census", "form", "finding"].includes(name) ? part : hostile(part),
    ]),
  ) as T;
}

describe("renderPage", () => {
  const data = samplePageData();
  let document: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    document = await open(data);
  });

  it("is the same text each time", async () => {
    expect(await renderPage(samplePageData())).toBe(await renderPage(data));
  });

  it("tells the numbers", () => {
    expect(texts(document.querySelectorAll(".flow b"))).toEqual(["24", "48", "288", "1,968", "1,204"]);
    expect(document.querySelector("h1")?.textContent).toBe("RPO quickstart");
    expect(document.querySelector("time")?.textContent).toBe("23 November 2026, 16:07 UTC");
    expect(document.querySelector("#made")?.textContent).toContain("61.4% pass");
    expect(document.querySelector("#verdicts")?.textContent).toContain("31 constraints that only a judge could decide");
  });

  it("has a chart, a matrix for each turn and a card for each pair", () => {
    expect(document.querySelectorAll("svg.rpo-census g.case rect")).toHaveLength(7);
    expect(document.querySelectorAll(".turn")).toHaveLength(2);
    expect(document.querySelectorAll("td.verdict")).toHaveLength(6 * 7 + 4 * 7);
    expect(document.querySelectorAll(".pair")).toHaveLength(data.pairs.length);
    expect(data.pairs.length).toBeGreaterThan(2);
    expect(document.querySelectorAll(".cases dt")).toHaveLength(7);
  });

  it("gives every verdict by sign, by word and with its constraint", () => {
    const [first] = document.querySelectorAll(".turn tbody tr");
    const cells = [...(first?.querySelectorAll("td.verdict") ?? [])];
    expect(cells.map((cell: { textContent: string }) => cell.textContent)).toEqual(Array(7).fill("✓pass"));
    expect(cells[1]?.getAttribute("title")).toBe("c2: Give at least three list items. (pass)");
    expect(texts(document.querySelectorAll(".turn .sign.na"))).toEqual(Array(4).fill("·not triggered"));
    expect(texts(document.querySelectorAll(".turn td.score"))).toEqual([
      "7/7",
      "3/7",
      "4/7",
      "3/7",
      "4/7",
      "3/7",
      "6/6",
      "2/6",
      "5/6",
      "5/6",
    ]);
  });

  it("marks what was reversed in a prompt, and leaves the rest", () => {
    const [pair] = document.querySelectorAll(".pair");
    const reversals = [...(pair?.querySelectorAll(".prompt .reversal") ?? [])];
    expect(reversals.map((part: { textContent: string }) => part.textContent)).toContain(
      "c3EveryAt least one list item must not contain the word “plot”.",
    );
    const shown = data.pairs[0];
    expect(reversals).toHaveLength(shown?.reversed.length ?? 0);
    for (const part of reversals) for (const gone of [...part.querySelectorAll("del, .id")]) gone.remove();
    const [system] = [...(pair?.querySelectorAll(".message.system .text") ?? [])];
    expect(system?.textContent).toBe(shown?.row.prompt[0]?.content);
  });

  it("says which language a passage is in", () => {
    const chinese = [...document.querySelectorAll(".turn")][1];
    expect(chinese?.querySelector(".query")?.getAttribute("lang")).toBe("zh");
    for (const passage of document.querySelectorAll(".text, .query, .preview")) {
      const han = /\p{Script=Han}/u.test(passage.textContent);
      expect(passage.getAttribute("lang")).toBe(han ? "zh" : "en");
    }
  });

  it("has ids once only, and links that lead somewhere", () => {
    const ids = [...document.querySelectorAll("[id]")].map((element: { id: string }) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
    const inside = [...document.querySelectorAll('a[href^="#"]')].map((link) => link.getAttribute("href").slice(1));
    expect(inside.length).toBeGreaterThan(10);
    expect(inside.filter((id: string) => !ids.includes(id))).toEqual([]);
  });

  it("says where the responses come from", async () => {
    expect(document.querySelector("#how")?.textContent).toContain("Live: sampled on this machine");
    const recorded = await open({ ...data, model: { ...data.model, recorded: true } });
    expect(recorded.querySelector("#how")?.textContent).toContain("Recorded: no model was at hand");
    expect(recorded.querySelector(".lede")?.textContent).toContain("(recorded)");
  });

  it("never lets data become markup", async () => {
    const text = await renderPage(hostile(data));
    const page = parseHTML(text).document;
    expect(page.querySelectorAll("script, img, iframe, object, textarea, input, svg svg")).toHaveLength(0);
    expect(page.querySelectorAll("style")).toHaveLength(4);
    expect(page.querySelectorAll("svg")).toHaveLength(3);
    for (const element of page.querySelectorAll("*")) {
      for (const name of element.getAttributeNames()) expect(name).not.toMatch(/^on/);
    }
    expect(page.querySelectorAll("td.verdict")).toHaveLength(70);
    expect(page.querySelector("h1")?.textContent).toContain("<script>alert(2)</script>");
    expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u0000]/);
    expect(text).toContain("[U+202E]");
  });

  it("holds itself back by a policy, and asks for nothing", async () => {
    const text = await renderPage(data);
    expect(document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute("content")).toMatch(
      /^default-src 'none'; style-src 'unsafe-inline'; img-src data:/,
    );
    expect(text).not.toMatch(/(?:src|srcset)=/);
    expect(text.match(/https?:\/\/[^"' ]*/g)?.filter((address) => address !== "http://www.w3.org/2000/svg")).toEqual(
      [],
    );
  });

  it("tells what the adapter changed where there is one, at the top and in a section", async () => {
    const sentence = document.querySelector("#result .finding")?.textContent;
    expect(sentence).toMatch(/^Better: /);
    expect(texts(document.querySelectorAll(".lede"))[1]).toBe(sentence);
    expect(document.querySelector('nav a[href="#result"]')?.textContent).toBe("Before and after");
    const { evaluation: _, ...pairsOnly } = data;
    const page = await open(pairsOnly);
    expect(page.querySelectorAll("#result, .finding, nav a[href='#result']")).toHaveLength(0);
  });

  it("stands when there is nothing to show", async () => {
    const { evaluation: _, ...rest } = data;
    const page = await open({
      ...rest,
      census: { pairs: 0, identical: 0, cases: {}, gaps: {} },
      passRate: Number.NaN,
      counts: { profiles: 1, turns: 1, responses: 1, edits: 0, verdicts: 0, pairs: 0, train: 0, validation: 0 },
      leftOut: 0,
      matrices: [],
      pairs: [],
      files: [],
    });
    expect(page.body.textContent).not.toMatch(/NaN|undefined|null/);
    expect(page.querySelector(".lede")?.textContent).toContain("1 response of");
  });

  it("shows an empty response, and a reversal that the prompt does not hold", async () => {
    const [matrix] = data.matrices;
    const [pair] = data.pairs;
    const page = await open({
      ...data,
      matrices: [{ ...matrix!, responses: [{ id: "r1", text: " \n", verdicts: matrix!.constraints.map(() => null) }] }],
      pairs: [{ ...pair!, reversed: [{ id: "c9", from: "Rhyme.", to: "Do not rhyme." }] }],
    });
    expect(page.querySelector(".turn .preview")?.textContent).toBe("(empty)");
    expect(page.querySelector(".turn td.score")?.textContent).toBe("0/0");
    expect(page.querySelector(".pair .prompt")?.textContent).toMatch(/reversed too\s*c9/);
  });
});

describe("relativeAddress", () => {
  it("stays beside the page, whatever the path", () => {
    expect(relativeAddress("dataset/train set.jsonl")).toBe("./dataset/train%20set.jsonl");
    expect(relativeAddress("javascript:alert(1)")).toBe("./javascript%3Aalert(1)");
    expect(relativeAddress("/etc/passwd")).toBe("./etc/passwd");
    expect(relativeAddress("//host/x?y#z")).toBe("./host/x%3Fy%23z");
    expect(relativeAddress("../turns.jsonl")).toBe("./../turns.jsonl");
    expect(relativeAddress("\ud800")).toBe("./%EF%BF%BD");
  });
});
