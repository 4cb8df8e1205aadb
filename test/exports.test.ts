// Exports small training sets that hold what breaks files (emoji, half surrogates, line separators, long texts) and reads
// each format back with the program it is for: LLaMA-Factory's loader, TRL's trainers, datasets, pandas, DuckDB, and the
// message types of the openai package. The Python of it runs in .venv/, which `npm test` makes.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXPORT_FORMATS, type ExportSummary, exportDataset } from "../src/dataset/export/index.ts";
import type { CompletionRow, Method, PreferenceRow, TrainingRow } from "../src/preference/training-row.ts";
import type { Message } from "../src/profile/message.ts";

const PYTHON = fileURLToPath(
  new URL(process.platform === "win32" ? "../.venv/Scripts/python.exe" : "../.venv/bin/python", import.meta.url),
);
const SCRIPTS = fileURLToPath(new URL("./python/", import.meta.url));

/** Importing torch, transformers and a trainer takes 10 s of one core; four readers share two cores with other tests. */
const READ_BACK_MS = 300_000;

// Each text, and what has to come back: itself, but for halves of surrogate pairs, which are no Unicode text.
const TEXTS: readonly (readonly [raw: string, clean: string])[] = [
  ["Answer in at most 150 words.", "Answer in at most 150 words."],
  ["请用不超过一百五十个字回答，并以“祝好”结尾。", "请用不超过一百五十个字回答，并以“祝好”结尾。"],
  ["family 👩‍👩‍👧, flag 🇨🇳, skin 👍🏽, beyond the BMP 𝕏 𠮷", "family 👩‍👩‍👧, flag 🇨🇳, skin 👍🏽, beyond the BMP 𝕏 𠮷"],
  ["cut off inside an emoji \ud83d", "cut off inside an emoji \ufffd"],
  ["\ude00 and the other half, then a whole 😀", "\ufffd and the other half, then a whole 😀"],
  ['"quotes" \'single\' \\backslash\\ {"json": [1, null]}', '"quotes" \'single\' \\backslash\\ {"json": [1, null]}'],
  [
    "line\nline\r\nline\ttab\u2028separator\u2029paragraph\u0085next\u000bvt",
    "line\nline\r\nline\ttab\u2028separator\u2029paragraph\u0085next\u000bvt",
  ],
  ["  leading and trailing blanks \n", "  leading and trailing blanks \n"],
  ["bom\ufeff inside, e\u0301 decomposed, null \u0000 byte", "bom\ufeff inside, e\u0301 decomposed, null \u0000 byte"],
  ["长".repeat(20_000), "长".repeat(20_000)],
];

type Form = "raw" | "clean";

const text = (index: number, form: Form): string => TEXTS[index % TEXTS.length]?.[form === "raw" ? 0 : 1] ?? "";

/** Two of three prompts have a system message, two of three an earlier exchange. */
function prompt(index: number, form: Form): Message[] {
  return [
    ...(index % 3 === 1 ? [] : [{ role: "system" as const, content: `Rules ${index}: ${text(index + 1, form)}` }]),
    ...(index % 3 === 2
      ? []
      : [
          { role: "user" as const, content: `Earlier ${index}: ${text(index + 2, form)}` },
          { role: "assistant" as const, content: text(index + 3, form) },
        ]),
    { role: "user" as const, content: text(index + 4, form) },
  ];
}

function response(index: number, name: string, form: Form) {
  // Every other row names no model, the first among them: a column must not get its type from a missing value.
  const model = index % 2 === 1 ? { model: "tiny-135m" } : {};
  return { response: `${name}${index}`, merged: [`${name}${index}`, text(index, form)], ...model };
}

function row(method: Method, index: number, form: Form): TrainingRow {
  const source = {
    method,
    turn: `turn-${index}`,
    profile: `profile-${index % 2} ${text(index, form)}`,
    reversed: method === "rpo" && index % 4 !== 0 ? [`c${index}`, text(index + 5, form)] : [],
    differ: method === "rpo" || method === "dpo" ? [`c${index}`] : [],
    verdictSource: index % 2 === 0 ? "code" : "judge",
  };
  if (method === "rpo" || method === "dpo") {
    return {
      kind: "preference",
      prompt: prompt(index, form),
      chosen: `chosen ${index} ${text(index, form)}`,
      rejected: `rejected ${index} ${text(index + 1, form)}`,
      margin: method === "rpo" ? (index % 5) + 1 : 0,
      provenance: { ...source, method, chosen: response(index, "a", form), rejected: response(index, "b", form) },
    } satisfies PreferenceRow;
  }
  const desirable = method === "sft" || index % 2 === 0;
  return {
    kind: "completion",
    prompt: prompt(index, form),
    completion: `said ${index} ${text(index, form)}`,
    desirable,
    provenance: { ...source, method, [desirable ? "chosen" : "rejected"]: response(index, "a", form) },
  } satisfies CompletionRow;
}

const ALL_METHODS: readonly Method[] = ["rpo", "dpo", "kto", "sft"];
const SPLITS = ["train", "validation"] as const;
type Split = (typeof SPLITS)[number];

const INDEXES: Record<Split, readonly number[]> = {
  train: TEXTS.map((_, index) => index),
  validation: [12, 13, 14],
};

const pairs = (method: Method, split: Split): PreferenceRow[] =>
  INDEXES[split].map((index) => row(method, index, "clean") as PreferenceRow);
const completions = (method: Method, split: Split): CompletionRow[] =>
  INDEXES[split].map((index) => row(method, index, "clean") as CompletionRow);

/** What the provenance of a row must say, whatever the format. */
function provenance({ provenance: source, kind }: TrainingRow) {
  const named = (name: string, from: TrainingRow["provenance"]["chosen"]) => ({
    [name]: from?.response,
    [`${name}_model`]: from?.model ?? "",
    [`${name}_merged`]: from?.merged,
  });
  return {
    method: source.method,
    turn: source.turn,
    profile: source.profile,
    ...(kind === "preference"
      ? { ...named("chosen", source.chosen), ...named("rejected", source.rejected) }
      : named("response", source.chosen ?? source.rejected)),
    reversed: source.reversed,
    differ: source.differ,
    verdict_source: source.verdictSource,
  };
}

const said = (content: string) => [{ role: "assistant", content }];

/** The row as a TRL trainer takes it; Parquet has the same columns. */
function trlForm(clean: TrainingRow) {
  const common = { prompt: clean.prompt, provenance: provenance(clean) };
  if (clean.kind === "preference") {
    return { ...common, chosen: said(clean.chosen), rejected: said(clean.rejected), margin: clean.margin };
  }
  const label = clean.provenance.method === "kto" ? { label: clean.desirable } : {};
  return { ...common, completion: said(clean.completion), ...label };
}

/** ChatML, which both the local tokenizer's template and LLaMA-Factory's `chatml` spell. */
const chatml = (messages: readonly Message[]): string =>
  messages.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`).join("");
const asked = (messages: readonly Message[]): string => `${chatml(messages)}<|im_start|>assistant\n`;

let home = "";
const summaries = new Map<Method, ExportSummary>();
const folder = (method: Method): string => join(home, method);

async function python<T>(script: string, args: readonly string[]): Promise<T> {
  const out = join(home, `${script}.json`);
  const cache = join(home, "cache", script);
  await mkdir(cache, { recursive: true });
  const env = {
    ...process.env,
    HF_HUB_OFFLINE: "1",
    HF_DATASETS_OFFLINE: "1",
    TRANSFORMERS_OFFLINE: "1",
    HF_HOME: cache,
    LLAMAFACTORY_VERBOSITY: "WARN",
    TOKENIZERS_PARALLELISM: "false",
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONUTF8: "1",
    CUDA_VISIBLE_DEVICES: "",
  };
  const full = [join(SCRIPTS, script), out, ...(script === "check_openai.py" ? [] : [cache]), ...args];
  await promisify(execFile)(PYTHON, full, { env, maxBuffer: 1 << 28 }).catch((error: Error & { stderr?: string }) => {
    throw new Error(`${script} failed:\n${error.stderr?.slice(-4000) ?? error.message}`);
  });
  return JSON.parse(await readFile(out, "utf8"));
}

const sets = (format: string, methods: readonly Method[] = ALL_METHODS): string[] =>
  methods.map((method) => `${method}=${join(folder(method), format)}`);

beforeAll(async () => {
  if (!existsSync(PYTHON)) {
    throw new Error("The Python environment .venv is missing: run `npm test`, which makes it (or `npm run setup`).");
  }
  home = await mkdtemp(join(tmpdir(), "rpo-exports-"));
  for (const method of ALL_METHODS) {
    await mkdir(folder(method));
    for (const split of SPLITS) {
      const lines = INDEXES[split].map((index) => `${JSON.stringify(row(method, index, "raw"))}\n`);
      await writeFile(join(folder(method), `${split}.jsonl`), lines.join(""));
    }
    summaries.set(method, await exportDataset(folder(method), EXPORT_FORMATS));
  }
});

afterAll(async () => {
  if (home !== "") await rm(home, { recursive: true, force: true });
});

describe("the exported files", () => {
  it("are UTF-8 without a byte order mark, and hold no half surrogate", async () => {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    for (const method of ALL_METHODS) {
      for (const { files } of summaries.get(method)?.formats ?? []) {
        for (const { path, rows } of files.filter((file) => file.path.endsWith(".jsonl"))) {
          const content = decoder.decode(await readFile(join(folder(method), path)));
          expect(content.startsWith("\ufeff")).toBe(false);
          expect(content).not.toMatch(/\\ud[89a-f]/i);
          expect(content.endsWith("}\n")).toBe(true);
          expect(content.split("\n")).toHaveLength(rows + 1);
        }
      }
    }
  });

  it("leave KTO out of OpenAI's folder, saying why, and nothing else", () => {
    for (const method of ALL_METHODS) {
      const summary = summaries.get(method);
      expect(summary?.rows).toEqual({ train: INDEXES.train.length, validation: INDEXES.validation.length });
      for (const { format, files, skipped } of summary?.formats ?? []) {
        if (method === "kto" && format === "openai") {
          expect(files).toEqual([]);
          expect(skipped.rows).toBe(INDEXES.train.length + INDEXES.validation.length);
          expect(skipped.first).toMatch(/train\.jsonl:1: OpenAI fine-tuning has no form for unpaired/);
        } else {
          expect(skipped).toEqual({ rows: 0 });
          expect(files.map(({ rows }) => rows)).not.toContain(0);
        }
      }
    }
  });
});

interface Aligned {
  readonly _prompt: readonly Message[];
  readonly _response: readonly Message[];
  readonly _system: string;
  readonly _margin?: number;
}

interface LlamafactoryRead {
  readonly aligned: Record<Split, readonly Aligned[]>;
  readonly encoded: Record<Split, readonly Record<string, string>[]>;
}

describe("LLaMA-Factory's own loader", () => {
  let read: Record<Method | "rpo_margin", LlamafactoryRead>;
  beforeAll(async () => {
    read = await python("read_llamafactory.py", sets("llamafactory"));
  }, READ_BACK_MS);

  const spoken = ({ prompt: messages }: TrainingRow) => messages.filter(({ role }) => role !== "system");
  const system = ({ prompt: messages }: TrainingRow) => messages.find(({ role }) => role === "system")?.content ?? "";

  it.each(["rpo", "dpo", "rpo_margin"] as const)("aligns and tokenises the pairs of %s", (entry) => {
    const method = entry === "dpo" ? "dpo" : "rpo";
    for (const split of SPLITS) {
      const rows = pairs(method, split);
      expect(
        read[entry].aligned[split].map(({ _prompt, _response, _system }) => ({ _prompt, _response, _system })),
      ).toEqual(
        rows.map((clean) => ({
          _prompt: spoken(clean),
          _response: [...said(clean.chosen), ...said(clean.rejected)],
          _system: system(clean),
        })),
      );
      expect(read[entry].encoded[split]).toEqual(
        rows.map((clean) => ({
          chosen_input_ids: `${asked(clean.prompt)}${clean.chosen}<|im_end|>\n`,
          chosen_labels: `${clean.chosen}<|im_end|>\n`,
          rejected_input_ids: `${asked(clean.prompt)}${clean.rejected}<|im_end|>\n`,
          rejected_labels: `${clean.rejected}<|im_end|>\n`,
        })),
      );
    }
  });

  it("gives the margin to a converter registered as rpo_sharegpt, and not to its stock one", () => {
    for (const split of SPLITS) {
      const margins = pairs("rpo", split).map(({ margin }) => margin);
      expect(read.rpo_margin.aligned[split].map(({ _margin }) => _margin)).toEqual(margins);
      expect(read.rpo.aligned[split].some((aligned) => "_margin" in aligned)).toBe(false);
    }
  });

  it("aligns and tokenises KTO rows, with their labels", () => {
    for (const split of SPLITS) {
      const rows = completions("kto", split);
      expect(read.kto.aligned[split].map(({ _response }) => _response)).toEqual(
        // Its own convention: the side that is not there is an empty response.
        rows.map(({ desirable, completion }) =>
          desirable ? [...said(completion), ...said("")] : [...said(""), ...said(completion)],
        ),
      );
      expect(
        read.kto.encoded[split].map(({ input_ids, labels, kto_tags }) => ({ input_ids, labels, kto_tags })),
      ).toEqual(
        rows.map((clean) => ({
          input_ids: `${asked(clean.prompt)}${clean.completion}<|im_end|>\n`,
          labels: `${clean.completion}<|im_end|>\n`,
          kto_tags: clean.desirable,
        })),
      );
    }
  });

  it("aligns and tokenises SFT rows", () => {
    for (const split of SPLITS) {
      const rows = completions("sft", split);
      expect(
        read.sft.aligned[split].map(({ _prompt, _response, _system }) => ({ _prompt, _response, _system })),
      ).toEqual(
        rows.map((clean) => ({ _prompt: spoken(clean), _response: said(clean.completion), _system: system(clean) })),
      );
      expect(read.sft.encoded[split].map(({ input_ids }) => input_ids)).toEqual(
        rows.map((clean) => `${asked(clean.prompt)}${clean.completion}<|im_end|>\n`),
      );
    }
  });
});

interface TrlRead {
  readonly rows: Record<Split, readonly unknown[]>;
  readonly conversational: readonly boolean[];
  readonly prompts: readonly unknown[];
  readonly templated: readonly Record<string, string>[];
  readonly encoded: readonly Record<string, string>[];
  readonly losses: readonly number[];
}

describe("TRL", () => {
  let read: Record<Method, TrlRead>;
  beforeAll(async () => {
    read = await python("read_trl.py", sets("trl"));
  }, READ_BACK_MS);

  it.each(ALL_METHODS)(
    "gets the rows of %s as they were, holds them for conversational, leaves their prompts alone",
    (method) => {
      for (const split of SPLITS) {
        expect(read[method].rows[split]).toEqual(INDEXES[split].map((index) => trlForm(row(method, index, "clean"))));
      }
      expect(read[method].conversational).toEqual(INDEXES.train.map(() => true));
      expect(read[method].prompts).toEqual(INDEXES.train.map((index) => row(method, index, "clean").prompt));
    },
  );

  it.each(ALL_METHODS)("applies a chat template to the rows of %s", (method) => {
    const expected = INDEXES.train.map((index) => {
      const clean = row(method, index, "clean");
      const answer = (content: string) => `${content}<|im_end|>\n`;
      return clean.kind === "preference"
        ? { prompt: asked(clean.prompt), chosen: answer(clean.chosen), rejected: answer(clean.rejected) }
        : { prompt: asked(clean.prompt), completion: answer(clean.completion) };
    });
    expect(read[method].templated).toMatchObject(expected);
  });

  it("tokenises all of every pair in DPOTrainer", () => {
    for (const method of ["rpo", "dpo"] as const) {
      expect(read[method].encoded).toMatchObject(
        pairs(method, "train").map((clean) => ({
          prompt_input_ids: asked(clean.prompt),
          chosen_input_ids: `${clean.chosen}<|im_end|>\n<|im_end|>`,
          rejected_input_ids: `${clean.rejected}<|im_end|>\n<|im_end|>`,
        })),
      );
    }
  });

  it("trains a step on each: DPO starts at ln 2, as it must where the policy is the reference", () => {
    expect(read.rpo.losses[0]).toBeCloseTo(Math.LN2, 3);
    expect(read.dpo.losses[0]).toBeCloseTo(Math.LN2, 3);
    for (const method of ["kto", "sft"] as const) {
      expect(read[method].losses).toHaveLength(1);
      expect(read[method].losses[0]).toBeGreaterThan(0);
    }
  });
});

interface ParquetRead {
  readonly datasets: Record<Split, readonly unknown[]>;
  readonly pandas: Record<Split, readonly unknown[]>;
  readonly features: Record<string, string>;
}

describe("Parquet", () => {
  const expected = (method: Method, split: Split) =>
    INDEXES[split].map((index) => trlForm(row(method, index, "clean")));

  describe("by datasets and pandas", () => {
    let read: Record<Method, ParquetRead>;
    beforeAll(async () => {
      read = await python("read_parquet.py", sets("parquet"));
    }, READ_BACK_MS);

    it.each(ALL_METHODS)("gives the rows of %s as they were", (method) => {
      for (const split of SPLITS) {
        expect(read[method].datasets[split]).toEqual(expected(method, split));
        expect(read[method].pandas[split]).toEqual(expected(method, split));
      }
    });

    it("has typed columns: lists of structs, integers, booleans", () => {
      const { features } = read.rpo;
      expect(features.prompt).toMatch(/^List\(\{'role': Value\('string'\), 'content': Value\('string'\)\}\)$/);
      expect(features.margin).toBe("Value('int32')");
      expect(features.provenance).toContain("'reversed': List(Value('string'))");
      expect(read.kto.features.label).toBe("Value('bool')");
    });
  });

  it.each(ALL_METHODS)("gives the rows of %s to DuckDB as they were", async (method) => {
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    for (const split of SPLITS) {
      const path = join(folder(method), "parquet", `${split}.parquet`).replaceAll("'", "''");
      const reader = await connection.runAndReadAll(`SELECT * FROM '${path}'`);
      expect(reader.getRowObjectsJson()).toEqual(expected(method, split));
      const turns = await connection.runAndReadAll(
        `SELECT provenance.turn, prompt[-1].role, len(provenance.reversed)::INTEGER FROM '${path}'`,
      );
      expect(turns.getRowsJson()).toEqual(
        INDEXES[split].map((index) => {
          const clean = row(method, index, "clean");
          return [clean.provenance.turn, "user", clean.provenance.reversed.length];
        }),
      );
    }
    connection.closeSync();
  });
});

interface OpenaiRead {
  readonly files: Record<string, { readonly examples: readonly unknown[]; readonly verdicts: readonly string[] }>;
  readonly wrong: Record<string, string>;
}

describe("OpenAI's fine-tuning files", () => {
  const METHODS_WITH_FORM = ["rpo", "dpo", "sft"] as const;
  const file = (method: Method, split: Split) => join(folder(method), "openai", `${split}.jsonl`);
  let read: OpenaiRead;
  beforeAll(async () => {
    const files = METHODS_WITH_FORM.flatMap((method) => SPLITS.map((split) => file(method, split)));
    read = await python("check_openai.py", files);
  }, READ_BACK_MS);

  it.each(METHODS_WITH_FORM)("hold what %s says, in messages that the openai package accepts", (method) => {
    for (const split of SPLITS) {
      const checked = read.files[file(method, split)];
      expect(checked?.verdicts).toEqual(INDEXES[split].map(() => "ok"));
      expect(checked?.examples).toEqual(
        INDEXES[split].map((index) => {
          const clean = row(method, index, "clean");
          if (clean.kind === "completion") return { messages: [...clean.prompt, ...said(clean.completion)] };
          return {
            input: { messages: clean.prompt, tools: [], parallel_tool_calls: true },
            preferred_output: said(clean.chosen),
            non_preferred_output: said(clean.rejected),
          };
        }),
      );
    }
  });

  it("are checked by something that refuses wrong examples", () => {
    expect(Object.keys(read.wrong)).toEqual(["unknown field", "user as output", "unknown role", "no content"]);
    for (const verdict of Object.values(read.wrong)) expect(verdict).not.toBe("ok");
  });

  it.each(METHODS_WITH_FORM)("have the provenance of %s beside them, line for line", async (method) => {
    for (const split of SPLITS) {
      const beside = await readFile(file(method, split).replace(".jsonl", ".provenance.jsonl"), "utf8");
      const lines = beside.trimEnd().split("\n");
      expect(lines.map((line) => JSON.parse(line))).toEqual(
        INDEXES[split].map((index) => {
          const clean = row(method, index, "clean");
          return { ...(clean.kind === "preference" ? { margin: clean.margin } : {}), ...provenance(clean) };
        }),
      );
    }
  });
});
