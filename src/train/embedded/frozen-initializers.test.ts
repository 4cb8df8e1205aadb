import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FrozenWeights } from "../../weights/frozen-weights.ts";
import { tinyArchitecture } from "../../weights/tiny-architecture.ts";
import { elements, session } from "./finite-difference.ts";
import { FrozenInitializers, weightsFolder } from "./frozen-initializers.ts";
import { OnnxModel } from "./onnx-model.ts";
import { Tape } from "./tape.ts";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "frozen-initializers-")));
  for (const name of ["blobs", "snapshot/main"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "blobs/a"), new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5, 6).buffer));
  symlinkSync(join(folder, "blobs/a"), join(folder, "snapshot/main/a.bin"));
  writeFileSync(join(folder, "snapshot/b.bin"), new Uint8Array(Float32Array.of(10, 20).buffer));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function weights(normOffset: 0 | 1): FrozenWeights {
  return {
    architecture: { ...tinyArchitecture("llama"), normOffset },
    identity: "test",
    tensors: new Map([
      ["matrix", { shape: [3, 2], file: join(folder, "snapshot/main/a.bin"), offset: 4 }],
      ["norm", { shape: [2], file: join(folder, "snapshot/b.bin"), offset: 0 }],
    ]),
  };
}

describe("frozen initializers", () => {
  it("lie in the deepest folder with all files, links resolved", () => {
    expect(weightsFolder(weights(0))).toBe(folder);
  });

  it.each(["float32", "float64"] as const)("are read through links, as %s", async (type) => {
    const frozen = weights(1);
    const tape = new Tape(new OnnxModel(), type);
    const initializers = new FrozenInitializers(tape, frozen, weightsFolder(frozen));
    tape.output(initializers.tensor("matrix"), "matrix read", [3, 2]);
    tape.output(initializers.rows("matrix", 1, 3), "rows read", [2, 2]);
    tape.output(initializers.norm("norm"), "norm read", [2]);
    const running = await session(tape.model.bytes(), weightsFolder(frozen));
    const outputs = await running.run({});
    expect([...elements(outputs, "matrix read")]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...elements(outputs, "rows read")]).toEqual([3, 4, 5, 6]);
    expect([...elements(outputs, "norm read")]).toEqual([11, 21]);
    await running.release();
  });

  it("name a tensor that is missing", () => {
    const tape = new Tape(new OnnxModel(), "float32");
    expect(() => new FrozenInitializers(tape, weights(0), folder).tensor("other")).toThrow("no tensor other");
  });
});
