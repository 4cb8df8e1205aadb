// `rpo train DATASET --model M --method rpo --out DIR`: an adapter from a data set, on this machine.
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { readRpoYaml, type TrainSection } from "../config/rpo-yaml.ts";
import { ENGINE_NAMES } from "../engine/engine-name.ts";
import { ATTENTIONS, ENGINES, engineSettings, LAUNCHERS, SHARDINGS } from "../engine/engine-settings.ts";
import { MASTER_PORT } from "../engine/launch-command.ts";
import { PRESET_NAMES, type PresetName, preset, presetList, withPreset } from "../engine/presets.ts";
import { counted } from "../preference/counted.ts";
import { METHODS } from "../preference/training-row.ts";
import { baseModel } from "../train/base-model.ts";
import { REFUSALS, type RefusalKind } from "../train/row-texts.ts";
import { runPaths } from "../train/run-directory.ts";
import { trainAdapter } from "../train/train-adapter.ts";
import {
  DEVICES,
  KEPT,
  ONLY_FOR,
  ORDERS,
  SCHEDULES,
  TARGETS,
  type TrainSettings,
  type TrainSettingsInput,
  trainSettings,
} from "../train/train-settings.ts";
import { TrainingFailed, TrainingStopped } from "../train/training-progress.ts";
import type { Figures, TrainingSummary } from "../train/training-summary.ts";
import { CliError } from "./cli-error.ts";
import { namesAmong, wholeNumber } from "./option-value.ts";
import { duration, progressLine, transfer } from "./progress-line.ts";
import { EXIT_INTERRUPTED, stopOnSignal } from "./stop-on-signal.ts";
import { reportingSystemErrors } from "./system-failure.ts";
import { trainByEngine } from "./train-engine.ts";
import { trainingProgressText } from "./training-progress-text.ts";

type Setting = keyof TrainSettings;

/** Settings that are flags with a value, in the order of the help. */
const VALUED: readonly { setting: Setting; value: string; choices?: readonly string[]; many?: readonly string[] }[] = [
  { setting: "method", value: "METHOD", choices: METHODS },
  { setting: "beta", value: "B" },
  { setting: "gamma", value: "G" },
  { setting: "nll", value: "WEIGHT" },
  { setting: "labelSmoothing", value: "SHARE" },
  { setting: "rank", value: "N" },
  { setting: "alpha", value: "A" },
  { setting: "dropout", value: "SHARE" },
  { setting: "targets", value: "NAMES", many: TARGETS },
  { setting: "learningRate", value: "RATE" },
  { setting: "schedule", value: "SHAPE", choices: SCHEDULES },
  { setting: "warmup", value: "STEPS" },
  { setting: "epochs", value: "N" },
  { setting: "steps", value: "N" },
  { setting: "batch", value: "N" },
  { setting: "maxLength", value: "TOKENS" },
  { setting: "maxGradientNorm", value: "NORM" },
  { setting: "weightDecay", value: "W" },
  { setting: "seed", value: "N" },
  { setting: "evalEvery", value: "STEPS" },
  { setting: "saveEvery", value: "STEPS" },
  { setting: "keep", value: "WHICH", choices: KEPT },
  { setting: "order", value: "ORDER", choices: ORDERS },
  { setting: "memory", value: "AMOUNT" },
  { setting: "device", value: "DEVICE", choices: DEVICES },
  { setting: "threads", value: "N" },
];
const SWITCHES: readonly Setting[] = ["referenceCompat", "skipBad"];

/** Settings that exclude each other: the one given as a flag comes before the other one of the file. */
const RIVALS: readonly (readonly [Setting, Setting])[] = [
  ["epochs", "steps"],
  ["gamma", "referenceCompat"],
];

interface TrainFlags extends Omit<TrainSection, "preset"> {
  readonly preset?: PresetName | typeof PRESET_LIST;
  readonly config?: string;
  readonly fresh?: true;
  readonly json?: true;
  readonly dryRun?: true;
  readonly nodeRank?: number;
  readonly masterAddr?: string;
  readonly masterPort?: number;
}

/** Flags of this call alone, which no file holds. */
const OF_CALL = ["config", "fresh", "json", "dryRun", "nodeRank", "masterAddr", "masterPort"] as const;
/** In place of a preset's name: shows them all. */
const PRESET_LIST = "list";

const flagOf = (setting: string): string => `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** The flags that are settings, over those of the file. */
function merged(file: TrainSection, given: TrainFlags): TrainSection {
  const flags = Object.fromEntries(
    Object.entries(given).filter(([name]) => !(OF_CALL as readonly string[]).includes(name)),
  ) as TrainSection;
  const from = { ...file };
  for (const [one, other] of RIVALS) {
    if (flags[one] !== undefined) delete from[other];
    if (flags[other] !== undefined) delete from[one];
  }
  return { ...from, ...flags };
}

async function run(dataset: string | undefined, flags: TrainFlags, self: Command): Promise<void> {
  if (flags.preset === PRESET_LIST) {
    process.stdout.write(presetList());
    return;
  }
  const file = flags.config === undefined ? {} : (await readRpoYaml(flags.config)).train;
  const given = merged(file, { ...flags, ...(dataset !== undefined && { dataset }) });
  const of = given.preset === undefined ? null : preset(given.preset);
  const { dataset: from, model: name = of?.model, out, ...all } = given;
  const { engine = of?.engine ?? "embedded", ...forEngine } = pick(all, ENGINE_SETTINGS);
  const settings = {
    ...pick(all, TRAIN_SETTINGS),
    ...(all.method === undefined && of && { method: of.settings.method }),
  };
  const missing = (what: string, how: string): never =>
    self.error(`error: ${what} is not given: ${how}, or by rpo.yaml`, {
      code: "commander.missingMandatoryOptionValue",
    });
  if (from === undefined) return missing("a data set", "name its folder");
  if (name === undefined) return missing("a model", "by --model");
  const { method } = settings;
  if (method === undefined) return missing("a method", `by --method ${METHODS.join("|")}`);
  if (out === undefined) return missing("a folder for the training", "by --out");
  for (const [setting, methods] of Object.entries(ONLY_FOR)) {
    if (self.getOptionValueSource(setting) === "cli" && !methods.includes(method))
      self.error(`error: ${flagOf(setting as Setting)} is for ${methods.join(", ")}, not for --method ${method}`);
  }
  const asked = { ...settings, method };
  const checked = trainSettings.safeParse(of === null ? asked : withPreset(of, asked));
  if (!checked.success) return self.error(`error: ${checked.error.issues[0]?.message}`);
  if (engine === "embedded") {
    for (const setting of [...ENGINE_SETTINGS, ...OF_ENGINES])
      if (setting !== "engine" && self.getOptionValueSource(setting) === "cli")
        self.error(`error: ${flagOf(setting)} is for --engine ${ENGINE_NAMES.join(" and ")}`);
    return trainTo(out, from, name, asked, flags);
  }
  const { nodeRank, masterAddr, masterPort, dryRun = false, fresh = false } = flags;
  if (nodeRank !== undefined && masterAddr === undefined)
    self.error("error: --node-rank wants --master-addr, the address of machine 0");
  await trainByEngine(
    {
      engine,
      dataset: from,
      model: name,
      out,
      settings: asked,
      engineSettings: forEngine,
      place:
        nodeRank === undefined || masterAddr === undefined
          ? null
          : { rank: String(nodeRank), masterAddress: masterAddr, masterPort: String(masterPort ?? MASTER_PORT) },
      dryRun,
      fresh,
    },
    (summary) => (flags.json ? `${JSON.stringify(summary)}\n` : summaryText(summary, from, out)),
  );
}

/** Flags of one call that only PyTorch engines have. */
const OF_ENGINES = ["dryRun", "nodeRank", "masterAddr", "masterPort"] as const;
const ENGINE_SETTINGS = Object.keys(engineSettings.shape) as (keyof typeof engineSettings.shape)[];
const TRAIN_SETTINGS = Object.keys(trainSettings.shape) as Setting[];

/** The entries of these names that are there. */
const pick = <T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> =>
  Object.fromEntries(Object.entries(from).filter(([name]) => (names as readonly string[]).includes(name))) as Pick<
    T,
    K
  >;

async function trainTo(
  out: string,
  dataset: string,
  name: string,
  settings: TrainSettingsInput,
  flags: TrainFlags,
): Promise<void> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  const notice = (text: string): void => {
    progress.done();
    say(text);
  };
  const stop = stopOnSignal(() => notice("stopping after the current row; once more ends at once …"));
  try {
    const model = await baseModel(name, {
      signal: stop.signal,
      onNotice: notice,
      onProgress: (moved) => progress.update(() => transfer(moved)),
    });
    const summary = await trainAdapter({
      dataset,
      model,
      out,
      settings,
      fresh: flags.fresh === true,
      signal: stop.signal,
      onNotice: notice,
      onProgress: (now) => progress.update((seconds) => trainingProgressText(now, seconds)),
    });
    progress.done();
    process.stdout.write(flags.json ? `${JSON.stringify(summary)}\n` : summaryText(summary, dataset, out));
  } catch (error) {
    progress.done();
    if (error instanceof TrainingFailed)
      throw new CliError(
        `${out}: the training failed: ${error.message}; the same command goes on from its last checkpoint`,
      );
    const isStopped = error instanceof TrainingStopped;
    if (!isStopped && !(stop.signal.aborted && error === stop.signal.reason)) throw error;
    const where = isStopped && error.step !== null ? error.message : "stopped before the first step";
    say(`${where}; the same command goes on from there`);
    process.exitCode = EXIT_INTERRUPTED;
  } finally {
    progress.done();
    stop.release();
  }
}

function summaryText(summary: TrainingSummary, dataset: string, out: string): string {
  const { steps, settings, dataset: sides, validation, training, adapter } = summary;
  const paths = runPaths(out);
  const lines = [
    `${counted(steps, "step")} (${settings.method}) on ${counted(sides.train?.rows ?? 0, "row")} of ${dataset}, ` +
      `${duration(summary.seconds)}, ${Math.round(summary.tokens / Math.max(1, summary.seconds))} tokens/s`,
  ];
  if (validation !== null) {
    lines.push(`validation  ${change(validation.before, validation.after)}`);
    if (validation.best.loss < validation.after.loss)
      lines.push(`its loss was lowest after step ${validation.best.step}; --keep best takes the adapter of then`);
  } else if (training !== null) lines.push(`last step   ${change(null, training)}`);
  for (const side of Object.values(sides)) {
    if (side === null) continue;
    const { file, counts } = side;
    if (counts.cut > 0) lines.push(`${file}: ${counted(counts.cut, "row")} without the start of its history, to fit`);
    for (const kind of Object.keys(REFUSALS) as RefusalKind[])
      if (counts[kind] > 0) lines.push(`${file}: left out ${counted(counts[kind], "row")}: ${REFUSALS[kind]}`);
  }
  lines.push(
    `adapter of step ${adapter.step}, ${adapter.parameters.toLocaleString("en-US")} parameters: ${paths.adapter} (PEFT)${
      adapter.gguf === null ? "" : `, ${paths.gguf} (llama.cpp)`
    }`,
    `course: ${paths.chart}, ${join(out, "metrics.jsonl")}`,
    "",
  );
  return lines.join("\n");
}

/** "loss 0.7123 → 0.6541, reward margin …": what changed from one look to another. */
function change(before: Figures | null, after: Figures): string {
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  const plain = (value: number): string => value.toFixed(4);
  const parts: [string, keyof Figures, (value: number) => string][] = [
    ["loss", "loss", plain],
    ["reward margin", "rewardMargin", plain],
    ["γg", "margin", plain],
    ["pairs ordered as they should be", "rewardAccuracy", percent],
    ["by more than γg", "marginAccuracy", percent],
  ];
  return parts
    .flatMap(([name, figure, text]) => {
      const [from, to] = [before?.[figure] ?? null, after[figure]];
      if (to === null) return [];
      return [`${name} ${from === null || text(from) === text(to) ? "" : `${text(from)} → `}${text(to)}`];
    })
    .join(", ");
}

/** Reads a value as its setting does, so that a flag is refused for what rpo.yaml would be refused for. */
function settingValue(setting: Setting): (text: string) => unknown {
  return (text) => {
    const isText = setting === "memory";
    if (!isText && (text.trim() === "" || Number.isNaN(Number(text))))
      throw new InvalidArgumentError("It must be a number.");
    const checked = z.safeParse(trainSettings.shape[setting], isText ? text : Number(text));
    if (!checked.success) throw new InvalidArgumentError(`${checked.error.issues[0]?.message}.`);
    return checked.data;
  };
}

/** A preset's name, or the word that shows them all. */
function presetName(text: string): PresetName | typeof PRESET_LIST {
  const known = [...PRESET_NAMES, PRESET_LIST] as const;
  const name = known.find((each) => each === text);
  if (name === undefined) throw new InvalidArgumentError(`Allowed are ${known.join(", ")}.`);
  return name;
}

function gpuNumbers(text: string): "auto" | number[] {
  if (text === "auto") return text;
  const numbers = text.split(",").map(wholeNumber(0));
  if (new Set(numbers).size < numbers.length) throw new InvalidArgumentError("Name each one once.");
  return numbers;
}

const DEFAULTS: Readonly<Partial<Record<Setting, unknown>>> = trainSettings.parse({ method: "rpo" });

/** What the help says of a setting: its description, and its default where it is plain. */
function helpOf(setting: Setting): string {
  const { description = "" } = trainSettings.shape[setting];
  const value = setting === "method" ? undefined : DEFAULTS[setting];
  const isPlain = typeof value === "number" || typeof value === "string";
  const text = description.replace(/\.$/, "");
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}${isPlain ? ` (default: ${value})` : ""}`.trim();
}

export const command = new Command("train")
  .description(
    "Train an adapter (LoRA) on a data set of `rpo pairs`. DIR/adapter is for PEFT, DIR/adapter.gguf for llama.cpp. What is done\n" +
      "is kept: Ctrl-C stops after the current row, and the same command goes on. Every setting may stand in rpo.yaml too\n" +
      "(docs/training.md); a flag comes before it.",
  )
  .argument("[DATASET]", "folder with train.jsonl and, if there are any, validation rows in validation.jsonl")
  .option(
    "--model <MODEL>",
    "a known name (rpo models list), hf:owner/repo/file.gguf, a GGUF file, or a Hugging Face folder",
  )
  .option("--out <DIR>", "run directory; a training that is there goes on")
  .option("--config <FILE>", "an rpo.yaml with a section `train`");
for (const { setting, value, choices, many } of VALUED) {
  const option = new Option(`${flagOf(setting)} <${value}>`, helpOf(setting));
  if (choices !== undefined) option.choices(choices);
  else if (many !== undefined) option.argParser(namesAmong(many));
  else option.argParser(settingValue(setting));
  command.addOption(option);
}
for (const setting of SWITCHES) command.option(flagOf(setting), helpOf(setting));
const {
  engine,
  preset: named,
  gpus,
  gpusPerNode,
  gpuMemory,
  nodes,
  launcher,
  image,
  sharding,
  attention,
  python,
} = engineSettings.shape;
command
  .addOption(new Option("--engine <NAME>", engine.description).choices(ENGINES))
  .addOption(
    new Option("--preset <NAME>", `${named.description} \`--preset ${PRESET_LIST}\` shows them.`).argParser(presetName),
  )
  .addOption(new Option("--gpus <NUMBERS>", gpus.description).argParser(gpuNumbers))
  .addOption(new Option("--gpus-per-node <N>", gpusPerNode.description).argParser(wholeNumber(1)))
  .addOption(new Option("--gpu-memory <AMOUNT>", gpuMemory.description).argParser(settingValue("memory")))
  .addOption(new Option("--nodes <N>", nodes.description).argParser(wholeNumber(1)))
  .addOption(
    new Option("--node-rank <N>", "this machine's number among --nodes, 0 for the first").argParser(wholeNumber(0)),
  )
  .option("--master-addr <HOST>", "address of machine 0, for --node-rank")
  .addOption(new Option("--master-port <N>", `its port (default: ${MASTER_PORT})`).argParser(wholeNumber(1, 65_535)))
  .addOption(new Option("--launcher <WHO>", launcher.description).choices(LAUNCHERS))
  .option("--image <NAME>", image.description)
  .addOption(new Option("--sharding <HOW>", sharding.description).choices(SHARDINGS))
  .addOption(new Option("--attention <HOW>", attention.description).choices(ATTENTIONS))
  .option("--python <PROGRAM>", python.description)
  .option("--dry-run", "write the engine's files, and start nothing")
  .option("--fresh", "begin anew where there is a training")
  .option("--json", "end with one JSON object, the training's summary, on standard output")
  .action((dataset: string | undefined, flags: TrainFlags, self: Command) =>
    reportingSystemErrors(() => run(dataset, flags, self)),
  );
