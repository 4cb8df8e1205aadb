// What made an engine fail, from how it ended and the end of its output, with the next step for the person who started it. Reads
// text that other programs wrote: nothing in it is taken for more than a sign. Pure.

export interface EngineEnd {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** The last lines of its output, in order. */
  readonly lines: readonly string[];
}

/** What is known of the training, for advice that names its own figures. */
export interface FailureContext {
  readonly engine: "trl" | "llamafactory";
  readonly perDevice: number;
  readonly cutoff: number;
  readonly sharding: string;
  /** Interpreter of the engine's environment. */
  readonly python: string;
}

export const CAUSES = [
  "memory",
  "machine memory",
  "disk",
  "margin",
  "version",
  "missing",
  "cuda",
  "chat template",
  "stale cache",
  "network",
  "nccl",
  "rank died",
  "input",
  "unknown",
] as const;
export type Cause = (typeof CAUSES)[number];

export interface Failure {
  readonly cause: Cause;
  /** What happened and what to do, a sentence or two. */
  readonly message: string;
}

interface Rule {
  readonly cause: Cause;
  readonly sign: RegExp;
  readonly advice: (context: FailureContext, line: string) => string;
}

/** What an entry of rpo_engines says last, and best. */
const OWN_WORDS = /^(?:\[[^\]]*\]:?\s*)?rpo-engines: (.+)$/;
const EVENT = /^(?:\[[^\]]*\]:?\s*)?(\{"event":"error".*\})$/;

// The first rule of which a line is a sign counts, whatever comes after it: a rank that is out of memory takes the others with
// it, and theirs are the later lines.
const RULES: readonly Rule[] = [
  {
    cause: "memory",
    sign: /CUDA out of memory|OutOfMemoryError|CUBLAS_STATUS_ALLOC_FAILED|HIP out of memory/,
    advice: ({ perDevice, cutoff, sharding }) =>
      `a graphics processor ran out of memory (${perDevice} rows of ${cutoff} tokens at once, sharding ${sharding}): ` +
      [
        perDevice > 1 ? "fewer rows at once in engine/train.yaml (and as many times more accumulated)" : null,
        `a smaller --max-length than ${cutoff}`,
        sharding === "zero3-offload"
          ? "more graphics processors"
          : `--sharding ${sharding === "zero3" ? "zero3-offload" : "zero3"}`,
      ]
        .filter((part) => part !== null)
        .join(", or "),
  },
  {
    cause: "machine memory",
    sign: /DefaultCPUAllocator: can't allocate memory|Cannot allocate memory|\bMemoryError\b|oom-kill/,
    advice: ({ sharding }) =>
      `the machine ran out of memory${sharding.includes("offload") ? ": with offload the model waits there; --sharding zero3 keeps it on the graphics processors" : ": close other programs, or train a smaller model"}`,
  },
  {
    cause: "disk",
    sign: /No space left on device|Disk quota exceeded|ENOSPC|file write failed|enforce fail at inline_container/,
    advice: () => "the disk is full: make room (checkpoints/ holds the older ones), and the same command goes on",
  },
  {
    cause: "version",
    sign: /needs [\w-]+ [\d., or]+with which the self-check|version that is not allowed|UnsupportedVersion|EngineVersionError/,
    advice: ({ engine }) =>
      `the engine is of a version in which nobody has proved that the margin reaches the loss: \`rpo engines install ${engine}\``,
  },
  {
    cause: "missing",
    sign: /ModuleNotFoundError: No module named|ImportError: .*(?:requires|is not installed|not found)|No module named rpo_engines/,
    advice: ({ engine, python }, line) => missingPackage(line, engine, python),
  },
  {
    cause: "cuda",
    sign: /no kernel image is available|CUDA driver version is insufficient|forward compatibility was attempted|undefined symbol: (?:cu|nv)|libcudart|Torch not compiled with CUDA enabled|CUDA error: (?:invalid device|unknown error|system (?:has unsupported|driver))/i,
    advice: ({ engine }) =>
      "PyTorch and the graphics processor's driver don't fit together: `nvidia-smi` tells the CUDA version that the driver bears; " +
      `\`rpo engines install ${engine}\` makes the environment anew for it, or update the driver`,
  },
  {
    cause: "chat template",
    sign: /chat_template is not set|does not have a chat template|no chat template|chat template.*(?:missing|None)/i,
    advice: () =>
      "the model's tokenizer has no chat template (a base model has none): take the instruction-tuned model, or put a chat_template.jinja into its folder",
  },
  {
    cause: "stale cache",
    sign: /cached.*(?:margin|older data set)|tokenized data.*margin|stale cache/i,
    advice: () =>
      "the engine found tokenised rows of an older data set, without its margins: take tokenized_path out of engine/train.yaml, leave overwrite_cache: true, and start again",
  },
  {
    cause: "margin",
    sign: /MarginError|"kind":"margin"|margin does not reach|no margins: they were lost/,
    advice: ({ engine }) =>
      `the margin does not reach the loss as it must, so nothing was trained: \`rpo doctor --engine ${engine}\` tells where it is lost`,
  },
  {
    cause: "network",
    sign: /LocalEntryNotFoundError|couldn't connect to 'https?:|We couldn't connect to|OfflineModeIsEnabled|GatedRepoError|RepositoryNotFoundError|401 Client Error|403 Client Error/,
    advice: () =>
      "the model could not be had from the Hugging Face hub: set HF_TOKEN if it is gated, or download it and give its folder as --model",
  },
  {
    cause: "nccl",
    sign: /NCCL (?:error|WARN|failure)|ncclInternalError|ncclSystemError|ncclUnhandledCudaError|ncclRemoteError|Watchdog caught collective operation timeout|ProcessGroupNCCL/,
    advice: () =>
      "the graphics processors could not talk to each other (NCCL): NCCL_DEBUG=INFO tells more; across machines NCCL_SOCKET_IFNAME names the network, " +
      "and NCCL_P2P_DISABLE=1 helps where processors share no link; a process that died elsewhere looks so too, see the logs of the other machines",
  },
  {
    cause: "rank died",
    sign: /ChildFailedError|exitcode\s*: -?\d+|Signal \d+ \(SIG\w+\) received|failed \(exitcode: -?\d+\)/,
    advice: (_, line) => `one of the processes died (${rankOf(line)}); its own output stands above that line`,
  },
];

/** Names of packages that an engine doesn't need, and what for they are wanted. */
const EXTRAS: Readonly<Record<string, string>> = {
  deepspeed: "--sharding fsdp, or none, needs none",
  flash_attn: "--attention sdpa needs none",
};

function missingPackage(line: string, engine: string, python: string): string {
  const [, name = ""] = /No module named '?([\w.]+)'?/.exec(line) ?? [];
  const top = name.split(".")[0] ?? "";
  const extra = EXTRAS[top] ?? (/flash.?att/i.test(line) ? EXTRAS.flash_attn : undefined);
  const what = top === "" ? "a package" : top;
  if (extra !== undefined)
    return `${what} is not in the engine's environment: install it (${python} -m pip install ${(top || "flash_attn").replace("_", "-")}), or ${extra}`;
  return `${what} is not in the engine's environment: \`rpo engines install ${engine}\` makes it`;
}

function rankOf(line: string): string {
  const [, code] = /exitcode\s*: (-?\d+)/.exec(line) ?? [];
  if (code === "-9") return "killed: most often the machine's memory was full; dmesg tells";
  if (code === "-15") return "asked to end, as when a job's time is over";
  return code === undefined ? line.trim().slice(0, 120) : `exit code ${code}`;
}

/** What made it fail. */
export function failureOf({ code, signal, lines }: EngineEnd, context: FailureContext): Failure {
  const own = ownWords(lines);
  for (const rule of RULES) {
    const line = lines.find((text) => rule.sign.test(text));
    if (line === undefined) continue;
    // A process that another one's end took with it says nothing of why; what an entry said itself comes before that.
    if (own !== null && (rule.cause === "rank died" || rule.cause === "nccl")) break;
    return { cause: rule.cause, message: withWords(rule.advice(context, line), rule.cause, own) };
  }
  // An exception that the entry has no words for is no input's fault.
  if (own !== null) return { cause: /^\w+(?:Error|Exception): /.test(own) ? "unknown" : "input", message: own };
  if (signal === "SIGKILL" || code === 137)
    return {
      cause: "machine memory",
      message: "killed by the system, most often because the machine's memory was full: dmesg tells",
    };
  const how = signal !== null ? `ended by ${signal}` : `exit code ${code}`;
  const last = lines.at(-1);
  return {
    cause: "unknown",
    message: last === undefined ? `${how}, without a word` : `${how}: ${last.trim().slice(0, 300)}`,
  };
}

/** Causes of which the engine's own words say more than the advice does. */
const TOLD_BETTER: readonly Cause[] = ["version", "margin", "chat template", "stale cache", "network"];

const withWords = (advice: string, cause: Cause, own: string | null): string =>
  own !== null && TOLD_BETTER.includes(cause) ? `${own}. ${advice.charAt(0).toUpperCase()}${advice.slice(1)}` : advice;

/** What the entry itself said of its end: TRL's as an event, LLaMA-Factory's as a line. */
function ownWords(lines: readonly string[]): string | null {
  for (const line of lines.toReversed()) {
    const [, words] = OWN_WORDS.exec(line) ?? [];
    if (words !== undefined) return words.trim();
    const [, event] = EVENT.exec(line) ?? [];
    if (event === undefined) continue;
    try {
      const { text } = JSON.parse(event) as { readonly text?: unknown };
      if (typeof text === "string") return text;
    } catch {
      // A line that is torn says nothing.
    }
  }
  return null;
}
