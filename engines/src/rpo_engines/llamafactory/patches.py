"""Puts this package's classes where LLaMA-Factory looks for its own, for one run in this process, and sees that it used them.

Each name is looked up by the stock code at run time, in the module named here. The guard is a callback that LLaMA-Factory is
given by its public argument, apart from the patches: where one of them did not take, it stops the training before a step.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import llamafactory.data.loader as loader
import llamafactory.train.dpo.trainer as dpo_trainer
import llamafactory.train.dpo.workflow as dpo_workflow
from llamafactory.data.converter import DATASET_CONVERTERS, register_dataset_converter
from llamafactory.data.parser import get_dataset_list
from llamafactory.extras.misc import has_tokenized_data
from transformers import TrainerCallback

from rpo_engines import __version__
from rpo_engines.llamafactory.data import (
    FORMATTING,
    MarginConverter,
    MarginPairwiseCollator,
    MarginPairwiseProcessor,
    kept_rows,
    sum_of,
)
from rpo_engines.llamafactory.trainer import MarginDPOTrainer, RunState, set_active
from rpo_engines.margin import MarginError

STAMP = "rpo.json"
"""Beside a tokenised data set, what it was made of."""


@contextmanager
def patched(state: RunState) -> Iterator[None]:
    """LLaMA-Factory trains pairs by this package's classes within. What stood there before comes back after."""
    if DATASET_CONVERTERS.get(FORMATTING) is not MarginConverter:
        register_dataset_converter(FORMATTING, MarginConverter)
    processor = partial(
        MarginPairwiseProcessor,
        needs_margin=state.settings.method == "rpo",
        end_at_turn=state.settings.end_at_turn,
    )
    places: list[tuple[Any, str, Any]] = [
        (loader, "PairwiseDatasetProcessor", processor),
        (dpo_workflow, "PairwiseDataCollatorWithPadding", MarginPairwiseCollator),
        (dpo_workflow, "get_dataset", _checked_get_dataset(state, dpo_workflow.get_dataset)),
        (dpo_trainer, "CustomDPOTrainer", MarginDPOTrainer),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in places]
    active = set_active(state)
    try:
        for module, name, ours in places:
            setattr(module, name, ours)
        yield
    finally:
        for module, name, stock in before:
            setattr(module, name, stock)
        set_active(active)


class Guard(TrainerCallback):
    """Stops a training of pairs that is not this package's trainer on this package's batches."""

    def __init__(self, state: RunState) -> None:
        self._state = state

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self._state.trainers == 0:
            raise MarginError("LLaMA-Factory trains with its own trainer, which knows no margin: the patch did not take")
        collator = getattr(kwargs.get("train_dataloader"), "collate_fn", None)
        if not isinstance(collator, MarginPairwiseCollator):
            raise MarginError(f"the batches come from {type(collator).__name__}, which loses margins: the patch did not take")
        if self._state.report is None:
            raise MarginError("the data set was not looked at: the patch did not take")


def _checked_get_dataset(state: RunState, stock: Any) -> Any:
    """get_dataset, whose rows are looked at before they are trained on."""

    def get_dataset(template: Any, model_args: Any, data_args: Any, training_args: Any, stage: str, **rest: Any) -> Any:
        cache = None if data_args.tokenized_path is None else Path(data_args.tokenized_path)
        made_of = None if cache is None else _made_of(state, model_args, data_args, training_args)
        if cache is not None and has_tokenized_data(cache):
            _check_stamp(cache, made_of)
        module = stock(template, model_args, data_args, training_args, stage, **rest)
        if cache is not None and training_args.should_save and not (cache / STAMP).exists():
            (cache / STAMP).write_text(json.dumps(made_of, indent=1), encoding="utf-8")
        if "train_dataset" in module:
            module["train_dataset"], state.report = kept_rows(module["train_dataset"], "training set")
            if training_args.should_log:
                print(f"rpo-engines: {state.report.text()}", flush=True)
        held_out = module.get("eval_dataset")
        if isinstance(held_out, dict):
            looked = {name: kept_rows(rows, f"validation set {name}") for name, rows in held_out.items()}
            module["eval_dataset"] = {name: rows for name, (rows, _) in looked.items()}
            state.held_out = sum_of([report for _, report in looked.values()])
        elif held_out is not None:
            module["eval_dataset"], state.held_out = kept_rows(held_out, "validation set")
        return module

    return get_dataset


def _made_of(state: RunState, model_args: Any, data_args: Any, training_args: Any) -> dict[str, Any]:
    """What decides the tokenised rows."""
    names = [*(data_args.dataset or []), *(data_args.eval_dataset or [])]
    files: dict[str, str] = {}
    for name, attributes in zip(names, get_dataset_list(names, data_args.dataset_dir), strict=True):
        path = Path(data_args.dataset_dir) / attributes.dataset_name
        if attributes.load_from == "file" and path.is_file():
            with open(path, "rb") as file:
                files[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "rpo_engines": __version__,
        "method": state.settings.method,
        "files": files,
        "model": model_args.model_name_or_path,
        "template": data_args.template,
        "cutoff_len": data_args.cutoff_len,
        "end_at_turn": state.settings.end_at_turn,
        "val_size": data_args.val_size,
        "max_samples": data_args.max_samples,
        "seed": training_args.seed,
    }


def _check_stamp(cache: Path, made_of: dict[str, Any] | None) -> None:
    todo = f"Remove {cache}, or leave tokenized_path out"
    try:
        found = json.loads((cache / STAMP).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        raise MarginError(f"tokenized_path: {cache} was not made by this package and may lack margins. {todo}") from None
    differs = [key for key in {**found, **(made_of or {})} if found.get(key) != (made_of or {}).get(key)]
    if differs:
        raise MarginError(f"tokenized_path: {cache} was made of other {', '.join(sorted(differs))}. {todo}")
