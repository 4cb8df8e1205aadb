// Profiles from files: a folder of YAML files, one of them, or JSON Lines as `rpo bank generate` writes them (profiles as they are,
// with what is known of their making, or SysBank's records).
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import { inputName, readJsonl } from "../dataset/jsonl.ts";
import { generatedProfileSchema } from "./bank/generate.ts";
import { type Profile, profileSchema } from "./profile.ts";
import { profileOfRecord, sysbankRecordSchema } from "./sysbank-record.ts";

/** The project's own sample profiles. */
export const SAMPLE_PROFILES = fileURLToPath(new URL("../../samples/profiles", import.meta.url));

/**
 * All profiles in a folder and its subfolders (`*.yaml`), or in a file (`.yaml`, `.yml`; anything else is JSON Lines, `-` standard
 * input), in the order of their ids.
 * @throws InputError naming the file, the line and the field for one that is no profile, and for an id that stands twice
 */
export async function readProfiles(path: string): Promise<Profile[]> {
  const profiles = new Map<string, { profile: Profile; file: string }>();
  for await (const { profile, file } of located(path)) {
    const other = profiles.get(profile.id);
    if (other !== undefined)
      throw new InputError(
        `${file}: the profile id "${profile.id}" stands in ${other.file} too; give one of them another`,
      );
    profiles.set(profile.id, { profile, file });
  }
  return [...profiles.values()].map(({ profile }) => profile).sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function* located(path: string): AsyncGenerator<{ profile: Profile; file: string }> {
  if (path !== "-" && (await isFolder(path))) {
    const files = (await readdir(path, { recursive: true })).filter((file) => file.endsWith(".yaml")).sort();
    for (const file of files) yield { profile: fromYaml(await readFile(join(path, file), "utf8"), file), file };
  } else if (/\.ya?ml$/i.test(path)) yield { profile: fromYaml(await readFile(path, "utf8"), path), file: path };
  else
    for await (const { line, value } of readJsonl(path)) {
      const file = `${inputName(path)}:${line}`;
      yield { profile: fromJson(value, file), file };
    }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new InputError(`${path}: no such file or folder`);
    throw error;
  }
}

function fromYaml(text: string, file: string): Profile {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    throw new InputError(`${file} is no YAML: ${(error as Error).message}`);
  }
  return checked(profileSchema, value, file);
}

/** Which of the three forms it is decides what a missing or unknown field is called. */
function fromJson(value: unknown, file: string): Profile {
  const has = (key: string): boolean => typeof value === "object" && value !== null && key in value;
  if (has("structure_system_prompt")) {
    const record = checked(sysbankRecordSchema, value, file);
    try {
      return profileOfRecord(record);
    } catch (error) {
      if (error instanceof z.ZodError) throw new InputError(`${file} is no profile: ${z.prettifyError(error)}`);
      throw error;
    }
  }
  return has("profile") ? checked(generatedProfileSchema, value, file).profile : checked(profileSchema, value, file);
}

function checked<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new InputError(`${file} is no profile: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
