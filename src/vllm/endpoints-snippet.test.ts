import { expect, it } from "vitest";
import { parseRunConfig } from "../config/run-config.ts";
import { endpointsSnippet } from "./endpoints-snippet.ts";

const SERVERS = [8000, 8001].map((port) => ({
  name: `vllm-${port}`,
  url: `http://127.0.0.1:${port}/v1`,
  model: "org/m: 7B",
}));

it("is an rpo.yaml that works, with the name of the key and without the key", () => {
  const text = endpointsSnippet(SERVERS, { adapters: ["rpo"], keyEnv: "VLLM_API_KEY" });
  expect(text).toMatch(/^# Written by rpo vllm start\.\n# Adapters, which a role may name as its model: "rpo"\n/);
  const { endpoints, roles } = parseRunConfig(text, "/r/rpo.yaml", { env: {} });
  expect(endpoints).toMatchObject(SERVERS.map((server) => ({ ...server, keyEnv: "VLLM_API_KEY", concurrency: 256 })));
  expect(roles.policy.endpoints).toEqual(["vllm-8000", "vllm-8001"]);
});
