// A YAML file of settings, checked against a zod schema: what is wrong is refused with file, line and field, and a name that is
// not known with the one that it is likely to mean, at any depth. Ignores what the settings are for.
import { readFile } from "node:fs/promises";
import { type Document, isMap, isScalar, LineCounter, parseDocument, visit } from "yaml";
import { z } from "zod";
import { fieldPath, InputError } from "../dataset/input-error.ts";
import { nearestName } from "./nearest-name.ts";

/** A file of settings is read whole; one beyond this is something else. */
const MAX_BYTES = 1 << 20;

/** A file's settings, with the places where they stand. */
export interface Settings<T> {
  /** As zod gives them: checked, defaults filled in. */
  readonly checked: T;
  /** As they stand in the file. */
  readonly given: unknown;
  /** Refuses the setting at the path, for a reason that the schema cannot know. */
  readonly refuse: (path: readonly PropertyKey[], reason: string) => never;
}

export interface SettingsFile<T> {
  readonly schema: z.ZodType<T>;
  /** Names that are accepted and not proposed. */
  readonly unspoken?: readonly string[];
  /** A reason, in words, why this name is refused, where there is a better one than that it is not known. */
  readonly advice?: (name: string) => string | null;
}

/** Reads the text of a file of settings. @throws InputError naming the file */
export async function readSettingsText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${path}: ${error.code === "ENOENT" ? "no such file" : `cannot be read (${error.code})`}`);
  });
  if (bytes.length > MAX_BYTES) throw new InputError(`${path}: longer than ${MAX_BYTES >> 20} MiB; is it an rpo.yaml?`);
  return bytes.toString("utf8");
}

/**
 * Parses the text of a file of settings.
 * @param file how the file is called in errors
 * @throws InputError `file:line: field: reason` for what is no YAML, an unknown name, or a value that its setting refuses
 */
export function parseSettings<T>(text: string, file: string, about: SettingsFile<T>): Settings<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: true, prettyErrors: false });
  const refuseAt = (offset: number, reason: string): never => {
    throw new InputError(`${file}:${lines.linePos(offset).line}: ${reason}`);
  };
  const [fault] = document.errors;
  if (fault !== undefined) refuseAt(fault.pos[0], `no YAML: ${fault.message}`);
  // zod passes over this one name, which would be taken for obeyed.
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) && key.value === "__proto__")
        refuseAt(key.range?.[0] ?? 0, "__proto__: is no name for a setting");
    },
  });
  let given: unknown;
  try {
    given = document.toJS() ?? {};
  } catch (error) {
    refuseAt(0, `no YAML: ${(error as Error).message}`); // aliases of aliases, without end
  }
  const refuse = (path: readonly PropertyKey[], reason: string): never =>
    refuseAt(offsetOf(document, path), `${fieldPath(path)}: ${reason}`);
  const parsed = about.schema.safeParse(given);
  if (parsed.success) return { checked: parsed.data, given, refuse };
  // What zod says of a name that should not be there comes last; it is the likelier cause of what comes before.
  const { issues } = parsed.error;
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (issue?.code === "unrecognized_keys") {
    const name = issue.keys[0] ?? "";
    refuseAt(offsetOf(document, issue.path, name), unknownName(issue.path, name, about));
  }
  // zod's message for a key that is not in the form asked for says nothing; the form's own does.
  const reason = issue?.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue?.message;
  return refuse(issue?.path ?? [], reason ?? "is wrong");
}

function unknownName(
  path: readonly PropertyKey[],
  name: string,
  { schema, unspoken = [], advice }: SettingsFile<unknown>,
): string {
  const known = namesAt(schema, path).filter((other) => path.length > 0 || !unspoken.includes(other));
  const meant = nearestName(name, known);
  const what = path.length === 0 ? "section" : "setting";
  const hint = meant === null ? `known are ${known.join(", ")}` : `did you mean ${meant}?`;
  return `${fieldPath([...path, name])}: ${advice?.(name) ?? `there is no such ${what}; ${hint}`}`;
}

/** The names that a schema knows at a path. */
function namesAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const bare = unwrapped(schema);
  const [step, ...rest] = path;
  if (step === undefined) return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
  if (bare instanceof z.ZodObject) {
    const inner = bare.shape[String(step)];
    return inner === undefined ? [] : namesAt(inner, rest);
  }
  if (bare instanceof z.ZodRecord) return namesAt(bare.valueType, rest);
  if (bare instanceof z.ZodArray) return namesAt(bare.element, rest);
  if (bare instanceof z.ZodUnion) return bare.options.flatMap((option) => namesAt(option, path));
  return [];
}

/** The schema without what says only that it may be missing, or what becomes of it. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  let bare = schema;
  for (;;) {
    if (bare instanceof z.ZodPipe) bare = bare.in;
    else if (
      bare instanceof z.ZodOptional ||
      bare instanceof z.ZodExactOptional ||
      bare instanceof z.ZodNullable ||
      bare instanceof z.ZodDefault ||
      bare instanceof z.ZodPrefault ||
      bare instanceof z.ZodReadonly
    )
      bare = bare.unwrap();
    else return bare;
  }
}

/** Where the value at the path, or the key `name` in it, begins; 0 where it cannot be told. */
function offsetOf(document: Document, path: readonly PropertyKey[], name?: string): number {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  if (name !== undefined && isMap(node)) {
    const key = node.items.map((pair) => pair.key).find((key) => isScalar(key) && String(key.value) === name);
    if (isScalar(key)) return key.range?.[0] ?? 0;
  }
  if (node !== null && typeof node === "object" && "range" in node) return (node.range as [number] | null)?.[0] ?? 0;
  if (path.length === 0) return 0;
  // A key whose own form is refused, or a setting that is not there.
  return offsetOf(document, path.slice(0, -1), String(path.at(-1)));
}
