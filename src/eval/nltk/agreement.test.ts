// Agreement with NLTK 3.8 on the texts of shared/data/parity, which are not ours to ship: where they or Punkt's parameters
// are absent, the project's own samples (punkt.test.ts) stand alone.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { isLower, isUpper } from "../python/str.ts";
import { sentenceSpans } from "./punkt.ts";
import { cachedPunktParameters } from "./punkt-parameters.ts";
import { wordTokens } from "./word-tokens.ts";

const shared = process.env.RPO_SHARED ?? fileURLToPath(new URL("../../../../shared", import.meta.url));
const texts = `${shared}/data/parity/text-primitives.jsonl.gz`;
const parameters = cachedPunktParameters();

interface Row {
  readonly text: string;
  readonly punkt_spans: readonly (readonly [number, number])[];
  readonly word_tokenize: readonly string[];
  readonly isupper: boolean;
  readonly islower: boolean;
}

const missing = !existsSync(texts) ? "no shared/data/parity" : parameters === null ? "no Punkt parameters" : null;

describe.skipIf(missing !== null)(`NLTK's own results${missing === null ? "" : ` (left out: ${missing})`}`, () => {
  const rows = missing !== null ? [] : readRows();

  it("has the sentence spans", () => {
    const other = rows.filter((row) => JSON.stringify(spansOf(row)) !== JSON.stringify(row.punkt_spans));
    expect(other.map(({ text }) => text)).toEqual([]);
    expect(rows.length).toBe(3000);
  });

  it("has the word tokens", () => {
    const other = rows.filter((row) => wordTokens(row.text, parameters!).join("\n") !== row.word_tokenize.join("\n"));
    expect(other.map(({ text }) => text)).toEqual([]);
  });

  it("has what is upper and lower case", () => {
    const other = rows.filter((row) => isUpper(row.text) !== row.isupper || isLower(row.text) !== row.islower);
    expect(other.map(({ text }) => text)).toEqual([]);
  });
});

function readRows(): Row[] {
  const lines = gunzipSync(readFileSync(texts)).toString().trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Row);
}

/** Ours count UTF-16 code units, Python's code points. */
function spansOf({ text }: Row): [number, number][] {
  const points = (end: number): number => [...text.slice(0, end)].length;
  return sentenceSpans(text, parameters!).map(([start, end]) => [points(start), points(end)]);
}
