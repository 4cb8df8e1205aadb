import { describe, expect, it } from "vitest";
import { chooseGpus } from "./choose-gpus.ts";
import { gpuText, isFree, listGpus, parseGpus, visibleGpus } from "./gpus.ts";

// As nvidia-smi 580 writes it: an idle one, one in use, one of a desktop, one that shares the machine's memory.
const CSV = `0, GPU-aaaa1111-0000, 4, 81559, NVIDIA H100 80GB HBM3
1, GPU-bbbb2222-0000, 71200, 81559, NVIDIA H100 80GB HBM3
2, GPU-cccc3333-0000, 812, 24564, NVIDIA GeForce RTX 4090
3, GPU-dddd4444-0000, [N/A], [N/A], NVIDIA GB10
`;
const GPUS = parseGpus(CSV);

describe("graphics processors", () => {
  it("are read with their memory", () => {
    expect(GPUS[0]).toEqual({
      index: 0,
      uuid: "GPU-aaaa1111-0000",
      name: "NVIDIA H100 80GB HBM3",
      used: 4,
      total: 81559,
    });
    expect(GPUS[3]).toMatchObject({ used: null, total: null });
    expect(parseGpus("No devices were found\n")).toEqual([]);
  });

  it("are free when next to nothing of their memory is in use, or nobody can tell", () => {
    expect(GPUS.map(isFree)).toEqual([true, false, true, true]);
    expect(gpuText(GPUS[1]!)).toBe("GPU 1 (NVIDIA H100 80GB HBM3), 75 of 86 GB in use");
    expect(gpuText(GPUS[3]!)).toBe("GPU 3 (NVIDIA GB10)");
  });

  it.each([
    [undefined, [0, 1, 2, 3]],
    ["", []],
    ["2,0", [2, 0]],
    ["GPU-bbbb, 3", [1, 3]],
    ["7", []],
  ])("are seen through CUDA_VISIBLE_DEVICES=%s", (visible, seen) => {
    expect(visibleGpus(GPUS, visible).map(({ index }) => index)).toEqual(seen);
  });

  it("can't be listed without nvidia-smi", async () => {
    await expect(listGpus("/no/nvidia-smi")).rejects.toThrow(
      "/no/nvidia-smi is not here, so the free graphics processors can't be found; name them by --gpus 0,1",
    );
    await expect(listGpus(process.execPath)).rejects.toThrow(/fails: .*query-gpu/);
  });
});

describe("those that are used", () => {
  it("are all free ones that this process may see", () => {
    expect(chooseGpus("auto", GPUS, undefined)).toEqual({
      use: [0, 2, 3],
      notices: ["GPU 1 (NVIDIA H100 80GB HBM3), 75 of 86 GB in use: is busy, and is left alone"],
    });
    expect(chooseGpus("auto", GPUS, "0,3").use).toEqual([0, 3]);
  });

  it("are those named, busy or not", () => {
    expect(chooseGpus([1], GPUS, "0")).toEqual({
      use: [1],
      notices: ["GPU 1 (NVIDIA H100 80GB HBM3), 75 of 86 GB in use: is busy, and is used as asked"],
    });
    expect(chooseGpus([5], null, undefined)).toEqual({ use: [5], notices: [] });
    expect(() => chooseGpus([5], GPUS.slice(0, 1), undefined)).toThrow(/--gpus: there is no GPU 5: GPU 0 \(/);
  });

  it("are none where none is free", () => {
    expect(() => chooseGpus("auto", GPUS.slice(1, 2), undefined)).toThrow(
      "no graphics processor is free: GPU 1 (NVIDIA H100 80GB HBM3), 75 of 86 GB in use; name those to use by --gpus 0,1",
    );
    expect(() => chooseGpus("auto", [], undefined)).toThrow("no graphics processor is free: there is none");
    expect(() => chooseGpus("auto", GPUS, "1")).toThrow(/among CUDA_VISIBLE_DEVICES=1: GPU 1/);
  });
});
