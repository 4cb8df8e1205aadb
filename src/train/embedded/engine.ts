// The embedded engine: log-probabilities and gradients of rows by ONNX Runtime, in this process, without Python. Lays a row out,
// feeds the model's graphs and reads what they give; what a step does with the gradients is train.ts's.
//
// A call blocks the thread until ONNX Runtime is done, and calls have to follow one another.
import { availableParallelism, freemem, totalmem } from "node:os";
import { Tensor } from "onnxruntime-node";
import { InputError } from "../../dataset/input-error.ts";
import type { FrozenWeights } from "../../weights/frozen-weights.ts";
import type { Engine, RowStep } from "../engine.ts";
import type { LoraConfig, LoraPair, LoraWeights } from "../lora-weights.ts";
import type { TokenRow } from "../token-row.ts";
import { blockForm } from "./block-form.ts";
import { type Device, requireDevice } from "./devices.ts";
import type { FormName } from "./form.ts";
import { layoutSize } from "./layout.ts";
import { chooseForm } from "./memory-form.ts";
import { keepFeeds, loraFeeds, lossFeeds, rowFeeds } from "./row-feeds.ts";
import { trainableLayers } from "./step-graph.ts";
import { wholeForm } from "./whole-form.ts";

export interface EmbeddedEngineOptions {
  readonly weights: FrozenWeights;
  /** Of every adapter that the engine will be given. */
  readonly config: LoraConfig;
  /** Tokens of the longest row, its prompt and completions together; decides the form where none is named. */
  readonly longest: number;
  /** "cpu" if not given. */
  readonly device?: Device;
  /** As many as the processors that this process may use, if not given. */
  readonly threads?: number;
  /** Bytes that training may take; if not given, what is free decides between the forms. */
  readonly memory?: number;
  readonly form?: FormName;
}

/**
 * Opens the engine. The first step takes longer: graphs are made when they are needed.
 * @throws DeviceError if the device can't be used here
 * @throws InputError if the memory is too small for the longest row
 */
export async function embeddedEngine({
  weights,
  config,
  longest,
  device = "cpu",
  threads = availableParallelism(),
  memory,
  form = chooseForm(weights.architecture, config, longest, { limit: memory ?? null, free: freeMemory() }),
}: EmbeddedEngineOptions): Promise<Engine> {
  if (device !== "cpu") await requireDevice(device);
  const { architecture } = weights;
  const model = (form === "whole" ? wholeForm : blockForm)({ weights, config, device, threads });
  const layers = trainableLayers(architecture, config);
  const gradients = new Map<string, LoraPair>();
  const written: Record<string, Tensor> = {};
  for (const { name, A, B } of layers) {
    const pair = { A: new Float32Array(A[0] * A[1]), B: new Float32Array(B[0] * B[1]) };
    gradients.set(name, pair);
    written[`${name}.lora_A.gradient`] = new Tensor("float32", pair.A, A);
    written[`${name}.lora_B.gradient`] = new Tensor("float32", pair.B, B);
  }
  let none: LoraWeights["pairs"] | null = null;

  return {
    async logprobs(row, lora) {
      checkRow(row, weights);
      return model.logprobs([rowFeeds(architecture, row), loraFeeds(architecture, config, lora ?? { pairs: zeros() })]);
    },
    async step(row, lora, loss, dropoutSeed): Promise<RowStep> {
      checkRow(row, weights);
      const feeds = rowFeeds(architecture, row);
      const keeps = keepFeeds(architecture, config, layoutSize(row).tokens, dropoutSeed);
      const adapter = loraFeeds(architecture, config, lora);
      const result = await model.step([feeds, lossFeeds(row, loss), adapter, keeps], written);
      return { ...result, gradients };
    },
    release: () => model.release(),
  };

  /** An adapter that does nothing: the frozen model. */
  function zeros(): LoraWeights["pairs"] {
    none ??= new Map(
      layers.map(({ name, A, B }) => [name, { A: new Float32Array(A[0] * A[1]), B: new Float32Array(B[0] * B[1]) }]),
    );
    return none;
  }
}

/** What the machine has left, or the container: its limit counts pages of files that the system would give back. */
function freeMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit - process.memoryUsage.rss() : freemem();
}

function checkRow({ id, prompt, completions }: TokenRow, { architecture }: FrozenWeights): void {
  const { contextLength, vocabulary } = architecture;
  const longest = prompt.length + Math.max(0, ...completions.map(({ length }) => length));
  if (prompt.length === 0) throw new InputError(`${id}: the prompt has no tokens`);
  if (completions.some(({ length }) => length === 0)) throw new InputError(`${id}: a completion has no tokens`);
  if (longest > contextLength)
    throw new InputError(
      `${id}: prompt and completion have ${longest} tokens, and the model was made for ${contextLength}; ` +
        "leave the row out or make it shorter",
    );
  for (const tokens of [prompt, ...completions])
    for (const token of tokens)
      if (token < 0 || token >= vocabulary)
        throw new InputError(
          `${id}: token ${token} is not among the model's ${vocabulary}: the row was made with another tokenizer`,
        );
}
