// What llama.cpp, on a GGUF file and with an adapter where one is named, gives completions: for tests that hold our engine
// and our writers against it. Every row is evaluated alone, in one batch, with the cache in fp32.
import { getLlama, type Llama, LlamaLogLevel, type Token } from "node-llama-cpp";

/** Token ids; the completion's log-probability given the prompt is wanted. */
export interface LogprobRow {
  readonly prompt: readonly number[];
  readonly completions: readonly (readonly number[])[];
}

/** The model's own distribution: nothing cut off, nothing sharpened. */
const PLAIN = { temperature: 1, topK: 0, topP: 1, minP: 0, seed: 0 } as const;

/** llama.cpp on one thread. Dispose of it when the tests are done. */
export const openLlama = (): Promise<Llama> =>
  getLlama({
    gpu: false,
    build: "never",
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
    maxThreads: 1,
  });

/** Sums of token log-probabilities (natural log) of each row's completions. */
export async function llamaLogprobs(
  llama: Llama,
  modelPath: string,
  rows: readonly LogprobRow[],
  adapterPath?: string,
): Promise<number[][]> {
  const model = await llama.loadModel({ modelPath });
  try {
    const longest = Math.max(
      ...rows.map(({ prompt, completions }) => prompt.length + Math.max(...completions.map(({ length }) => length))),
    );
    const context = await model.createContext({
      contextSize: longest + 1,
      batchSize: longest + 1,
      flashAttention: false,
      threads: 1,
      experimentalKvCacheKeyType: "F32",
      experimentalKvCacheValueType: "F32",
      ...(adapterPath === undefined ? {} : { lora: adapterPath }),
    });
    const sequence = context.getSequence();
    const sums: number[][] = [];
    for (const { prompt, completions } of rows) {
      const row: number[] = [];
      for (const completion of completions) {
        await sequence.clearHistory();
        const ids = [...prompt, ...completion].slice(0, -1) as Token[];
        const first = prompt.length - 1;
        const output = await sequence.controlledEvaluate(
          ids.map((id, i) => (i < first ? id : [id, { generateNext: { probabilities: true, options: PLAIN } }])),
        );
        row.push(
          completion.reduce((sum, id, i) => sum + logprob(output[first + i]?.next.probabilities, id as Token), 0),
        );
      }
      sums.push(row);
    }
    return sums;
  } finally {
    await model.dispose();
  }
}

/**
 * llama.cpp divides by a sum in single precision, in which the tail of a large vocabulary is lost (8e-5 of a log-probability of
 * Gemma 3's 262,144 tokens): the probabilities add up to more than 1, and are divided by what they add up to in double.
 */
function logprob(probabilities: ReadonlyMap<Token, number> | undefined, wanted: Token): number {
  const probability = probabilities?.get(wanted);
  if (probability === undefined) throw new Error("llama.cpp gave no probability of a token");
  let sum = 0;
  for (const one of probabilities!.values()) sum += one;
  return Math.log(probability / sum);
}
