// The servers as the sections `endpoints` and `roles` of an rpo.yaml, to be used as it is or copied from. Pure.
import { stringify } from "yaml";
import type { VllmServer } from "./start-vllm.ts";

/** By its first line a file is known that may be written again. */
export const SNIPPET_MARK = "# Written by rpo vllm start.";

/** Requests that vLLM works on at once by default, at least (max_num_seqs); more wait there as they would wait here. */
const SEQUENCES = 256;

export interface SnippetOptions {
  /** Names of adapters, which the servers know as models. */
  readonly adapters: readonly string[];
  /** The environment variable that holds the servers' key; null for none. */
  readonly keyEnv: string | null;
}

export function endpointsSnippet(
  servers: readonly Pick<VllmServer, "name" | "url" | "model">[],
  { adapters, keyEnv }: SnippetOptions,
): string {
  const endpoints = Object.fromEntries(
    servers.map(({ name, url, model }) => [
      name,
      { url, model, ...(keyEnv !== null && { keyEnv }), concurrency: SEQUENCES },
    ]),
  );
  const roles = { default: { endpoints: servers.map(({ name }) => name) } };
  const served =
    adapters.length === 0
      ? []
      : [`# Adapters, which a role may name as its model: ${adapters.map((name) => JSON.stringify(name)).join(", ")}`];
  return [SNIPPET_MARK, ...served, stringify({ endpoints, roles }, { lineWidth: 0 })].join("\n");
}
