"""One side of bench/engines.ts: an engine's stock DPO trainer, or the same with margins, for some steps on one model and one data
set. Prints one line of JSON: seconds of each step, tokens of each step, peak memory in bytes.

Usage: step_time.py SETTINGS.json, with engine (trl, llamafactory), side (stock, margin), model, data (a folder with train.jsonl as
`rpo pairs` writes it, and LLaMA-Factory's export in llamafactory/), steps, batch, length, device (cpu, cuda), attention, scratch.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

SETTINGS: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
IS_CUDA = SETTINGS["device"] == "cuda"
LORA = {"rank": 16, "alpha": 32}
BETA, GAMMA, RATE = 0.1, 0.05, 1e-5


class StepTimes(TrainerCallback):
    """Seconds of each step, the device's work included."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._start = 0.0

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        wait()
        self._start = time.perf_counter()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        wait()
        self.seconds.append(time.perf_counter() - self._start)


def wait() -> None:
    if IS_CUDA:
        torch.cuda.synchronize()


def peak_bytes() -> int:
    if IS_CUDA:
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def trl(times: StepTimes) -> None:
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import DPOConfig, DPOTrainer

    from rpo_engines.trl.trainer import RpoConfig, RpoTrainer

    rows = [json.loads(line) for line in (Path(SETTINGS["data"]) / "train.jsonl").read_text().splitlines()]
    said = lambda text: [{"role": "assistant", "content": text}]  # noqa: E731
    columns = [
        {"prompt": row["prompt"], "chosen": said(row["chosen"]), "rejected": said(row["rejected"]), "margin": row["margin"]}
        for row in rows
    ]
    is_stock = SETTINGS["side"] == "stock"
    common = dict(
        output_dir=SETTINGS["scratch"],
        beta=BETA,
        max_length=None,
        learning_rate=RATE,
        lr_scheduler_type="constant",
        max_steps=SETTINGS["steps"],
        per_device_train_batch_size=SETTINGS["batch"],
        precompute_ref_log_probs=SETTINGS["precompute"],
        gradient_checkpointing=IS_CUDA,
        bf16=IS_CUDA,
        use_cpu=not IS_CUDA,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        seed=0,
    )
    model = AutoModelForCausalLM.from_pretrained(
        SETTINGS["model"],
        dtype=torch.bfloat16 if IS_CUDA else torch.float32,
        attn_implementation={"fa2": "flash_attention_2"}.get(SETTINGS["attention"], SETTINGS["attention"]),
    )
    trainer = (DPOTrainer if is_stock else RpoTrainer)(
        model=model,
        args=DPOConfig(**common) if is_stock else RpoConfig(**common, gamma=GAMMA),
        train_dataset=Dataset.from_list(columns),
        processing_class=AutoTokenizer.from_pretrained(SETTINGS["model"]),
        peft_config=LoraConfig(
            r=LORA["rank"], lora_alpha=LORA["alpha"], target_modules="all-linear", task_type="CAUSAL_LM"
        ),
        callbacks=[times],
    )
    trainer.train()


def llamafactory(times: StepTimes) -> None:
    from rpo_engines.llamafactory import __main__ as entry
    from rpo_engines.llamafactory.audio_stub import stand_in_for_torchaudio
    from rpo_engines.llamafactory.settings import split_settings

    stand_in_for_torchaudio()
    from llamafactory.train import tuner

    is_stock = SETTINGS["side"] == "stock"
    config = dict(
        model_name_or_path=SETTINGS["model"],
        flash_attn=SETTINGS["attention"],
        stage="dpo",
        do_train=True,
        finetuning_type="lora",
        lora_rank=LORA["rank"],
        lora_alpha=LORA["alpha"],
        lora_target="all",
        pref_beta=BETA,
        pref_loss="sigmoid",
        dataset_dir=str(Path(SETTINGS["data"]) / "llamafactory"),
        dataset="rpo" if is_stock else "rpo_margin",
        cutoff_len=SETTINGS["length"],
        overwrite_cache=True,
        output_dir=SETTINGS["scratch"],
        overwrite_output_dir=True,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        per_device_train_batch_size=SETTINGS["batch"],
        learning_rate=RATE,
        lr_scheduler_type="constant",
        max_steps=SETTINGS["steps"],
        bf16=IS_CUDA,
        use_cpu=not IS_CUDA,
        disable_gradient_checkpointing=not IS_CUDA,
        seed=0,
    )
    if is_stock:
        tuner.run_exp(args=config, callbacks=[times])
        return
    stock = tuner.run_exp
    tuner.run_exp = lambda args, callbacks: stock(args=args, callbacks=[*callbacks, times])  # type: ignore[assignment]
    settings, rest = split_settings({**config, "rpo_method": "rpo", "rpo_gamma": GAMMA})
    if (code := entry.train(settings, rest)) != 0:
        sys.exit(code)


TIMES = StepTimes()
{"trl": trl, "llamafactory": llamafactory}[SETTINGS["engine"]](TIMES)
print(json.dumps({"seconds": TIMES.seconds, "peakBytes": peak_bytes()}), flush=True)
