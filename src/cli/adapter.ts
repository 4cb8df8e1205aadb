// `rpo adapter`: shows adapters, turns them into their other form, and merges them into their model. The work is in adapter/.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Command, Option } from "commander";
import { type Adapter, baseWarning } from "../adapter/adapter.ts";
import { readGgufAdapterHead, writeGgufAdapter } from "../adapter/gguf-adapter.ts";
import { MERGED_FORMS, type MergedForm, mergeModel } from "../adapter/merge-model.ts";
import { findAdapter, openAdapter } from "../adapter/open-adapter.ts";
import { readPeftAdapter, writePeftAdapter } from "../adapter/peft.ts";
import { InputError } from "../dataset/input-error.ts";
import { cacheDirectory } from "../model/model-cache.ts";
import type { Progress } from "../model/progress.ts";
import { baseModel } from "../train/base-model.ts";
import type { LoraConfig } from "../train/lora-weights.ts";
import type { FloatFormat } from "../weights/float-format.ts";
import { modelIdentity } from "../weights/model-identity.ts";
import { openStoredModel } from "../weights/stored-model.ts";
import { progressLine, transfer } from "./progress-line.ts";
import { requireOptions } from "./required-options.ts";
import { reportingSystemErrors } from "./system-failure.ts";

const ADAPTER = "a PEFT folder, the folder of a training, or a GGUF adapter";
const MODEL =
  "the model that the adapter was trained on: a known name, hf:owner/repo/file.gguf, a GGUF file or a folder";

/** What work tells its user as it goes on. */
interface Report {
  readonly onProgress: (moved: Progress) => void;
  readonly onNotice: (notice: string) => void;
}

/** Runs work that reports: progress renews a line, notices are lines of their own, on stderr. */
async function reporting(work: (report: Report) => Promise<void>): Promise<void> {
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  const report: Report = {
    onProgress: (moved) => progress.update(() => transfer(moved)),
    onNotice: (notice) => {
      progress.done();
      process.stderr.write(`rpo: ${notice}\n`);
    },
  };
  try {
    await reportingSystemErrors(() => work(report));
  } finally {
    progress.done();
  }
}

interface MergeFlags {
  readonly model: string;
  readonly to: MergedForm;
  readonly out: string;
  readonly type?: Lowercase<FloatFormat>;
}

const mergeCommand = new Command("merge")
  .description(
    "add an adapter to its model's weights and write the model that results, tokenizer and chat template included",
  )
  .argument("<ADAPTER>", ADAPTER)
  .option("--model <MODEL>", MODEL)
  .addOption(new Option("--to <FORM>", "safetensors: a Hugging Face folder; gguf: a file").choices(MERGED_FORMS))
  .option("--out <PATH>", "the folder or file to write; it must not exist")
  .addOption(
    new Option("--type <TYPE>", "what weights are written as (default: f16 for gguf, else as in the model)").choices([
      "f32",
      "f16",
      "bf16",
    ]),
  )
  .action((adapter: string, flags: MergeFlags, command: Command) => {
    requireOptions(command, ["--model", "--to", "--out"]);
    return reporting(async (report) => {
      const { path, chatTemplate } = await baseModel(flags.model, report);
      const notices = await mergeModel({
        adapter,
        model: path,
        to: flags.to,
        out: flags.out,
        format: flags.type?.toUpperCase() as FloatFormat | undefined,
        chatTemplate,
        cacheDirectory: cacheDirectory(process.env),
        ...report,
      });
      for (const notice of notices) report.onNotice(notice);
      process.stdout.write(`${flags.out}\n`);
    });
  });

const convertCommand = new Command("convert")
  .description("write a PEFT adapter as a GGUF file for llama.cpp, or a GGUF adapter as a PEFT folder")
  .argument("<ADAPTER>", ADAPTER)
  .option("--model <MODEL>", MODEL)
  .option("--out <PATH>", "the GGUF file or the folder to write; it must not exist")
  .action((given: string, flags: { readonly model: string; readonly out: string }, command: Command) => {
    requireOptions(command, ["--model", "--out"]);
    return reporting(async (report) => {
      if ((await stat(flags.out).catch(() => null)) !== null)
        throw new InputError(`${flags.out} exists: name one that does not`);
      const place = await findAdapter(given);
      const { path } = await baseModel(flags.model, report);
      const { architecture, files } = await openStoredModel(path);
      const adapter = await openAdapter(place, architecture);
      if (place.form === "peft") await writeGgufAdapter(flags.out, adapter, architecture);
      else await writePeftAdapter(flags.out, adapter);
      const folder = join(cacheDirectory(process.env), "weights", "hashes");
      const warning = baseWarning(adapter.base, await modelIdentity(files, { folder }));
      if (warning !== null) report.onNotice(warning);
      process.stdout.write(`${flags.out}\n`);
    });
  });

const showCommand = new Command("show")
  .description("what an adapter is: rank, alpha, layers, and the model that it was trained on")
  .argument("<ADAPTER>", ADAPTER)
  .option("--json", "print JSON")
  .action((given: string, { json = false }: { json?: boolean }) =>
    reportingSystemErrors(async () => {
      const facts = await adapterFacts(given);
      process.stdout.write(json ? `${JSON.stringify(facts)}\n` : factsText(facts));
    }),
  );

interface AdapterFacts {
  readonly form: "peft" | "gguf";
  readonly path: string;
  readonly config: LoraConfig;
  readonly blocks: number;
  readonly parameters: number;
  readonly base: Adapter["base"];
}

async function adapterFacts(given: string): Promise<AdapterFacts> {
  const { form, path } = await findAdapter(given);
  if (form === "gguf") {
    const { config, base, file } = await readGgufAdapterHead(path);
    const tensors = [...file.tensors.values()];
    const parameters = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
    const blocks = new Set(tensors.map(({ name }) => name.split(".")[1])).size;
    return { form, path, config, blocks, parameters, base };
  }
  const { lora, base } = await readPeftAdapter(path);
  const parameters = [...lora.pairs.values()].reduce((sum, { A, B }) => sum + A.length + B.length, 0);
  const blocks = new Set(Array.from(lora.pairs.keys(), (name) => name.split(".")[2])).size;
  return { form, path, config: lora.config, blocks, parameters, base };
}

function factsText({ form, path, config, blocks, parameters, base }: AdapterFacts): string {
  const rows = [
    ["adapter", `${path} (${form === "peft" ? "PEFT" : "GGUF"})`],
    ["rank, alpha", `${config.rank}, ${config.alpha}`],
    ["layers", `${config.targets.join(", ")} of ${blocks} blocks`],
    ["parameters", parameters.toLocaleString("en-US")],
    ["trained on", base.name ?? "not recorded"],
    ["weights", base.identity ?? "not recorded"],
  ];
  return rows.map(([name, value]) => `${name!.padEnd(13)}${value}\n`).join("");
}

export const command = new Command("adapter")
  .description("Show LoRA adapters, turn them into their other form, and merge them into their model.")
  .addCommand(mergeCommand)
  .addCommand(convertCommand)
  .addCommand(showCommand);
