// rpo.yaml: what a run is asked to do, in sections. This file has them all, for both readers: `rpo train` takes the section
// `train` as it stands (here), data construction everything else with its defaults (run-config.ts). What is not known is
// refused with its line, since a misspelt setting would be taken for obeyed. Ignores flags, which come before the file.
import { existsSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import { z } from "zod";
import { HUB_NAME } from "../engine/engine-model.ts";
import { engineSettings } from "../engine/engine-settings.ts";
import { modelReference } from "../model/model-reference.ts";
import { trainSettings } from "../train/train-settings.ts";
import {
  bankSection,
  dialogueSection,
  judgeSection,
  pairsSection,
  pricesSection,
  reverseSection,
  runSection,
} from "./construction-sections.ts";
import { endpointsSection, KEY_NAME } from "./endpoint-section.ts";
import { rolesSection } from "./role-section.ts";
import { parseSettings, readSettingsText, type Settings } from "./yaml-document.ts";

const filled = z.string().regex(/\S/, "must not be blank");

/** What `rpo train` takes from the file: its settings, none of them needed, and what it works on. */
export const trainSection = z
  .strictObject({
    dataset: filled.exactOptional().describe("Folder of a data set, as `rpo pairs` makes it."),
    model: filled
      .exactOptional()
      .describe(
        "A known name, hf:owner/repo/file.gguf, a GGUF file, or a Hugging Face folder; for trl and llamafactory a folder or owner/name.",
      ),
    out: filled.exactOptional().describe("Run directory."),
    ...trainSettings.shape,
    ...engineSettings.shape,
    method: trainSettings.shape.method.exactOptional(),
  })
  .describe("A training, as rpo train makes it. Paths are relative to the file.");

/** Sections that `rpo quickstart` leaves, of what it was asked for: for people, and passed over here. */
const RECORDED = ["model", "sampling", "turns"] as const;
const recorded = z.looseObject({}).exactOptional().describe("Recorded by rpo quickstart; not read.");

/** A section may be missing, or have nothing in it, as where all its settings are comments. */
const section = <S extends z.ZodType>(schema: S) =>
  schema
    .nullable()
    .exactOptional()
    .describe(schema.description ?? "");

export const rpoYamlSchema = z.strictObject({
  endpoints: section(endpointsSection),
  roles: section(rolesSection),
  prices: section(pricesSection),
  run: section(runSection),
  bank: section(bankSection),
  dialogue: section(dialogueSection),
  judge: section(judgeSection),
  reverse: section(reverseSection),
  pairs: section(pairsSection),
  train: section(trainSection),
  model: recorded,
  sampling: recorded,
  turns: recorded,
});

export type RpoYaml = z.output<typeof rpoYamlSchema>;

/** The section `train` as it stands in the file: no defaults, paths resolved against the file's folder. */
export type TrainSection = z.input<typeof trainSection>;

/** Parses the text of an rpo.yaml, with everything that its schema can check. @throws InputError as `readRpoYaml` */
export const parseRpoYamlSettings = (text: string, file: string): Settings<RpoYaml> =>
  parseSettings(text, file, {
    schema: rpoYamlSchema,
    unspoken: RECORDED,
    advice: (name) =>
      KEY_NAME.test(name)
        ? "a key does not stand in the file; put it into an environment variable, and name that as keyEnv"
        : null,
  });

/** Parses the text of an rpo.yaml for its section `train`; paths stay as they are. @throws InputError as `readRpoYaml` */
export function parseRpoYaml(text: string, file: string): { readonly train?: TrainSection } {
  // Not what zod gives: it has filled in defaults, and flags must come before those.
  const { train } = parseRpoYamlSettings(text, file).given as { readonly train?: TrainSection | null };
  return train ? { train } : {};
}

/**
 * Reads the file's section `train`.
 * @throws InputError naming file, line and field: for what is no YAML, an unknown name, or a value that its setting refuses
 */
export async function readRpoYaml(path: string): Promise<{ readonly train: TrainSection }> {
  const { train = {} } = parseRpoYaml(await readSettingsText(path), path);
  return { train: resolvedTrain(train, fromFile(path)) };
}

/** The section with its paths made absolute. */
export const resolvedTrain = (train: TrainSection, at: FromFile): TrainSection => ({
  ...train,
  ...(train.dataset !== undefined && { dataset: at.path(train.dataset) }),
  ...(train.out !== undefined && { out: at.path(train.out) }),
  ...(train.model !== undefined && { model: isOfHub(train, at) ? train.model : at.model(train.model) }),
  ...(train.python?.includes("/") && { python: at.path(train.python) }),
});

/** Whether a PyTorch engine's model is a name of the hub: owner/name, where there is no such folder. */
const isOfHub = ({ engine, model = "", preset }: TrainSection, at: FromFile): boolean =>
  ((engine !== undefined && engine !== "embedded") || preset !== undefined) &&
  HUB_NAME.test(model) &&
  !existsSync(at.path(model));

/** How what a file says is seen from everywhere. */
export interface FromFile {
  /** A path of the file, absolute. */
  path(given: string): string;
  /** A model of the file: a name as it is, a path absolute. */
  model(given: string): string;
}

/** Paths of a file are relative to the folder that it lies in. */
export function fromFile(file: string): FromFile {
  const here = dirname(file);
  const path = (given: string): string => (isAbsolute(given) ? given : resolve(here, given));
  return { path, model: (given) => (isName(given) ? given : path(given)) };
}

/** Whether a model is called by a name that means the same everywhere, and not by a path. */
function isName(model: string): boolean {
  try {
    return modelReference(model).kind !== "path";
  } catch {
    return false; // a folder in the file's own
  }
}
