// The JSON schema of rpo.yaml, as published in schema/rpo.schema.json for editors, from the zod schema that the file is
// checked with. After a change: `node src/config/rpo-yaml-schema.ts > schema/rpo.schema.json`.
import { z } from "zod";
import { rpoYamlSchema } from "./rpo-yaml.ts";

/** JSON Schema 2020-12 of rpo.yaml. */
export function rpoYamlJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(rpoYamlSchema, { io: "input" });
  return {
    $schema,
    title: "rpo.yaml",
    description: "What a run is asked to do. Beyond this schema: epochs and steps exclude each other.",
    ...schema,
  };
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(rpoYamlJsonSchema(), null, 2)}\n`);
