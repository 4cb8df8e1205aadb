"""A tiny random Llama with a byte-level tokenizer and ChatML's template, and pairs to train it on: what the self-check runs on.
Generated, so that nothing has to be fetched; deterministic in its seed.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
WORDS = "north south river stone light paper seven green quiet early maple tower glass winter signal harbor".split()
CONTEXT = 512
"""Positions of the tiny model."""


def write_tiny_model(folder: Path, *, seed: int = 0, hidden: int = 32, layers: int = 2) -> Path:
    """Writes the model as the Hugging Face hub has them, in fp32. Returns the folder."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = tiny_tokenizer()
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        initializer_range=0.2,  # larger than usual: random weights should prefer some tokens, or all gradients are alike
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=tokenizer.convert_tokens_to_ids("<|im_end|>"),
        pad_token_id=tokenizer.convert_tokens_to_ids("<|endoftext|>"),
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def tiny_tokenizer() -> Any:
    """One token a byte, and those of ChatML."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens([AddedToken(text, special=True) for text in SPECIAL])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>"],
    )
    tokenizer.chat_template = CHATML
    return tokenizer


def tiny_pairs(margins: Sequence[float], *, seed: int = 0) -> list[dict[str, Any]]:
    """A pair of each margin, in rpo-kit's export for TRL; prompts and completions of various lengths, all different."""
    draw = random.Random(seed)

    def words(least: int, most: int) -> str:
        return " ".join(draw.choice(WORDS) for _ in range(draw.randint(least, most)))

    rows = []
    for number, margin in enumerate(margins):
        prompt = [{"role": "system", "content": f"Rule {number}: {words(2, 6)}."}, {"role": "user", "content": words(1, 4)}]
        if number % 3 == 2:
            prompt[1:1] = [{"role": "user", "content": words(1, 3)}, {"role": "assistant", "content": words(1, 3)}]
        rows.append(
            {
                "prompt": prompt,
                "chosen": [{"role": "assistant", "content": words(2, 7)}],
                "rejected": [{"role": "assistant", "content": words(2, 7)}],
                "margin": margin,
            }
        )
    return rows


def write_rows(file: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Writes rows as JSON Lines. Returns the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file
