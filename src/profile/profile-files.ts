// Profiles from a folder of YAML files.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import { type Profile, profileSchema } from "./profile.ts";

/** The project's own sample profiles. */
export const SAMPLE_PROFILES = fileURLToPath(new URL("../../samples/profiles", import.meta.url));

/**
 * All profiles in a folder and its subfolders (`*.yaml`), in the order of their ids.
 * @throws InputError naming the file and the field for one that is no profile, and for an id that stands twice
 */
export async function readProfiles(folder: string): Promise<Profile[]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".yaml")).sort();
  const profiles = new Map<string, { profile: Profile; file: string }>();
  for (const file of files) {
    const profile = parseProfile(await readFile(join(folder, file), "utf8"), file);
    const other = profiles.get(profile.id);
    if (other !== undefined)
      throw new InputError(
        `${file}: the profile id "${profile.id}" stands in ${other.file} too; give one of them another`,
      );
    profiles.set(profile.id, { profile, file });
  }
  return [...profiles.values()].map(({ profile }) => profile).sort((a, b) => (a.id < b.id ? -1 : 1));
}

function parseProfile(text: string, file: string): Profile {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    throw new InputError(`${file} is no YAML: ${(error as Error).message}`);
  }
  const parsed = profileSchema.safeParse(value);
  if (!parsed.success) throw new InputError(`${file} is no profile: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
