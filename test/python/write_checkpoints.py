"""Writes tiny random models for tests to open: by transformers as folders, by llama.cpp's own Python package as GGUF files.

Usage: write_checkpoints.py FOLDER. Beside each model MODEL (a folder, or MODEL.gguf) lie
  MODEL.expected.json  what transformers makes of the config, and name, shape and offset of each tensor
  MODEL.expected.f32   the tensors as fp32, as they should be read

The names of tensors in GGUF files come from the gguf package; what llama.cpp's converter does to values beyond that (the order
of the rows of q and k, 1 added to Gemma's norms) is done here as convert_hf_to_gguf.py does it.
"""

import json
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf.quants import dequantize, quantize
from transformers import Gemma3TextConfig, LlamaConfig, Qwen2Config, Qwen3Config
from transformers.models.gemma3.modeling_gemma3 import Gemma3ForCausalLM
from transformers.models.llama.modeling_llama import LlamaForCausalLM
from transformers.models.qwen2.modeling_qwen2 import Qwen2ForCausalLM
from transformers.models.qwen3.modeling_qwen3 import Qwen3ForCausalLM

FOLDER = Path(sys.argv[1])
SIZES = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 320,
    "max_position_embeddings": 512,
}
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 128,
}


def llama():
    return LlamaForCausalLM(LlamaConfig(**SIZES, rope_theta=5e5, rope_scaling=LLAMA3, rms_norm_eps=1e-5, head_dim=32))


def plain_llama():
    return LlamaForCausalLM(LlamaConfig(**SIZES, tie_word_embeddings=True))


def qwen2():
    return Qwen2ForCausalLM(Qwen2Config(**SIZES, rope_scaling={"type": "linear", "factor": 2.0}, rope_theta=1e6))


def qwen3():
    return Qwen3ForCausalLM(Qwen3Config(**SIZES, head_dim=32, tie_word_embeddings=True, rope_theta=1e6))


def gemma3():
    sizes = SIZES | {"num_hidden_layers": 7}
    scaling = {"rope_type": "linear", "factor": 8.0}
    return Gemma3ForCausalLM(
        Gemma3TextConfig(**sizes, head_dim=32, sliding_window=8, query_pre_attn_scalar=32, rope_scaling=scaling)
    )


def random_model(make, seed):
    torch.manual_seed(seed)
    model = make()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.3)
    return model


def facts(model) -> dict:
    """What the model computes with, to compare architectures by."""
    local = getattr(model.model, "rotary_emb_local", None)
    layers = []
    for layer in model.model.layers:
        sliding = getattr(layer.self_attn, "is_sliding", False)
        rotary = local if sliding else model.model.rotary_emb
        window = layer.self_attn.sliding_window if sliding else None
        layers.append({"window": window, "frequencies": rotary.inv_freq.tolist()})
    return {
        "attentionScale": model.model.layers[0].self_attn.scaling,
        "embeddingScale": float(getattr(model.model.embed_tokens, "embed_scale", 1)),
        "normEpsilon": model.config.rms_norm_eps,
        "layers": layers,
    }


def write_expected(name: str, model, tensors: dict[str, np.ndarray]) -> None:
    offset = 0
    entries = {}
    with open(FOLDER / f"{name}.expected.f32", "wb") as file:
        for key, values in tensors.items():
            entries[key] = {"shape": list(values.shape), "offset": offset}
            offset += file.write(np.ascontiguousarray(values, dtype="<f4").tobytes())
    expected = {**facts(model), "tensors": entries}
    (FOLDER / f"{name}.expected.json").write_text(json.dumps(expected))


def state(model) -> dict[str, torch.Tensor]:
    tied = model.config.tie_word_embeddings
    return {key: value for key, value in model.state_dict().items() if not (tied and key == "lm_head.weight")}


def write_folder(name: str, make, dtype: torch.dtype, shard: str = "1GB") -> None:
    model = random_model(make, seed=len(name)).to(dtype)
    model.save_pretrained(FOLDER / name, max_shard_size=shard)
    tensors = {key: value.float().numpy() for key, value in state(model).items()}
    write_expected(name, random_model(make, seed=len(name)), tensors)  # facts of fp32 buffers


def permute(values: np.ndarray, heads: int) -> np.ndarray:
    rows = values.shape[0]
    return values.reshape(heads, 2, rows // heads // 2, *values.shape[1:]).swapaxes(1, 2).reshape(values.shape)


def unpermute(values: np.ndarray, heads: int) -> np.ndarray:
    rows = values.shape[0]
    return values.reshape(heads, rows // heads // 2, 2, *values.shape[1:]).swapaxes(1, 2).reshape(values.shape)


def write_gguf(name: str, make, arch: gguf.MODEL_ARCH, kinds: list[gguf.GGMLQuantizationType]) -> None:
    model = random_model(make, seed=len(name))
    config = model.config
    family = gguf.MODEL_ARCH_NAMES[arch]
    writer = gguf.GGUFWriter(FOLDER / f"{name}.gguf", family)
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head_dim)
    writer.add_value_length(head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_token_list([f"token {i}" for i in range(config.vocab_size)])
    scaling = config.rope_scaling or {}
    if scaling.get("rope_type") == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(scaling["factor"])
    if scaling.get("rope_type") == "llama3":
        plain = config.rope_theta ** (-torch.arange(0, head_dim, 2).double() / head_dim)
        writer.add_tensor("rope_freqs.weight", (plain / model.model.rotary_emb.inv_freq).float().numpy())
    if family == "gemma3":
        writer.add_sliding_window(config.sliding_window)

    names = gguf.get_tensor_name_map(arch, config.num_hidden_layers)
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    expected = {}
    for index, (key, tensor) in enumerate(state(model).items()):
        values = tensor.numpy()
        permuted = next((count for part, count in heads.items() if part in key), None) if family == "llama" else None
        shift = np.float32(1 if family == "gemma3" and key.endswith("norm.weight") else 0)
        if permuted:
            values = permute(values, permuted)
        kind = kinds[index % len(kinds)] if values.ndim == 2 else gguf.GGMLQuantizationType.F32
        stored = quantize(values + shift, kind)
        writer.add_tensor(names.get_name(key, (".weight", ".bias")), stored, raw_dtype=kind)
        read = dequantize(stored, kind).reshape(values.shape) - shift
        expected[key] = unpermute(read, permuted) if permuted else read
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    write_expected(name, model, expected)


KINDS = gguf.GGMLQuantizationType
write_folder("llama-bf16-sharded", llama, torch.bfloat16, shard="60KB")
write_folder("llama-f32", plain_llama, torch.float32)
write_folder("qwen2-f16", qwen2, torch.float16)
write_folder("qwen3-f32-sharded", qwen3, torch.float32, shard="60KB")
write_folder("gemma3-bf16", gemma3, torch.bfloat16)
write_gguf("llama-q4_0-q8_0", llama, gguf.MODEL_ARCH.LLAMA, [KINDS.Q4_0, KINDS.Q8_0, KINDS.Q5_1])
write_gguf("llama-plain-f16", plain_llama, gguf.MODEL_ARCH.LLAMA, [KINDS.F16])
write_gguf("qwen2-f32", qwen2, gguf.MODEL_ARCH.QWEN2, [KINDS.F32])
write_gguf("qwen3-bf16-q5_0", qwen3, gguf.MODEL_ARCH.QWEN3, [KINDS.BF16, KINDS.Q5_0])
write_gguf("gemma3-q4_1-f16", gemma3, gguf.MODEL_ARCH.GEMMA3, [KINDS.Q4_1, KINDS.F16])
