// One transformer block of the known families: x + attention(norm x), then + feed-forward(norm x), with the variations that an
// Architecture names. Follows the modelling code of Hugging Face transformers for llama, qwen2, qwen3 and gemma3_text. Ignores
// where its tensors come from.
import type { Architecture, LinearLayer } from "../../weights/architecture.ts";
import { linearShape } from "../../weights/architecture.ts";
import { add } from "./operators/add.ts";
import { causalAttention, type QueryRuns } from "./operators/causal-attention.ts";
import { gatedActivation } from "./operators/gated-activation.ts";
import type { LoraValues } from "./operators/lora-linear.ts";
import { loraLinears } from "./operators/lora-linear.ts";
import { rmsNorm } from "./operators/rms-norm.ts";
import type { Rotation } from "./operators/rotary.ts";
import { rotary } from "./operators/rotary.ts";
import type { Tape, Value } from "./tape.ts";

/** Places at which LoRA inputs are dropped, each with the layers that read it. */
export const DROPOUT_SITES = {
  attention_input: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
  attention_output: ["self_attn.o_proj"],
  mlp_input: ["mlp.gate_proj", "mlp.up_proj"],
  mlp_output: ["mlp.down_proj"],
} as const satisfies Record<string, readonly LinearLayer[]>;
export type DropoutSite = keyof typeof DROPOUT_SITES;

/** What a block is made of, by names within the block (`self_attn.q_proj`). */
export interface BlockTensors {
  /** A frozen tensor. */
  frozen(name: string): string;
  /** A norm's weight, offset included. */
  norm(name: string): string;
  lora(layer: LinearLayer): LoraValues | undefined;
  /** x after LoRA dropout, or x. */
  dropped(site: DropoutSite, x: Value): Value;
  readonly rotation: Rotation;
  readonly runs: QueryRuns;
}

/** @param x the residual stream, [T, hidden] @returns the same after the block */
export function block(tape: Tape, architecture: Architecture, tensors: BlockTensors, x: Value): Value {
  const { heads, kvHeads, headDim, attentionScale, activation, postNorms } = architecture;
  const norm = (value: Value, name: string) => rmsNorm(tape, value, tensors.norm(name), architecture.normEpsilon);
  const linears = (site: DropoutSite, input: Value): Value[] => {
    const layers = DROPOUT_SITES[site].map((layer) => ({
      weight: tensors.frozen(`${layer}.weight`),
      bias: architecture.qkvBias && site === "attention_input" ? tensors.frozen(`${layer}.bias`) : undefined,
      widthOut: linearShape(architecture, layer)[0],
      lora: tensors.lora(layer),
    }));
    return [...loraLinears(tape, input, tensors.dropped(site, input), layers)];
  };
  const headNorm = (value: Value, name: string): Value =>
    architecture.qkNorm ? rows(norm(perHead(value, headDim), name), value) : value;

  const [q, k, v] = linears("attention_input", norm(x, "input_layernorm.weight")) as [Value, Value, Value];
  const turn = (value: Value, count: number) => rotary(tape, value, tensors.rotation, count, headDim);
  const attended = causalAttention(
    tape,
    {
      q: turn(headNorm(q, "self_attn.q_norm.weight"), heads),
      k: turn(headNorm(k, "self_attn.k_norm.weight"), kvHeads),
      v,
      runs: tensors.runs,
    },
    { heads, kvHeads, headDim, scale: attentionScale },
  );
  const [fromAttention] = linears("attention_output", attended) as [Value];
  const middle = add(tape, x, postNorms ? norm(fromAttention, "post_attention_layernorm.weight") : fromAttention);

  const before = postNorms ? "pre_feedforward_layernorm.weight" : "post_attention_layernorm.weight";
  const [gate, up] = linears("mlp_input", norm(middle, before)) as [Value, Value];
  const [fromMlp] = linears("mlp_output", gatedActivation(tape, gate, up, activation)) as [Value];
  return add(tape, middle, postNorms ? norm(fromMlp, "post_feedforward_layernorm.weight") : fromMlp);

  // [T, heads * D] as [T * heads, D], and back.
  function perHead(value: Value, width: number): Value {
    return reshaped(value, ["T * heads", width]);
  }
  function rows(value: Value, like: Value): Value {
    return reshaped(value, like.shape);
  }
  function reshaped(value: Value, shape: Value["shape"]): Value {
    const to = (tensor: string, width: number) => tape.operator("Reshape", [tensor, tape.model.integers(-1, width)]);
    return tape.value(to(value.name, shape[1] as number), shape, [value], (dy) =>
      tape.accumulateSum(value, () => to(dy, value.shape[1] as number)),
    );
  }
}
