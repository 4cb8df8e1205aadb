// rpo.yaml: what a run is asked to do, in sections. So far the section `train` is read, by `rpo train`; the others are the
// record that a run of `rpo quickstart` leaves, and are passed over. What is not known is refused with its line, since a
// misspelt setting would be taken for obeyed. Ignores flags, which come before the file.
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import { type Document, isMap, isScalar, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { fieldPath, InputError } from "../dataset/input-error.ts";
import { modelReference } from "../model/model-reference.ts";
import { trainSettings } from "../train/train-settings.ts";
import { nearestName } from "./nearest-name.ts";

/** A run's file is read whole; one beyond this is something else. */
const MAX_BYTES = 1 << 20;

const filled = z.string().regex(/\S/, "must not be blank");

/** What `rpo train` takes from the file: its settings, none of them needed, and what it works on. */
const trainSection = z.strictObject({
  dataset: filled.exactOptional().describe("Folder of a data set, as `rpo pairs` makes it."),
  model: filled
    .exactOptional()
    .describe("A known name, hf:owner/repo/file.gguf, a GGUF file, or a Hugging Face folder."),
  out: filled.exactOptional().describe("Run directory."),
  ...trainSettings.shape,
  method: trainSettings.shape.method.exactOptional(),
});

const recorded = z.looseObject({}).exactOptional();

export const rpoYamlSchema = z.strictObject({
  train: trainSection.exactOptional().describe("A training. Paths are relative to the file."),
  model: recorded.describe("Recorded by rpo quickstart; not read."),
  sampling: recorded.describe("Recorded by rpo quickstart; not read."),
  turns: recorded.describe("Recorded by rpo quickstart; not read."),
  pairs: recorded.describe("Recorded by rpo quickstart; not read."),
});

/** The section `train` as it stands in the file: no defaults, paths resolved against the file's folder. */
export type TrainSection = z.input<typeof trainSection>;

/**
 * Reads the file.
 * @throws InputError naming file, line and field: for what is no YAML, an unknown name, or a value that its setting refuses
 */
export async function readRpoYaml(path: string): Promise<{ readonly train: TrainSection }> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${path}: ${error.code === "ENOENT" ? "no such file" : `cannot be read (${error.code})`}`);
  });
  if (bytes.length > MAX_BYTES) throw new InputError(`${path}: longer than ${MAX_BYTES >> 20} MiB; is it an rpo.yaml?`);
  const { train = {} } = parseRpoYaml(bytes.toString("utf8"), path);
  const here = dirname(path);
  const at = (given: string): string => (isAbsolute(given) ? given : resolve(here, given));
  return {
    train: {
      ...train,
      ...(train.dataset !== undefined && { dataset: at(train.dataset) }),
      ...(train.out !== undefined && { out: at(train.out) }),
      ...(train.model !== undefined && { model: isName(train.model) ? train.model : at(train.model) }),
    },
  };
}

/** Parses the text of an rpo.yaml; paths stay as they are. @throws InputError as `readRpoYaml` */
export function parseRpoYaml(text: string, file: string): { readonly train?: TrainSection } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: true, prettyErrors: false });
  const refuse = (offset: number, reason: string): never => {
    throw new InputError(`${file}:${lines.linePos(offset).line}: ${reason}`);
  };
  const [fault] = document.errors;
  if (fault !== undefined) refuse(fault.pos[0], `no YAML: ${fault.message}`);
  let value: unknown;
  try {
    value = document.toJS() ?? {};
  } catch (error) {
    refuse(0, `no YAML: ${(error as Error).message}`); // aliases of aliases, without end
  }
  const parsed = rpoYamlSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (issue?.code === "unrecognized_keys") {
      const name = issue.keys[0] ?? "";
      refuse(offsetOf(document, issue.path, name), unknownName(issue.path, name));
    }
    refuse(offsetOf(document, issue?.path ?? []), `${fieldPath(issue?.path ?? [])}: ${issue?.message}`);
  }
  // Not what zod gives: it has filled in defaults, and flags must come before those.
  return value as { train?: TrainSection };
}

/** Whether a model is called by a name that means the same everywhere, and not by a path. */
function isName(model: string): boolean {
  try {
    return modelReference(model).kind !== "path";
  } catch {
    return false; // a folder in the file's own
  }
}

function unknownName(path: readonly PropertyKey[], name: string): string {
  const inside = path.length === 0;
  const known = Object.keys(inside ? rpoYamlSchema.shape : trainSection.shape);
  const meant = nearestName(name, known);
  const what = inside ? "section" : "setting";
  const hint = meant === null ? `known are ${known.join(", ")}` : `did you mean ${meant}?`;
  return `${fieldPath([...path, name])}: there is no such ${what}; ${hint}`;
}

/** Where the value at the path, or the key `name` in it, begins; 0 where it cannot be told. */
function offsetOf(document: Document, path: readonly PropertyKey[], name?: string): number {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  if (name !== undefined && isMap(node)) {
    const key = node.items.map((pair) => pair.key).find((key) => isScalar(key) && String(key.value) === name);
    if (isScalar(key)) return key.range?.[0] ?? 0;
  }
  if (node !== null && typeof node === "object" && "range" in node) return (node.range as [number] | null)?.[0] ?? 0;
  return path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1)); // a setting that is not there
}
