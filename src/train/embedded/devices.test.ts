// The devices, each tried in a process of its own: graphics libraries are found by variables of the environment, and write to
// stderr. On Linux WebGPU runs on SwiftShader, the processor's stand-in for a graphics card that comes with Chromium, which the
// set-up of the tests installs; elsewhere on the machine's own adapter.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { tinyArchitecture } from "../../weights/tiny-architecture.ts";
import { DeviceError, probeDevice, providers } from "./devices.ts";

const setup = (await import(new URL("../../../setup/chromium.mjs", import.meta.url).href)) as {
  chromiumPath(): string | null;
};

const folder = mkdtempSync(join(tmpdir(), "rpo-devices-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ICD = "vk_swiftshader_icd.json";

/** Variables that lead to SwiftShader; Debian keeps it apart from the command, other packages beside it. */
function softwareAdapter(): Record<string, string> {
  if (process.platform !== "linux") return {};
  const chromium = setup.chromiumPath();
  const places = [
    "/usr/lib/chromium",
    "/usr/lib/chromium-browser",
    ...(chromium ? [dirname(realpathSync(chromium))] : []),
  ];
  const place = places.find((path) => existsSync(join(path, ICD)));
  if (place === undefined) throw new Error("no SwiftShader here: it comes with Chromium, which `npm test` installs");
  return { VK_ICD_FILENAMES: join(place, ICD), LD_LIBRARY_PATH: place };
}

/** What a module's text writes to stdout, as JSON. `from` in it gives a module of this folder. */
function runModule<T>(name: string, text: string, env: Record<string, string>): T {
  const script = join(folder, `${name}.mjs`);
  writeFileSync(
    script,
    `const from = (path) => import(new URL(path, ${JSON.stringify(import.meta.url)}).href);
    const tell = (value) => process.stdout.write(JSON.stringify(value));
    ${text}`,
  );
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

describe("probeDevice", () => {
  it("finds the processor", async () => {
    expect(providers()).toContain("cpu");
    expect(await probeDevice("cpu")).toEqual({ device: "cpu", problem: null });
  });

  it("tells which device can't be used, why, and what to do", () => {
    const { message } = new DeviceError({ device: "webgpu", problem: "there is no adapter" });
    expect(message).toBe(
      "device webgpu can't be used: there is no adapter. `rpo doctor` tells what is here; --device cpu works everywhere",
    );
  });

  it.runIf(process.platform === "linux")("says of WebGPU without a driver that it needs one", () => {
    const problem = runModule<string>(
      "no-driver",
      `const { requireDevice } = await from("./devices.ts");
      tell(await requireDevice("webgpu").then(() => "none", (error) => error.message));`,
      { VK_ICD_FILENAMES: join(folder, "none.json"), VK_DRIVER_FILES: join(folder, "none.json") },
    );
    expect(problem).toMatch(
      /^device webgpu can't be used: .*No supported adapters \(a graphics driver is needed: Vulkan on Linux/,
    );
    expect(problem).not.toMatch(/onnxruntime_src|\n/);
  });
});

/** What a step and an evaluation give on a device. */
interface Given {
  readonly loss: number;
  readonly logprobs: readonly number[];
  readonly evaluated: readonly number[];
  readonly gradients: readonly (readonly number[])[];
}

const GEMMA = tinyArchitecture("gemma3");
const LLAMA = tinyArchitecture("llama");

describe("WebGPU", () => {
  // One layer that slides and one that sees all; with dropout, which is drawn on the processor.
  it.each([
    ["gemma3", { ...GEMMA, layers: GEMMA.layers.slice(-2) }, 0.2, "whole"],
    ["llama", { ...LLAMA, layers: LLAMA.layers.slice(-1) }, 0, "blocks"],
  ])("computes for %s what the processor computes", { timeout: 120_000 }, (name, architecture, dropout, form) => {
    const given = runModule<Record<"cpu" | "webgpu", Given>>(
      name,
      `const { embeddedEngine } = await from("./engine.ts");
      const { initialLora } = await from("../lora-init.ts");
      const { randomFrozenWeights } = await from("../../weights/random-weights.ts");
      const { LINEAR_LAYERS } = await from("../../weights/architecture.ts");
      const architecture = ${JSON.stringify(architecture)};
      const config = { rank: 4, alpha: 8, dropout: ${dropout}, targets: LINEAR_LAYERS };
      const weights = randomFrozenWeights(architecture, 1, ${JSON.stringify(join(folder, `${name}.bin`))});
      const lora = initialLora(architecture, config, 1);
      for (const { B } of lora.pairs.values()) B.forEach((_, i) => { B[i] = 0.1 * Math.sin(i); });
      const tokens = (length, step) => Int32Array.from({ length }, (_, i) => (i * step) % architecture.vocabulary);
      const row = { id: "row", prompt: tokens(11, 7), completions: [tokens(9, 5), tokens(6, 3)], margin: 1, desirable: true };
      const loss = { slope: [0.1, -0.1], bias: 0.2, linear: [-0.05, 0], softplusOfMinus: 1, softplusOfPlus: 0.1, sigmoidOfMinus: 0 };
      const given = {};
      for (const device of ["cpu", "webgpu"]) {
        const engine = await embeddedEngine({ weights, config, longest: 32, device, form: "${form}", threads: 1 });
        const { gradients, ...step } = await engine.step(row, lora, loss, 3);
        const copied = [...gradients.values()].flatMap(({ A, B }) => [[...A], [...B]]);
        given[device] = { ...step, gradients: copied, evaluated: await engine.logprobs(row, lora) };
        await engine.release();
      }
      tell(given);`,
      softwareAdapter(),
    );
    const { cpu, webgpu } = given;
    const near = (actual: readonly number[], wanted: readonly number[]) => {
      const size = Math.max(...wanted.map(Math.abs));
      expect(actual).toHaveLength(wanted.length);
      expect(size).toBeGreaterThan(0);
      expect(Math.max(...wanted.map((value, i) => Math.abs(value - (actual[i] as number)))) / size).toBeLessThan(1e-4);
    };
    near([webgpu.loss], [cpu.loss]);
    near(webgpu.logprobs, cpu.logprobs);
    near(webgpu.evaluated, cpu.evaluated);
    cpu.gradients.forEach((wanted, i) => {
      near(webgpu.gradients[i] ?? [], wanted);
    });
  });
});
