// The official scores of shared/data, to 12 digits, with the official programs' own responses. The data is not ours to ship: where it or
// the tables are absent, the project's own samples (accuracy.test.ts, eval-score.test.ts) stand alone.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLine } from "../../dataset/jsonl.ts";
import { strip } from "../python/str.ts";
import { ACCURACIES } from "./accuracy.ts";
import { IFBENCH, IFEVAL, type InstructionBenchmark, MULTIIF } from "./instruction-benchmark.ts";
import { type InstructionScore, instructionScore } from "./instruction-score.ts";
import { type JudgedBenchmark, judgeResponses } from "./instruction-verdicts.ts";

const shared = process.env.RPO_SHARED ?? fileURLToPath(new URL("../../../../shared", import.meta.url));
const data = (path: string): string => join(shared, "data", path);

/** Why this benchmark's official scores cannot be compared with; null where they can. */
async function missing(benchmark: InstructionBenchmark, folder: string): Promise<string | null> {
  if (!existsSync(data(folder))) return `no shared/data/${folder}`;
  return benchmark.rules("parity").then(
    () => null,
    () => "tables of the evaluation not fetched",
  );
}
const absent = {
  ifeval: await missing(IFEVAL, "ifeval"),
  ifbench: await missing(IFBENCH, "ifbench"),
  multiif: await missing(MULTIIF, "multiif"),
};
const why = (cause: string | null): string => (cause === null ? "" : ` (left out: ${cause})`);

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "rpo-official-"));
});
afterAll(() => rmSync(scratch, { recursive: true }));

const rowsOf = <T>(path: string): T[] =>
  gunzipSync(readFileSync(data(path)))
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
const expectedOf = <T>(folder: string): Record<string, T> =>
  JSON.parse(readFileSync(data(`${folder}/expected.json`), "utf8"));
const outputsOf = (folder: string): string[] =>
  existsSync(data(folder)) ? readdirSync(data(`${folder}/outputs`)).map((file) => file.replace(".jsonl.gz", "")) : [];

/** Intervals are not what is compared here. */
const scored = (judged: JudgedBenchmark): InstructionScore => instructionScore(judged, { seed: 1, resamples: 1 });

async function judged(benchmark: InstructionBenchmark, path: string, responses: string): Promise<JudgedBenchmark> {
  const { check, verify } = await benchmark.rules("parity");
  const items = await benchmark.readItems(path, check);
  return judgeResponses(items, await benchmark.readResponses([responses], items), verify);
}

interface OfficialPart {
  readonly prompts: number;
  readonly prompt_acc: number;
  readonly instructions: number;
  readonly inst_acc: number;
}
type OfficialIfeval = Record<"strict" | "loose" | "strict_excl_random_keys" | "loose_excl_random_keys", OfficialPart>;
interface IfevalRow {
  readonly key: number;
  readonly instruction_id_list: readonly string[];
  readonly strict: readonly boolean[];
  readonly loose: readonly boolean[];
}

describe.skipIf(absent.ifeval !== null)(`IFEval's official scores${why(absent.ifeval)}`, () => {
  const agree = ({ turns: [turn] }: InstructionScore, strict: OfficialPart, loose: OfficialPart): void => {
    const { prompts, instructions, accuracies } = turn!;
    expect([prompts, instructions]).toEqual([strict.prompts, strict.instructions]);
    expect(accuracies.prompt_strict.value).toBeCloseTo(strict.prompt_acc, 12);
    expect(accuracies.inst_strict.value).toBeCloseTo(strict.inst_acc, 12);
    expect(accuracies.prompt_loose.value).toBeCloseTo(loose.prompt_acc, 12);
    expect(accuracies.inst_loose.value).toBeCloseTo(loose.inst_acc, 12);
  };

  it.each(outputsOf("ifeval"))("%s", async (name) => {
    const official = expectedOf<OfficialIfeval>("ifeval")[name]!;
    const responses = data(`ifeval/outputs/${name}.jsonl.gz`);
    const ours = await judged(IFEVAL, data("ifeval/prompts.jsonl"), responses);
    expect(ours.missing.map(({ key }) => key)).toEqual(["2785"]);
    expect(ours.random.map(({ key }) => key)).toEqual(["1122", "1129"]);
    agree(scored(ours), official.strict_excl_random_keys, official.loose_excl_random_keys);

    // The two prompts whose verdict the official program draws, by its draw: then the other figures are met as well.
    const drawn = rowsOf<IfevalRow>(`ifeval/outputs/${name}.jsonl.gz`)
      .filter(({ key }) => ours.random.some((random) => random.key === String(key)))
      .map(({ key, instruction_id_list, strict, loose }) => ({
        key: String(key),
        turn: 1,
        language: null,
        prompt: "",
        response: "",
        verdicts: instruction_id_list.map((id, at) => ({ id, strict: strict[at]!, loose: loose[at]! })),
      }));
    agree(scored({ ...ours, turns: [...ours.turns, ...drawn] }), official.strict, official.loose);
    // And what is prompts and responses in one file gives the same.
    const inOne = scored(await judged(IFEVAL, responses, responses));
    expect([inOne.turns, inOne.complete]).toEqual([scored(ours).turns, true]);
  });
});

interface IfbenchRow {
  readonly prompt: string;
  readonly follow_all_instructions: boolean;
  readonly follow_instruction_list: readonly boolean[];
}

describe.skipIf(absent.ifbench !== null)(`IFBench's official scores${why(absent.ifbench)}`, () => {
  it("sample-output", async () => {
    const ours = await judged(IFBENCH, data("ifbench/test.jsonl"), data("ifbench/sample-output.jsonl.gz"));
    // The sample has no response to 7 of the prompts, and one to a prompt that the data has no more.
    expect([ours.turns.length, ours.missing.length, ours.random]).toEqual([293, 7, []]);
    const prompts = new Set(ours.turns.map(({ prompt }) => strip(prompt)));
    const { accuracies, instructions } = scored(ours).turns[0]!;
    for (const reading of ["strict", "loose"] as const) {
      const rows = rowsOf<IfbenchRow>(`ifbench/official-${reading}.jsonl.gz`).filter(({ prompt }) =>
        prompts.has(strip(prompt)),
      );
      const verdicts = rows.flatMap(({ follow_instruction_list }) => follow_instruction_list);
      expect([rows.length, verdicts.length]).toEqual([293, instructions]);
      const share = (some: readonly boolean[]): number => some.filter(Boolean).length / some.length;
      const all = share(rows.map(({ follow_all_instructions }) => follow_all_instructions));
      expect(accuracies[`prompt_${reading}`].value).toBeCloseTo(all, 12);
      expect(accuracies[`inst_${reading}`].value).toBeCloseTo(share(verdicts), 12);
    }
  });
});

interface MultiIfRow {
  readonly key: string;
  readonly turn: number;
  readonly response_ref_ifeval_key: number;
}

describe.skipIf(absent.multiif !== null)(`Multi-IF's official scores${why(absent.multiif)}`, () => {
  it.each(outputsOf("multiif"))("%s", async (name) => {
    const byKey = new Map(
      rowsOf<{ key: number; response: string }>(`ifeval/outputs/${name}.jsonl.gz`).map((row) => [
        row.key,
        row.response,
      ]),
    );
    const rows = rowsOf<MultiIfRow>(`multiif/outputs/${name}.jsonl.gz`);
    const responses = join(scratch, `${name}.jsonl`);
    writeFileSync(
      responses,
      rows
        .map(({ key, turn, response_ref_ifeval_key }) =>
          jsonLine({ key, turn, response: byKey.get(response_ref_ifeval_key) }),
        )
        .join(""),
    );
    const { turns } = scored(await judged(MULTIIF, data("multiif/english.csv"), responses));
    const official = expectedOf<Record<string, Record<string, number>>>("multiif")[name]!;
    expect(turns).toHaveLength(3);
    for (const { turn, prompts, accuracies, languages } of turns) {
      const expected = official[`turn_${turn}`]!;
      expect(prompts).toBe(expected.n);
      for (const accuracy of ACCURACIES) {
        expect(accuracies[accuracy].value).toBeCloseTo(expected[accuracy]!, 12);
        expect(languages[0]!.accuracies[accuracy].value).toBeCloseTo(expected[accuracy]!, 12);
      }
      expect(languages.map(({ language }) => language)).toEqual(["English"]);
    }
  });
});
