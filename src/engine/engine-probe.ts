// What an engine's Python environment holds, asked of its interpreter without importing anything heavy: an answer takes a moment,
// importing PyTorch takes seconds.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import type { EngineName } from "./engine-name.ts";

/** Packages that are asked for; versions, null where one is missing. */
const probed = z.object({
  python: z.string(),
  torch: z.string().nullable(),
  trl: z.string().nullable(),
  llamafactory: z.string().nullable(),
  deepspeed: z.string().nullable(),
  "flash-attn": z.string().nullable(),
});
export type EngineProbe = z.output<typeof probed>;

const PACKAGES = Object.keys(probed.shape).filter((name) => name !== "python");

const CODE = `
import importlib.metadata as m, json, platform, sys
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return None
print(json.dumps({"python": platform.python_version(), **{name: version(name) for name in sys.argv[1:]}}))
`;
/** An interpreter on a slow disk; one that hangs would hang us. */
const TIMEOUT_MS = 60_000;

/** @throws InputError where the interpreter can't be run */
export async function probeEngine(
  python: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<EngineProbe> {
  try {
    const { stdout } = await promisify(execFile)(python, ["-c", CODE, ...PACKAGES], { env, timeout: TIMEOUT_MS });
    return probed.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message: string };
    const what = code === "ENOENT" ? "is not here" : `can't be asked what it has (${message.split("\n")[0]})`;
    throw new InputError(
      `${python} ${what}; \`rpo engines install\` makes an engine's environment, --python names one`,
    );
  }
}

/**
 * Refuses an environment that can't train.
 * @throws InputError saying what is missing, and what to do
 */
export function refuseEnvironment(
  probe: EngineProbe,
  { engine, device, python }: { readonly engine: EngineName; readonly device: "cuda" | "cpu"; readonly python: string },
): void {
  const install = `\`rpo engines install ${engine}\` makes one`;
  for (const name of ["torch", engine] as const)
    if (probe[name] === null) throw new InputError(`${python}: has no ${name}; ${install}`);
  if (device === "cuda" && probe.torch?.endsWith("+cpu"))
    throw new InputError(
      `${python}: its PyTorch ${probe.torch} is built without CUDA, and there is a graphics processor; ${install} for it, --device cpu does without`,
    );
}
