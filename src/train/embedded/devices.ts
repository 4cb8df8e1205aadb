// Where the embedded trainer computes: the processor, or a graphics card by way of WebGPU, which the native package of
// onnxruntime-node brings for most platforms. Whether there is a usable adapter shows only when a session is made.
import { InferenceSession, listSupportedBackends, Tensor } from "onnxruntime-node";
import { InputError } from "../../dataset/input-error.ts";
import { OnnxModel } from "./onnx-model.ts";

export const DEVICES = ["cpu", "webgpu"] as const;
export type Device = (typeof DEVICES)[number];

/** What stands in the way of a device, or null. */
export interface DeviceState {
  readonly device: Device;
  readonly problem: string | null;
}

/** A device that was asked for and is not there. */
export class DeviceError extends InputError {
  constructor(state: DeviceState) {
    super(
      `device ${state.device} can't be used: ${state.problem}. ` +
        "`rpo doctor` tells what is here; --device cpu works everywhere",
    );
    this.name = "DeviceError";
  }
}

/** The execution providers that this build of ONNX Runtime carries, whether or not this machine has what they need. */
export const providers = (): string[] =>
  listSupportedBackends()
    .filter(({ bundled }) => bundled)
    .map(({ name }) => name);

/** ONNX Runtime's own log stays silent in the probe: what went wrong comes back as the problem. */
const FATAL_ONLY = 4;

/** Tries the device with a product of two small matrices. */
export async function probeDevice(device: Device): Promise<DeviceState> {
  if (!providers().includes(device))
    return { device, problem: `onnxruntime-node has no ${device} for ${process.platform} on ${process.arch}` };
  try {
    const session = await InferenceSession.create(squareModel(), {
      executionProviders: [device],
      logSeverityLevel: FATAL_ONLY,
    });
    try {
      const { y } = await session.run({ x: new Tensor("float32", Float32Array.of(1, 2, 3, 4), [2, 2]) });
      const product = [...((y?.data ?? []) as Float32Array)].join(" ");
      return {
        device,
        problem: product === "7 10 15 22" ? null : `a product of small matrices came out as ${product}`,
      };
    } finally {
      await session.release();
    }
  } catch (error) {
    return { device, problem: reason(error) };
  }
}

/** @throws DeviceError if the device can't be used here */
export async function requireDevice(device: Device): Promise<void> {
  const state = await probeDevice(device);
  if (state.problem !== null) throw new DeviceError(state);
}

// ONNX Runtime's messages begin with the file, line and function of its source; what helps a user stands after "was false.".
function reason(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).trim();
  const plain = text.replace(/^.* was false\. */s, "").replace(/\s+/g, " ");
  return /No supported adapters/.test(plain)
    ? `${plain} (a graphics driver is needed: Vulkan on Linux, Metal on macOS, Direct3D 12 on Windows)`
    : plain;
}

function squareModel(): Uint8Array {
  const model = new OnnxModel();
  const x = model.input("x", "float32", [2, 2]);
  model.output(model.operator("MatMul", [x, x]), "y", "float32", [2, 2]);
  return model.bytes();
}
