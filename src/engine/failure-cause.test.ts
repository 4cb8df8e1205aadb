import { describe, expect, it } from "vitest";
import { type FailureContext, failureOf } from "./failure-cause.ts";

const CONTEXT: FailureContext = {
  engine: "llamafactory",
  perDevice: 2,
  cutoff: 4096,
  sharding: "zero3",
  python: "/envs/lf/bin/python",
};
const ended = (lines: readonly string[], code: number | null = 1, signal: string | null = null) =>
  failureOf({ code, signal, lines }, CONTEXT);

describe("the cause of a failure", () => {
  it("is the first rank's, not what it did to the others", () => {
    const { cause, message } = ended([
      "[rank2]: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.96 GiB. GPU 2 has a total capacity of 79 GiB",
      "[rank0]: torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:2021, remote process exited",
      "torch.distributed.elastic.multiprocessing.errors.ChildFailedError:",
      "  exitcode  : 1 (pid: 4242)",
    ]);
    expect(cause).toBe("memory");
    expect(message).toMatch(
      /2 rows of 4096 tokens at once, sharding zero3.*fewer rows at once.*--sharding zero3-offload/,
    );
  });

  it("is in the entry's own words where torchrun only tells that a process failed", () => {
    expect(
      ended([
        "rpo-engines: train.yaml: rpo_gamma: missing; γ as it stands outside β, 0.05 in the paper",
        "torch.distributed.elastic.multiprocessing.errors.ChildFailedError:",
        "  exitcode  : 2 (pid: 4242)",
      ]),
    ).toEqual({
      cause: "input",
      message: "train.yaml: rpo_gamma: missing; γ as it stands outside β, 0.05 in the paper",
    });
  });

  it.each([
    ["stale cache", "rpo-engines: the cached rows have no margin: they are of an older data set", /tokenized_path/],
    [
      "chat template",
      "ValueError: Cannot use chat template functions because tokenizer.chat_template is not set",
      /instruction-tuned/,
    ],
    [
      "missing",
      "ImportError: FlashAttention2 has been toggled on, but it cannot be used: the package flash_attn is not installed",
      /--attention sdpa/,
    ],
    ["network", "huggingface_hub.errors.GatedRepoError: 401 Client Error.", /HF_TOKEN/],
    ["cuda", "AssertionError: Torch not compiled with CUDA enabled", /rpo engines install llamafactory/],
    [
      "machine memory",
      "RuntimeError: [enforce fail] DefaultCPUAllocator: can't allocate memory: you tried",
      /ran out of memory/,
    ],
    ["disk", "OSError: [Errno 28] No space left on device", /the same command goes on/],
  ])("%s", (cause, line, message) => {
    const failure = ended(["Traceback (most recent call last):", line]);
    expect(failure.cause).toBe(cause);
    expect(failure.message).toMatch(message);
  });

  it("is how it ended where nothing is known", () => {
    expect(ended([], null, "SIGSEGV")).toEqual({ cause: "unknown", message: "ended by SIGSEGV, without a word" });
    expect(ended(["rpo-engines: RuntimeError: shape mismatch"])).toEqual({
      cause: "unknown",
      message: "RuntimeError: shape mismatch",
    });
    expect(ended([], 137).cause).toBe("machine memory");
    expect(ended(['{"event":"error","text":'], 3).cause).toBe("unknown");
  });
});
