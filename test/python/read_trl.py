"""Reads exported sets as TRL does: `datasets`, its data functions, its trainers' tokenisation, one training step on the CPU.

usage: read_trl.py OUT.json CACHE METHOD=FOLDER ...

For each method: the rows as read, whether TRL holds them for conversational, its chat template applied to them, the texts
its trainer tokenised, and the loss of one step of a tiny random model.
"""

import json
import sys

from datasets import load_dataset
from transformers import LlamaConfig, LlamaForCausalLM, set_seed
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, SFTConfig, SFTTrainer
from trl.data_utils import is_conversational, maybe_apply_chat_template, maybe_extract_prompt

from local_tokenizer import byte_tokenizer

# Rows are tokenised whole; only the forward pass is cut, so that the step takes a second.
FORWARD_TOKENS = 256


def tiny_model(vocabulary):
    set_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=FORWARD_TOKENS,
    )
    return LlamaForCausalLM(config)


def trainer_of(method, train, cache):
    tokenizer = byte_tokenizer()
    common = dict(
        output_dir=cache,
        max_steps=1,
        per_device_train_batch_size=2,
        learning_rate=1e-3,
        report_to=[],
        use_cpu=True,
        bf16=False,
        disable_tqdm=True,
        save_strategy="no",
        logging_steps=1,
    )
    model = tiny_model(len(tokenizer))
    if method in ("rpo", "dpo"):
        limits = dict(max_length=FORWARD_TOKENS, max_prompt_length=None, max_completion_length=None)
        return DPOTrainer(
            model=model,
            ref_model=tiny_model(len(tokenizer)),
            args=DPOConfig(**common, **limits),
            train_dataset=train,
            processing_class=tokenizer,
        )
    if method == "kto":
        return KTOTrainer(
            model=model,
            ref_model=tiny_model(len(tokenizer)),
            args=KTOConfig(**common, max_length=FORWARD_TOKENS),
            train_dataset=train,
            processing_class=tokenizer,
        )
    return SFTTrainer(
        model=model,
        args=SFTConfig(**common, max_length=FORWARD_TOKENS),
        train_dataset=train,
        processing_class=tokenizer,
    )


def texts(tokenizer, example):
    return {
        name: tokenizer.decode([token for token in value if token >= 0])
        for name, value in example.items()
        if name.endswith("input_ids")
    }


def read(method, folder, cache):
    files = {"train": f"{folder}/train.jsonl", "validation": f"{folder}/validation.jsonl"}
    data = load_dataset("json", data_files=files, cache_dir=cache)
    tokenizer = byte_tokenizer()
    rows = {split: list(data[split]) for split in data}
    train = rows["train"]
    trainer = trainer_of(method, data["train"], cache)
    encoded = [texts(trainer.processing_class, example) for example in trainer.train_dataset]
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return {
        "rows": rows,
        "conversational": [is_conversational(example) for example in train],
        # A prompt that is there is left alone; without one TRL would cut the common prefix.
        "prompts": [maybe_extract_prompt(example)["prompt"] for example in train],
        "templated": [maybe_apply_chat_template(example, tokenizer) for example in train],
        "encoded": encoded,
        "losses": losses,
    }


def main(out, cache, *sets):
    result = {}
    for method, folder in (item.split("=", 1) for item in sets):
        result[method] = read(method, folder, cache)
    with open(out, "w", encoding="utf-8") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
