"""``python -m rpo_engines.trl CONFIG.yaml``: one training on TRL from a data set to an adapter, alone, under torchrun or under
accelerate launch. What it leaves in its run directory is what ``rpo train`` leaves: adapter/, metrics.jsonl, summary.json, and
checkpoints/, from which the same command goes on. Tells its events (:mod:`rpo_engines.events`) on standard output.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rpo_engines.events import EXIT_INPUT, EXIT_MARGIN, EXIT_MEMORY, EXIT_STOPPED, emit, emit_from_any
from rpo_engines.margin import MarginError
from rpo_engines.trl.settings import DEFAULT_EPOCHS, Settings, SettingsError, deciding, read_settings
from rpo_engines.versions import EngineVersionError, check_versions

STOP_FILE = "stop"
"""A file of this name in the run directory ends the training after the current step, as a signal does."""
KEPT_CHECKPOINTS = 2


class RunError(ValueError):
    """A training that can't begin, or go on, as it is asked for."""


def main(arguments: list[str]) -> int:
    """Runs the training of a configuration file. Returns the exit code; see :mod:`rpo_engines.events`."""
    if len(arguments) != 1 or arguments[0] in ("-h", "--help"):
        print("usage: python -m rpo_engines.trl CONFIG.yaml", file=sys.stderr)
        return 0 if arguments and arguments[0] in ("-h", "--help") else EXIT_INPUT
    try:
        versions = check_versions("trl")
        return train(read_settings(arguments[0]), versions)
    except MarginError as error:
        return _failed("margin", str(error), EXIT_MARGIN)
    except (SettingsError, RunError, EngineVersionError) as error:
        return _failed("input", str(error), EXIT_INPUT)
    except Exception as error:
        kind, text, code = explain(error)
        if code == 1:
            _failed(kind, text, code)
            raise
        return _failed(kind, text, code)


def _failed(kind: str, text: str, code: int) -> int:
    emit_from_any("error", kind=kind, text=text, rank=int(os.environ.get("RANK", "0")))
    print(f"rpo-engines: {text}", file=sys.stderr, flush=True)
    return code


def explain(error: Exception) -> tuple[str, str, int]:
    """What an exception means to a person: its kind, text with what to do, and exit code."""
    from rpo_engines.trl.rows import RowError

    name, text = type(error).__name__, str(error)
    if isinstance(error, RowError):
        return "input", text, EXIT_INPUT
    if name == "OutOfMemoryError" or "out of memory" in text.lower():
        advice = "lower device_batch (to 1), then max_length; set gradient_checkpointing: true, or shard by deepspeed or FSDP"
        return "memory", f"the device's memory is full ({text.splitlines()[0]}): {advice}", EXIT_MEMORY
    if isinstance(error, OSError) and error.errno == 28:
        return "failure", "the disk is full: free some, and start the same command again; it goes on from its last checkpoint", 1
    return "failure", f"{name}: {text}", 1


@dataclass(frozen=True)
class Division:
    """How a step's pairs are spread."""

    processes: int
    accumulation: int


def division(settings: Settings, processes: int) -> Division:
    """Batches that each process computes for one step.

    Raises:
        RunError: where the step's pairs can't be spread evenly.
    """
    at_once = settings.device_batch * processes
    if settings.batch % at_once != 0:
        raise RunError(
            f"batch: {settings.batch} pairs a step can't be spread over {processes} process(es) of {settings.device_batch} "
            f"pair(s) at once; make it a multiple of {at_once}"
        )
    return Division(processes, settings.batch // at_once)


def train(settings: Settings, versions: dict[str, str]) -> int:
    """Trains, or goes on. Returns 0, or EXIT_STOPPED where a signal or the stop file ended it."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch
    from accelerate import PartialState
    from datasets import config as hf_datasets
    from datasets import load_dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback, TrainerCallback

    from rpo_engines.metrics import MetricsFile, read_metrics
    from rpo_engines.trl.rows import Counts, Message, margin_histogram, prepare
    from rpo_engines.trl.trainer import PairNumbers, RpoConfig, RpoTrainer, after_turn

    out = Path(settings.out)
    state = PartialState(cpu=settings.cpu)
    is_first = state.is_main_process
    spread = division(settings, state.num_processes)

    tokenizer = AutoTokenizer.from_pretrained(settings.model, revision=settings.revision)
    if not tokenizer.chat_template:
        raise RunError(
            f"{settings.model}: its tokenizer has no chat template, so conversations can't be written for it; "
            "take the instruct model, or put a chat_template.jinja into its folder"
        )
    tail = len(after_turn(tokenizer))

    def count(prompt: list[Message], completion: str) -> tuple[int, int]:
        asked = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, tokenize=True, return_dict=True)
        whole = [*prompt, {"role": "assistant", "content": completion}]
        answered = tokenizer.apply_chat_template(whole, tokenize=True, return_dict=True)
        prompt_tokens = len(asked["input_ids"])
        return prompt_tokens, max(0, len(answered["input_ids"]) - tail - prompt_tokens)

    counts: dict[str, Counts] = {}
    prepared = {side: out / "rows" / f"{side}.jsonl" for side in ("train", "validation")}
    sources = {side: Path(settings.dataset) / f"{side}.jsonl" for side in prepared}
    if state.is_local_main_process:
        for side, source in sources.items():
            if side == "validation" and not source.exists():
                prepared[side].unlink(missing_ok=True)
                continue
            counts[side] = prepare(
                source,
                prepared[side],
                count=count,
                max_length=settings.max_length,
                method=settings.method,
                skip_bad=settings.skip_bad,
            )
    state.wait_for_everyone()
    rows = {}
    for side, file in prepared.items():
        if file.exists() and file.stat().st_size > 0:
            with state.local_main_process_first():
                cached = in_cache(file, Path(hf_datasets.HF_DATASETS_CACHE) / "rpo-engines")
                rows[side] = load_dataset("json", data_files=str(cached), split="train", cache_dir=str(cached.parent))
    if "train" not in rows:
        left = counts["train"].left_out[:3] if "train" in counts else []
        raise RunError("\n".join([f"{sources['train']}: no pair of it can be trained on", *left]))
    take_up(out, settings, prepared, first=is_first)
    state.wait_for_everyone()

    finished = finished_adapter(out, settings)
    if finished is not None:
        emit("notice", text=f"{out}: this training is finished; give out another folder to begin anew")
        emit("end", step=finished[0], adapter=str(finished[1]))
        return 0

    checkpoints = out / "checkpoints"
    last = last_checkpoint(checkpoints)
    after_step = 0 if last is None else int(last.name.rsplit("-", 1)[1])
    use_gpu = torch.cuda.is_available() and not settings.cpu
    has_bf16 = use_gpu and torch.cuda.is_bf16_supported()
    if settings.precision == "bf16" and not (has_bf16 or settings.cpu or not use_gpu):
        raise RunError("precision: bf16 is asked for, and the GPU has none; take fp32")
    bf16 = settings.precision == "bf16" or (settings.precision == "auto" and has_bf16)
    steps_per_epoch = max(1, -(-len(rows["train"]) // settings.batch))
    has_held = "validation" in rows

    config = RpoConfig(
        **{"router_aux_loss_coef": 0.0, "report_to": [], "disable_tqdm": True, **settings.trainer},
        output_dir=str(checkpoints),
        gamma=settings.gamma_outside,
        end_at_turn=True,
        beta=settings.beta,
        label_smoothing=settings.label_smoothing,
        nll=settings.nll,
        loss_type=["sigmoid"],
        max_length=None,  # rows that are too long were shortened, or left out, above; TRL would cut completions
        disable_dropout=settings.dropout == 0,  # it takes the adapter's dropout too
        learning_rate=settings.learning_rate,
        lr_scheduler_type={"constant": "constant_with_warmup"}.get(settings.schedule, settings.schedule),
        warmup_steps=settings.warmup if settings.warmup < 1 else int(settings.warmup),
        num_train_epochs=settings.epochs or DEFAULT_EPOCHS,
        max_steps=settings.steps or -1,
        per_device_train_batch_size=settings.device_batch,
        per_device_eval_batch_size=settings.device_batch,
        gradient_accumulation_steps=spread.accumulation,
        max_grad_norm=settings.max_gradient_norm,
        weight_decay=settings.weight_decay,
        seed=settings.seed,
        data_seed=settings.seed,
        train_sampling_strategy="sequential" if settings.order == "file" else "random",
        precompute_ref_log_probs=settings.precompute_reference,
        gradient_checkpointing=settings.gradient_checkpointing,
        bf16=bf16,
        fp16=False,
        use_cpu=settings.cpu,
        deepspeed=settings.deepspeed,
        logging_strategy="steps",
        logging_steps=1,
        logging_nan_inf_filter=False,
        eval_strategy="steps" if has_held else "no",
        eval_steps=(settings.eval_every or steps_per_epoch) if has_held else None,
        eval_on_start=has_held and after_step == 0,
        save_strategy="steps",
        save_steps=settings.save_every,
        save_total_limit=KEPT_CHECKPOINTS,
    )
    dtype = torch.bfloat16 if bf16 and settings.lora else torch.float32
    attention = {} if settings.attention == "auto" else {"attn_implementation": settings.attention}
    model = AutoModelForCausalLM.from_pretrained(settings.model, revision=settings.revision, dtype=dtype, **attention)
    context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if context is not None and settings.max_length > context:
        raise RunError(f"max_length: {settings.max_length} is more than the model's context of {context} tokens")

    dump = open(settings.dump_pairs, "a", encoding="utf-8") if settings.dump_pairs and is_first else None

    def on_pairs(numbers: PairNumbers) -> None:
        if dump is None:
            return
        fields = {name: value.tolist() if hasattr(value, "tolist") else value for name, value in vars(numbers).items()}
        dump.write(json.dumps(fields) + "\n")
        dump.flush()

    best = out / "checkpoints" / "best"

    def on_record(record: dict[str, Any]) -> None:
        emit(record["kind"], **{name: value for name, value in record.items() if name != "kind"}, steps=total_steps())

    def total_steps() -> int | None:
        return trainer.state.max_steps or None

    metrics = MetricsFile(out / "metrics.jsonl", after_step=after_step) if is_first else None
    looks = [look["loss"] for look in read_metrics(out / "metrics.jsonl", "validation") if look["step"] > 0]
    asked_to_stop = _Signals()

    class Watch(TrainerCallback):
        """Stops all processes after the same step; keeps the best adapter."""

        def on_step_end(self, args: Any, state_: Any, control: Any, **_: Any) -> None:
            mine = asked_to_stop.seen or (is_first and (out / STOP_FILE).exists())
            flag = torch.tensor(float(mine), device=trainer.accelerator.device)
            if trainer.accelerator.reduce(flag, "sum").item() > 0:
                self.stopped = control.should_training_stop = control.should_save = True

        def on_save(self, args: Any, state_: Any, control: Any, **_: Any) -> None:
            emit("saved", step=state_.global_step)

        def on_evaluate(self, args: Any, state_: Any, control: Any, **_: Any) -> None:
            if settings.keep == "best" and trainer.last_was_best:
                trainer.save_model(str(best))

        stopped = False

    watch = Watch()
    trainer = RpoTrainer(
        model=model,
        args=config,
        train_dataset=rows["train"],
        eval_dataset=rows.get("validation"),
        processing_class=tokenizer,
        peft_config=_lora(settings),
        callbacks=[watch],
        follows=rows["train"]["follows"],
        metrics=metrics,
        on_pairs=on_pairs,
        on_record=on_record,
        best_loss=min(looks) if looks else None,
        with_margin=settings.method == "rpo",
    )
    trainer.remove_callback(PrinterCallback)
    lost = trainer.completion_tokens_lost()
    if is_first:
        for side, of in counts.items():
            of.completion_tokens_lost = lost.get(side, 0)
            of.longest = trainer.longest(side)
        _tell_start(counts, settings, spread, after_step, margin_histogram)
    with asked_to_stop:
        trainer.train(resume_from_checkpoint=None if last is None else str(last))
    if metrics is not None:
        metrics.close()
    if dump is not None:
        dump.close()
    step = trainer.state.global_step
    if watch.stopped and step < trainer.state.max_steps:
        if is_first:
            (out / STOP_FILE).unlink(missing_ok=True)
        emit("stopped", step=step, steps=trainer.state.max_steps)
        return EXIT_STOPPED
    adapter = out / ("adapter" if settings.lora else "model")
    if settings.keep == "best" and best.exists():
        if is_first:
            shutil.copytree(best, adapter, dirs_exist_ok=True)
    else:
        trainer.save_model(str(adapter))
    if is_first:
        (out / STOP_FILE).unlink(missing_ok=True)
        records = read_metrics(out / "metrics.jsonl")
        write_summary(out, settings, counts, records, step, adapter.name, versions)
        emit("end", step=step, adapter=str(adapter))
    state.wait_for_everyone()
    return 0


def _lora(settings: Settings) -> Any:
    if not settings.lora:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=list(settings.targets),
        task_type="CAUSAL_LM",
    )


class _Signals:
    """Takes SIGINT and SIGTERM as a wish to stop after the step; a second one ends the process at once."""

    seen = False

    def __enter__(self) -> None:
        self._before = {number: signal.signal(number, self._take) for number in (signal.SIGINT, signal.SIGTERM)}

    def __exit__(self, *_: Any) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take(self, number: int, _frame: Any) -> None:
        if self.seen:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.seen = True


def finished_adapter(out: Path, settings: Settings) -> tuple[int, Path] | None:
    """Steps and adapter of a training that is finished and keeps what is asked for; None where it has to go on."""
    try:
        summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        steps, adapter, kept = summary["steps"], out / summary["adapter"], summary["asked"]["keep"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (steps, adapter) if adapter.exists() and kept == settings.keep else None


def in_cache(file: Path, cache: Path) -> Path:
    """The file's place in a cache, by its content; put there where it is missing. What is derived from it, tokens and the
    reference's log-probabilities (by the model's weights), is then found again by trainings of the same rows in other folders."""
    place = cache / hashlib.sha256(file.read_bytes()).hexdigest()[:32] / file.name
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        staged = place.with_name(f"{place.name}.{os.getpid()}.part")
        shutil.copyfile(file, staged)
        os.replace(staged, place)
    return place


def last_checkpoint(folder: Path) -> Path | None:
    """The newest whole checkpoint; the trainer's state is written last into each."""
    found = [
        (int(name), path)
        for path in folder.glob("checkpoint-*")
        if (name := path.name.rsplit("-", 1)[1]).isdigit() and (path / "trainer_state.json").exists()
    ]
    return max(found)[1] if found else None


def take_up(out: Path, settings: Settings, prepared: dict[str, Path], *, first: bool) -> None:
    """Writes down what decides the adapter, or compares it with what a training wrote that is to go on.

    Raises:
        RunError: where the folder holds a training of another kind, naming what differs.
    """
    record = {
        "format": 1,
        "engine": "trl",
        "settings": deciding(settings),
        "rows": {
            side: hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else None
            for side, file in prepared.items()
        },
    }
    file = out / "run.json"
    if file.exists():
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except json.JSONDecodeError:
            raise RunError(f"{file}: is damaged; give out another folder") from None
        for part in ("engine", "settings", "rows"):
            if found.get(part) == record[part]:
                continue
            before, now = found.get(part), record[part]
            names = [part]
            if isinstance(before, dict) and isinstance(now, dict):
                names = [f"{part}.{name}" for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
            raise RunError(f"{out}: holds a training that differs in {', '.join(names)}; give out another folder")
    elif first:
        staged = file.with_name("run.json.part")
        staged.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(staged, file)


def _tell_start(counts: dict[str, Any], settings: Settings, spread: Division, after_step: int, histogram: Any) -> None:
    emit(
        "start",
        engine="trl",
        method=settings.method,
        beta=settings.beta,
        gamma=settings.gamma_outside,
        data={side: of.as_json() for side, of in counts.items()},
        processes=spread.processes,
        accumulation=spread.accumulation,
        after_step=after_step,
    )
    for side, of in counts.items():
        dropped = of.bad + of.empty + of.too_long
        print(
            f"{side}: {of.pairs} pairs of {of.read} rows; left out {dropped} ({of.bad} bad, {of.empty} empty, "
            f"{of.too_long} too long); {of.cut} without the start of their history; completion tokens lost to "
            f"truncation: {of.completion_tokens_lost} of {of.completion_tokens}",
            file=sys.stderr,
        )
        for line in of.left_out:
            print(f"  left out {line}", file=sys.stderr)
        print(histogram(of), file=sys.stderr, flush=True)


def write_summary(
    out: Path,
    settings: Settings,
    counts: dict[str, Any],
    records: list[dict[str, Any]],
    step: int,
    adapter: str,
    versions: dict[str, str],
) -> None:
    """summary.json, which is written last: a folder with it holds a finished training."""
    shown = ("step", "loss", "margin", "rewardMargin", "rewardAccuracy", "marginAccuracy")
    looks = [record for record in records if record["kind"] == "validation"]
    made = [record for record in records if record["kind"] == "step"]
    value = {
        "engine": "trl",
        "settings": deciding(settings),
        "asked": asdict(settings),
        "dataset": {side: of.as_json() for side, of in counts.items()},
        "steps": step,
        "validation": {
            "before": {name: looks[0][name] for name in shown},
            "after": {name: looks[-1][name] for name in shown},
        }
        if looks
        else None,
        "training": {name: made[-1][name] for name in shown} if made else None,
        "adapter": adapter,
        "seconds": round(sum(record["seconds"] for record in records), 1),
        "tokens": sum(record["tokens"] for record in records),
        "versions": versions,
    }
    staged = out / "summary.json.part"
    staged.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(staged, out / "summary.json")
