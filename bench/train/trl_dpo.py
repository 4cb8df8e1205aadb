"""The yardstick of `npm run bench:train`: TRL's DPOTrainer on the CPU, on the same model file and the same pairs of token ids.

Usage: trl_dpo.py SETTINGS.json — {model, pairs (JSONL of {prompt, chosen, rejected} token ids), rank, alpha, beta,
learning_rate, threads, precompute, checkpointing}. Prints one JSON object: seconds of every step, losses, peak memory.
"""

import json
import resource
import sys
import time
import warnings

warnings.filterwarnings("ignore")

import torch
from datasets import Dataset
from peft import LoraConfig
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, TrainerCallback
from trl import DPOConfig, DPOTrainer


def word_tokenizer(vocabulary: int) -> PreTrainedTokenizerFast:
    """One word a token id, so that the trainer sees exactly the ids that it is given (no word is the beginning of another: the
    special ones are cut out wherever they occur)."""
    tokenizer = Tokenizer(models.WordLevel({f"<{i}>": i for i in range(vocabulary)}, unk_token="<0>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<2>", pad_token="<1>", unk_token="<0>")


def words(ids: list[int]) -> str:
    return " ".join(f"<{i}>" for i in ids)


class Clock(TrainerCallback):
    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.losses: list[float] = []
        self.start = 0.0

    def on_step_begin(self, *_args, **_kwargs) -> None:
        self.start = time.perf_counter()

    def on_step_end(self, *_args, **_kwargs) -> None:
        self.seconds.append(time.perf_counter() - self.start)

    def on_log(self, _args, _state, _control, logs=None, **_kwargs) -> None:
        if logs and "loss" in logs:
            self.losses.append(float(logs["loss"]))


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        settings = json.load(file)
    torch.set_num_threads(settings["threads"])
    model = AutoModelForCausalLM.from_pretrained(settings["model"], dtype=torch.float32)
    with open(settings["pairs"], encoding="utf-8") as file:
        pairs = [json.loads(line) for line in file]
    end = 2
    for pair in pairs:
        assert pair["chosen"][-1] == end and pair["rejected"][-1] == end
    data = Dataset.from_list(
        [
            # The trainer itself adds the end-of-sequence token.
            {
                "prompt": words(pair["prompt"]),
                "chosen": " " + words(pair["chosen"][:-1]),
                "rejected": " " + words(pair["rejected"][:-1]),
            }
            for pair in pairs
        ]
    )
    clock = Clock()
    config = DPOConfig(
        output_dir=settings["out"],
        use_cpu=True,
        bf16=False,
        fp16=False,
        per_device_train_batch_size=1,
        gradient_accumulation_steps=1,
        num_train_epochs=1,
        beta=settings["beta"],
        learning_rate=settings["learning_rate"],
        lr_scheduler_type="constant",
        max_length=None,
        logging_steps=1,
        logging_strategy="steps",
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        seed=1,
        data_seed=1,
        dataloader_num_workers=0,
        precompute_ref_log_probs=settings["precompute"],
        gradient_checkpointing=settings["checkpointing"],
    )
    trainer = DPOTrainer(
        model=model,
        args=config,
        train_dataset=data,
        processing_class=word_tokenizer(model.config.vocab_size),
        peft_config=LoraConfig(
            r=settings["rank"], lora_alpha=settings["alpha"], target_modules="all-linear", task_type="CAUSAL_LM"
        ),
        callbacks=[clock],
    )
    first = trainer.train_dataset[0]
    lengths = {key: len(first[key]) for key in ("prompt_ids", "chosen_ids", "rejected_ids")}
    trainer.train()
    import accelerate
    import peft
    import transformers
    import trl

    print(
        json.dumps(
            {
                "seconds": clock.seconds,
                "losses": clock.losses,
                "lengths": lengths,
                "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "versions": {m.__name__: m.__version__ for m in (trl, transformers, peft, accelerate, torch)},
            }
        )
    )


if __name__ == "__main__":
    main()
