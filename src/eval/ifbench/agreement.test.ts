// Agreement with the verdicts that IFBench publishes with its sample responses (shared/data/ifbench, which are not ours to ship):
// where they or the tables are absent, the project's own samples (instructions.test.ts) stand alone.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Verdicts, verify } from "../ifeval/verify.ts";
import { cachedPunktParameters } from "../nltk/punkt-parameters.ts";
import { cachedStopWords } from "../nltk/stop-words.ts";
import { cachedTaggerWeights } from "../nltk/tagger-weights.ts";
import { strip } from "../python/str.ts";
import { cachedSyllables } from "./syllables.ts";

const shared = process.env.RPO_SHARED ?? fileURLToPath(new URL("../../../../shared", import.meta.url));
const folder = `${shared}/data/ifbench`;
const [punkt, stopWords, tagger, syllables] = [
  cachedPunktParameters(),
  cachedStopWords(),
  cachedTaggerWeights(),
  cachedSyllables(),
];

const missing = !existsSync(folder)
  ? "no shared/data/ifbench"
  : [punkt, stopWords, tagger, syllables].includes(null)
    ? "tables of the evaluation not fetched"
    : null;

interface Prompt {
  readonly prompt: string;
  readonly kwargs: readonly Readonly<Record<string, unknown>>[];
}

interface Result {
  readonly prompt: string;
  readonly response: string;
  readonly instruction_id_list: readonly string[];
  readonly follow_instruction_list: readonly boolean[];
}

interface Row extends Verdicts {
  readonly id: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly response: string;
}

describe.skipIf(missing !== null)(`the published verdicts${missing === null ? "" : ` (left out: ${missing})`}`, () => {
  const rows = missing === null ? readRows() : [];
  const others = (suite: "ifbench" | "ifbench_2026"): string[] =>
    rows
      .filter(({ id, kwargs, response, strict, loose }) => {
        const ours = verify(id, kwargs, response, {
          suite,
          mode: "parity",
          punkt: punkt!,
          stopWords: stopWords!,
          tagger: tagger!,
          syllables: syllables!,
          detect: () => {
            throw new Error("no instruction of IFBench asks for a language");
          },
        });
        return ours.strict !== strict || ours.loose !== loose;
      })
      .map(({ id }) => id);

  it("are given on all rows by the program of 2025, which they were recorded with", () => {
    expect(others("ifbench")).toEqual([]);
    // One of the 294 recorded prompts has since been changed: its arguments are not known.
    expect(rows.length).toBe(334);
  });

  it("are given by the program of 2026 but for a sentence that ends within quotes", () => {
    expect(others("ifbench_2026")).toEqual(["ratio:sentence_type"]);
  });
});

function readRows(): Row[] {
  const prompts = new Map(parse<Prompt>(readFileSync(`${folder}/test.jsonl`)).map((row) => [strip(row.prompt), row]));
  const [strict, loose] = ["strict", "loose"].map((kind) =>
    parse<Result>(gunzipSync(readFileSync(`${folder}/official-${kind}.jsonl.gz`))),
  );
  return strict!.flatMap(({ prompt, response, instruction_id_list, follow_instruction_list }, at) => {
    const { kwargs } = prompts.get(strip(prompt)) ?? { kwargs: [] };
    return kwargs.map((own, i) => ({
      id: instruction_id_list[i]!,
      kwargs: own,
      response,
      strict: follow_instruction_list[i]!,
      loose: loose![at]!.follow_instruction_list[i]!,
    }));
  });
}

const parse = <T>(lines: Buffer): T[] =>
  lines
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
