import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { PUBLISHED_METHODS, publishedResults } from "./published-results.ts";

const shared = process.env.RPO_SHARED ?? fileURLToPath(new URL("../../../shared", import.meta.url));
const method = join(shared, "spec", "method.md");
const there = existsSync(method);
if (!there) console.warn(`no ${method}: the published figures are not checked against it here`);

describe("published results", () => {
  it("are of six models, four of them trained by four methods", () => {
    const results = publishedResults("sysbench");
    expect(new Set(results.map(({ model }) => model)).size).toBe(6);
    expect(results).toHaveLength(4 * PUBLISHED_METHODS.length + 2);
    for (const { model, value } of results.filter(({ method: by }) => by === "RPO"))
      for (const other of results) if (other.model === model) expect(value).toBeGreaterThanOrEqual(other.value);
    expect(publishedResults("ifeval")).toEqual([]);
  });

  it.skipIf(!there)("are those of the table of spec/method.md", () => {
    const rows = [...readFileSync(method, "utf8").matchAll(/^\| ([\w.-]+(?: Sonnet)?) \|((?: [\d./ *]*\|){5})$/gm)];
    expect(rows).toHaveLength(6);
    for (const [, model, cells] of rows)
      for (const [index, cell] of cells!.split("|").slice(0, 5).entries()) {
        const figures = [...cell.matchAll(/\d+\.\d+/g)].map(([text]) => Number(text) / 100);
        for (const [place, benchmark] of ["sysbench", "multi_if"].entries()) {
          const found = publishedResults(benchmark).find(
            (result) => result.model === model && result.method === PUBLISHED_METHODS[index],
          );
          if (figures.length === 0) expect(found).toBeUndefined();
          else expect(found?.value).toBeCloseTo(figures[place]!, 10);
        }
      }
  });
});
