import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gpuEnvironment, servedAdapter, servedModelName, type VllmServe, vllmArguments } from "./vllm-arguments.ts";

const SERVE: VllmServe = { model: "org/m", host: "127.0.0.1", port: 8001, tensorParallel: 2, adapters: [], more: [] };

describe("vLLM's command line", () => {
  it("has the model, where it listens, and over how many processors", () => {
    expect(vllmArguments(SERVE)).toEqual([
      ...["serve", "org/m", "--host", "127.0.0.1", "--port", "8001", "--tensor-parallel-size", "2"],
      "--disable-uvicorn-access-log",
    ]);
  });

  it("has template and adapters, with room for the largest rank, and the caller's flags last", () => {
    const adapters = [
      { name: "a", path: "/x/a,b=c", rank: 8 },
      { name: "b", path: "/x/b", rank: 40 },
    ];
    const args = vllmArguments({ ...SERVE, chatTemplate: "t.jinja", adapters, more: ["--max-model-len", "4096"] });
    expect(args.slice(9)).toEqual([
      ...["--chat-template", resolve("t.jinja")],
      ...["--enable-lora", "--max-lora-rank", "64", "--max-loras", "2", "--lora-modules"],
      ...['{"name":"a","path":"/x/a,b=c"}', '{"name":"b","path":"/x/b"}'],
      ...["--max-model-len", "4096"],
    ]);
  });

  it.each([
    [{ model: "--model" }, "--model: is no model; flags for vLLM stand behind --"],
    [{ more: ["--port", "1"] }, "--port can't be passed on: give --port before the --"],
    [{ more: ["--tensor_parallel_size=2"] }, "--tensor_parallel_size can't be passed on: give --tensor-parallel"],
    [{ more: ["--api-key=s3cret"] }, "--api-key can't be passed on: give the environment variable VLLM_API_KEY"],
    [{ adapters: [{ name: "org/m", path: "/x", rank: 8 }] }, "--adapter org/m=…: that name is taken"],
    [{ adapters: [{ name: "a", path: "/x", rank: 600 }] }, "/x: has rank 600; vLLM serves up to 512"],
  ])("refuses %j", (wrong, message) => {
    expect(() => vllmArguments({ ...SERVE, ...wrong })).toThrow(message);
  });

  it("tells the name of the served model", () => {
    expect(servedModelName(SERVE)).toBe("org/m");
    expect(servedModelName({ ...SERVE, more: ["--served-model-name", "short"] })).toBe("short");
    expect(servedModelName({ ...SERVE, more: ["--served_model_name=short"] })).toBe("short");
  });

  it("tells processors in the order of the bus", () => {
    expect(gpuEnvironment([0, 3])).toEqual({ CUDA_DEVICE_ORDER: "PCI_BUS_ID", CUDA_VISIBLE_DEVICES: "0,3" });
  });
});

describe("an adapter", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "rpo-vllm-"));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it("is PEFT's folder, or a training's", async () => {
    await mkdir(join(dir, "run", "adapter"), { recursive: true });
    await writeFile(join(dir, "run", "adapter", "adapter_config.json"), '{"r": 16, "peft_type": "LORA"}');
    const adapter = { name: "rpo", path: join(dir, "run", "adapter"), rank: 16 };
    expect(await servedAdapter(`rpo=${dir}/run/adapter`)).toEqual(adapter);
    expect(await servedAdapter(`rpo=${dir}/run`)).toEqual(adapter);
  });

  it("is refused where it is none", async () => {
    await expect(servedAdapter("rpo")).rejects.toThrow("--adapter rpo: write NAME=DIR");
    await expect(servedAdapter("=x")).rejects.toThrow("write NAME=DIR");
    await expect(servedAdapter(`rpo=${dir}`)).rejects.toThrow(/has no adapter_config\.json of PEFT's with a rank/);
    await writeFile(join(dir, "adapter_config.json"), "[]");
    await expect(servedAdapter(`rpo=${dir}`)).rejects.toThrow(/has no adapter_config\.json/);
  });
});
