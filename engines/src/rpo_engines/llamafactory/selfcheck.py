"""Proves on a generated tiny model that margins reach LLaMA-Factory's loss, through its real loader, collator and trainer.

Every training here is LLaMA-Factory's own ``run_exp``; what is compared comes from its trainer, not from a copy of its code.
Most run in this process, one after another. Two run as processes of their own, beside the others: a training under torchrun
with two ranks, and one that must end with an exit code. Device: what the caller's environment shows; the CPU needs nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import math
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from rpo_engines.checks import Check, CheckFailed, largest_difference, require
from rpo_engines.llamafactory.audio_stub import stand_in_for_torchaudio

os.environ.setdefault("LLAMAFACTORY_VERBOSITY", "ERROR")
stand_in_for_torchaudio()

import llamafactory.data.loader as loader  # noqa: E402
import llamafactory.train.dpo.trainer as dpo_trainer  # noqa: E402
import llamafactory.train.dpo.workflow as dpo_workflow  # noqa: E402
from llamafactory.data.collator import PairwiseDataCollatorWithPadding  # noqa: E402
from llamafactory.data.processor import PairwiseDatasetProcessor  # noqa: E402
from llamafactory.train.dpo.trainer import CustomDPOTrainer  # noqa: E402
from llamafactory.train.tuner import run_exp  # noqa: E402
from transformers import AutoModelForCausalLM, TrainerCallback  # noqa: E402

from rpo_engines.llamafactory.data import MarginPairwiseCollator  # noqa: E402
from rpo_engines.llamafactory.patches import Guard, patched  # noqa: E402
from rpo_engines.llamafactory.records import LogRecorder  # noqa: E402
from rpo_engines.llamafactory.settings import SettingsError, split_settings  # noqa: E402
from rpo_engines.llamafactory.trainer import PairOutcome, RunState, TrainingStopped  # noqa: E402
from rpo_engines.margin import MarginError, pair_loss  # noqa: E402
from rpo_engines.metrics import read_metrics  # noqa: E402
from rpo_engines.tiny import tiny_pairs, write_rows, write_tiny_model  # noqa: E402
from rpo_engines.versions import EngineVersionError, check_versions  # noqa: E402

BETA, GAMMA = 0.1, 0.5
MARGINS = (0.0, 1.0, 3.0, 2.0, 5.0, 4.0, 1.0, 2.0)
SPEC = {0.0: 0.693147, 1.0: 0.974077, 3.0: 1.701413}
"""softplus(γg) by g, for γ 0.5, to six decimals."""
SMOOTHING = 0.1
SHAPED: dict[str, Any] = {"dpo_label_smoothing": SMOOTHING, "pref_ftx": 0.3}
CUTOFF = 256
NEARLY_NO_RATE = 1e-30
"""A learning rate under which the policy stays the reference, in fp32, over many updates."""
NO_CLIPPING = 1e9
TIMEOUT_SECONDS = 300
ENTRY = "rpo_engines.llamafactory"

TURN = {"system": "system", "user": "human", "assistant": "gpt"}
COLUMNS = {"messages": "conversations", "chosen": "chosen", "rejected": "rejected", "margin": "margin"}

Row = dict[str, Any]


# Data sets and configurations -------------------------------------------------------------------------------------------


def sharegpt(pair: Row) -> Row:
    """A pair of :func:`tiny_pairs` as `rpo pairs` exports it for LLaMA-Factory."""
    turn = lambda message: {"from": TURN[message["role"]], "value": message["content"]}  # noqa: E731
    row = {"conversations": [turn(message) for message in pair["prompt"]]}
    row |= {side: {"from": "gpt", "value": pair[side][0]["content"]} for side in ("chosen", "rejected")}
    return row | {"margin": pair["margin"], "sid": "tiny", "tid": pair["prompt"][0]["content"]}


def pairs(margins: Sequence[float], *, seed: int = 0) -> list[Row]:
    return [sharegpt(pair) for pair in tiny_pairs(margins, seed=seed)]


def write_data(folder: Path, rows: Sequence[Row], held_out: Sequence[Row] = ()) -> Path:
    """The folder with dataset_info.json as src/dataset/export/llamafactory.ts writes it."""
    entries: dict[str, Any] = {}
    for suffix, part in (("", rows), ("_validation", held_out)):
        if not part:
            continue
        name = f"train{suffix}.jsonl"
        write_rows(folder / name, list(part))
        common = {"file_name": name, "ranking": True, "columns": COLUMNS}
        entries[f"rpo{suffix}"] = {**common, "formatting": "sharegpt"}
        entries[f"rpo_margin{suffix}"] = {**common, "formatting": "rpo_sharegpt"}
    (folder / "dataset_info.json").write_text(json.dumps(entries), encoding="utf-8")
    return folder


@dataclass
class Taken:
    """What a training gave."""

    outcomes: list[PairOutcome] = field(default_factory=list)
    """Of each batch trained on, in order."""
    evaluations: list[PairOutcome] = field(default_factory=list)
    gradients: list[dict[str, torch.Tensor]] = field(default_factory=list)
    """Before each update, by parameter, unclipped."""
    logs: list[dict[str, float]] = field(default_factory=list)
    output: Path = Path()
    state: RunState | None = None

    def all(self, name: str) -> list[float]:
        """A field of the outcomes, pair by pair over all batches."""
        return [float(value) for outcome in self.outcomes for value in getattr(outcome, name)]

    def records(self, kind: Any = None) -> list[dict[str, Any]]:
        return read_metrics(self.output / "metrics.jsonl", kind)


class _Tap(TrainerCallback):
    """Takes gradients and logs from the stock trainer's own calls."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        self._taken.gradients.append(
            {name: part.grad.detach().clone() for name, part in model.named_parameters() if part.grad is not None}
        )

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        self._taken.logs.append({"step": state.global_step, **logs})


class Laboratory:
    """A folder with the tiny model, in which trainings are run."""

    def __init__(self, folder: Path, device: str) -> None:
        self.folder = folder
        self.device = device
        self.model = write_tiny_model(folder / "model")
        self._count = 0

    def config(self, data: Path, **changes: Any) -> dict[str, Any]:
        """A configuration with an output folder of its own."""
        self._count += 1
        config: dict[str, Any] = {
            "rpo_method": "rpo",
            "rpo_gamma": GAMMA,
            "model_name_or_path": str(self.model),
            "cache_dir": str(self.folder / "cache"),
            "template": "chatml",
            "stage": "dpo",
            "do_train": True,
            "finetuning_type": "lora",
            "lora_rank": 4,
            "lora_alpha": 8,
            "lora_target": "all",
            "pref_beta": BETA,
            "pref_loss": "sigmoid",
            "dataset_dir": str(data),
            "dataset": "rpo_margin",
            "cutoff_len": CUTOFF,
            "output_dir": str(self.folder / f"out-{self._count}"),
            "per_device_train_batch_size": 4,
            "learning_rate": 1e-2,
            "lr_scheduler_type": "constant",
            "max_steps": 1,
            "max_grad_norm": NO_CLIPPING,
            "logging_steps": 1,
            "save_strategy": "no",
            "disable_shuffling": True,
            "disable_gradient_checkpointing": True,
            "disable_tqdm": True,
            "report_to": "none",
            "seed": 7,
        }
        if self.device == "cpu":
            config["use_cpu"] = True
        return {key: value for key, value in {**config, **changes}.items() if value is not None}

    def train(self, data: Path, **changes: Any) -> Taken:
        """Trains RPO by this package."""
        return self.train_as(self.config(data, **changes))

    def train_as(
        self,
        config: dict[str, Any],
        *,
        within: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext,
        callbacks: Sequence[Callable[[RunState], TrainerCallback]] = (),
    ) -> Taken:
        """Args:
        within: a context entered after the patches, to undo some.
        """
        taken = Taken(output=Path(config["output_dir"]))
        settings, rest = split_settings(config, {})

        def observe(kind: str, outcome: PairOutcome) -> None:
            (taken.outcomes if kind == "train" else taken.evaluations).append(outcome)

        taken.state = RunState(settings, observers=(observe,))
        own = [make(taken.state) for make in callbacks]
        with quiet(), patched(taken.state), within():
            run_exp(args=rest, callbacks=[Guard(taken.state), _Tap(taken), *own])
        return taken

    def train_stock(self, data: Path, **changes: Any) -> Taken:
        """Trains DPO by LLaMA-Factory alone, watched from outside."""
        config = self.config(data, dataset="rpo", **changes)
        _, rest = split_settings(config, {})
        taken = Taken(output=Path(config["output_dir"]))

        class Watched(CustomDPOTrainer):
            def compute_preference_loss(self, *logps: Any) -> Any:
                result = super().compute_preference_loss(*logps)
                numbers = [values.detach().clone() for values in (*logps, result[0])]
                taken.outcomes.append(PairOutcome(*numbers[:4], torch.zeros_like(numbers[4]), numbers[4]))
                return result

        with quiet(), swapped(dpo_trainer, "CustomDPOTrainer", Watched):
            run_exp(args=rest, callbacks=[_Tap(taken)])
        return taken


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """LLaMA-Factory prints rows and tables."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


@contextlib.contextmanager
def swapped(module: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


def softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def refused(what: str, run: Callable[[], Any], *messages: str) -> str:
    """Raises CheckFailed unless the run is refused by an error of ours that says so."""
    try:
        run()
    except (MarginError, SettingsError, EngineVersionError) as error:
        require(all(message in str(error) for message in messages), f"{what}: refused, but with {str(error)!r}")
        return what
    raise CheckFailed(f"{what}: was trained all the same")


def largest_gradient_difference(found: Taken, expected: Taken, *, scale: float = 1.0, tolerance: float = 1e-6) -> float:
    """Over all updates and parameters; the expected ones times the scale."""
    worst = 0.0
    require(len(found.gradients) == len(expected.gradients) > 0, "other updates than expected")
    for ours, theirs in zip(found.gradients, expected.gradients, strict=True):
        require(ours.keys() == theirs.keys() and len(ours) > 0, "other parameters than expected")
        require(any(bool((values != 0).any()) for values in theirs.values()), "all gradients are 0: nothing is compared")
        for name, values in ours.items():
            worst = max(worst, float((values - scale * theirs[name]).abs().max()))
    require(worst <= tolerance, f"a gradient differs by {worst:.3g}")
    return worst


def require_first_losses(taken: Taken, margins: Sequence[float]) -> float:
    """Each pair's loss is softplus(γg) within 1e-5, in the order of the margins."""
    return largest_difference("loss", taken.all("losses"), [softplus(GAMMA * g) for g in margins], 1e-5)


# The checks ---------------------------------------------------------------------------------------------------------------


def checks(folder: Path, *, device: str = "cpu", dump: Path | None = None) -> list[Check]:
    """The checks, to be run in this order; the first starts processes whose ends later ones wait for.

    Args:
        folder: an empty folder for models, data and trainings.
        dump: where the check of five steps writes each pair's log-probabilities, margin and loss as JSON, to be recomputed
            by another program.
    """
    lab = Laboratory(folder, device)
    held_out = pairs((1.0, 0.0, 4.0, 2.0, 3.0), seed=9)
    data = write_data(folder / "data", pairs(MARGINS), held_out)
    beside = _Beside(lab, data)
    return [
        Check("versions", lambda: ", ".join(f"{name} {version}" for name, version in check_versions("llamafactory").items())),
        Check("column deleted and two processes started", beside.start),
        Check("step 0: each pair's loss is softplus(γg)", lambda: _first_losses(lab, data)),
        Check("full fine-tuning: the same", lambda: _first_losses(lab, data, finetuning_type="full")),
        Check("permuted margins permute the losses", lambda: _permuted(lab, folder)),
        Check("γ = 0 is stock DPO: losses and all gradients, LoRA", lambda: _zero_gamma(lab, data)),
        Check("γ = 0 is stock DPO: the same, full", lambda: _zero_gamma(lab, data, finetuning_type="full", learning_rate=1e-3)),
        Check("γ = 0 is stock DPO: smoothed and with a likelihood too", lambda: _zero_gamma(lab, data, **SHAPED)),
        Check("step 0, smoothed: (1 − ε)·softplus(γg) + ε·softplus(−γg)", lambda: _first_smoothed_losses(lab, data)),
        Check("gradients of a pair scale by σ(γg)/0.5", lambda: _gradient_scale(lab, data)),
        Check("the reference is the base model's, without the margin", lambda: _reference(lab, data)),
        Check("the reference computed once is the reference", lambda: _reference_once(lab, data)),
        Check("logits of completions alone are the same training", lambda: _completion_logits(lab, data)),
        Check("after 5 steps: losses from the log-probabilities", lambda: _five_steps(lab, data, dump)),
        Check("accumulation 4 is a batch of 4", lambda: _accumulation(lab, data)),
        Check("evaluation: every pair once, rewards not shifted", lambda: _evaluation(lab, data)),
        Check("stopped and resumed within an epoch: the same adapter", lambda: _resume(lab, data)),
        Check("the adapter is PEFT's", lambda: _adapter(lab, data)),
        Check("couples stay side by side", lambda: _couples(lab, folder)),
        Check("KTO and SFT are LLaMA-Factory's own, and recorded", lambda: _own_methods(lab, folder)),
        Check("two processes of torchrun are one", beside.two_processes),
        Check("control: column deleted, exit code not 0", beside.column_deleted),
        Check("control: stock classes in place of ours", lambda: _stock_classes(lab, data)),
        Check("control: stock training fails the first check", lambda: _stock_fails(lab, data)),
        Check("control: margins that are none", lambda: _bad_margins(lab, folder)),
        Check("control: other losses and settings", lambda: _other_settings(lab, data)),
        Check("control: data sets tokenised elsewhere or earlier", lambda: _caches(lab, folder)),
        Check("control: other versions", lambda: _other_versions()),
    ]


def _first_losses(lab: Laboratory, data: Path, **changes: Any) -> str:
    taken = lab.train(data, per_device_train_batch_size=len(MARGINS), **changes)
    require(len(taken.outcomes) == 1, f"{len(taken.outcomes)} batches, one expected")
    off = require_first_losses(taken, MARGINS)
    for g, expected in SPEC.items():
        found = taken.all("losses")[MARGINS.index(g)]
        require(abs(found - expected) <= 1e-5, f"g = {g:g}: {found} and not {expected}")
    logged = taken.logs[0]
    for name in ("rewards/chosen", "rewards/rejected", "rewards/margins", "rpo/margin_won"):
        won = sum(g < 0 for g in MARGINS)  # no pair can have won yet
        require(abs(logged[name] - won) <= 1e-6, f"{name} is {logged[name]} where the policy is the reference")
    mean = GAMMA * sum(MARGINS) / len(MARGINS)
    require(abs(logged["rpo/margin_mean"] - mean) <= 1e-6, f"rpo/margin_mean is {logged['rpo/margin_mean']}, not {mean}")
    return f"within {off:.1e} for g = {', '.join(f'{g:g}' for g in MARGINS)}"


def _first_smoothed_losses(lab: Laboratory, data: Path) -> str:
    """The losses are those before the likelihood, the record's has it."""
    taken = lab.train(data, per_device_train_batch_size=len(MARGINS), **SHAPED)
    terms = [GAMMA * g for g in MARGINS]
    wanted = [(1 - SMOOTHING) * softplus(term) + SMOOTHING * softplus(-term) for term in terms]
    off = largest_difference("loss", taken.all("losses"), wanted, 1e-5)
    recorded, logged = taken.records("step")[0]["loss"], taken.logs[0]["loss"]
    require(recorded > sum(wanted) / len(wanted) + 0.1, f"the record's loss is {recorded}, without a likelihood")
    require(abs(recorded - logged) <= 1e-4, f"the record's loss is {recorded}, and LLaMA-Factory's {logged}")
    return f"within {off:.1e}; with the likelihood {recorded:.6f}, and {logged} in LLaMA-Factory's log"


def _permuted(lab: Laboratory, folder: Path) -> str:
    rows = pairs(MARGINS, seed=3)
    out_of_turn, over_long, long_history = pairs((7.0, 8.0, 6.0), seed=4)
    out_of_turn["conversations"][-1]["from"] = "gpt"
    over_long["conversations"][-1]["value"] = "word " * CUTOFF
    query = long_history["conversations"][-1]
    old = [{"from": "human", "value": "word " * CUTOFF}, {"from": "gpt", "value": "yes"}]
    long_history["conversations"] = [long_history["conversations"][0], *old, query]
    rows = [rows[0], out_of_turn, *rows[1:4], over_long, *rows[4:], long_history]
    lost = {1, 5}
    own = [row["margin"] for row in rows]
    order = list(range(len(rows)))
    random.Random(5).shuffle(order)
    worst = 0.0
    for name, margins in (("as they are", own), ("permuted", [own[i] for i in order])):
        file = folder / f"data-{name.replace(' ', '-')}"
        write_data(file, [{**row, "margin": margin} for row, margin in zip(rows, margins, strict=True)])
        kept = [margin for index, margin in enumerate(margins) if index not in lost]
        steps = len(kept) // 3
        require(steps * 3 == len(kept), "the rows that are left must fill batches of three")
        taken = lab.train(file, per_device_train_batch_size=3, max_steps=steps, learning_rate=NEARLY_NO_RATE)
        require(taken.all("margins") == kept, f"margins {name}: {taken.all('margins')} came to the loss, not {kept}")
        worst = max(worst, require_first_losses(taken, kept))
        report = taken.state.report if taken.state else None
        found = report.record() if report else {}
        wanted = {"read": len(rows), "pairs": len(kept), "cut": 1, "bad": 1, "too_long": 1}
        require(wanted.items() <= found.items(), f"the report says {found}, and not {wanted}")
        require(found["completion_tokens_lost"] > 0, "the over-long row's completion tokens were not counted")
    shuffled = [own[i] for i in order if i not in lost]
    require(shuffled != [g for i, g in enumerate(own) if i not in lost], "the permutation left all margins in place")
    text = _prompt_of_last(lab, folder / "data-as-they-are")
    require(query["value"] in text and "word word" not in text, f"the cut prompt is {text!r}")
    return f"within {worst:.1e}; of {len(rows)} rows one out of turn and one over-long left out, one without its old history"


def _prompt_of_last(lab: Laboratory, data: Path) -> str:
    """The prompt of the last row as it is trained on."""
    found: list[str] = []

    class Reading(MarginPairwiseCollator):
        def __call__(self, features: list[Row]) -> Any:
            last = features[-1]
            prompt = [t for t, label in zip(last["chosen_input_ids"], last["chosen_labels"], strict=True) if label == -100]
            found.append(self.tokenizer.decode(prompt))
            return super().__call__(features)

    config = lab.config(data, per_device_train_batch_size=9, learning_rate=NEARLY_NO_RATE)
    lab.train_as(config, within=lambda: swapped(dpo_workflow, "PairwiseDataCollatorWithPadding", Reading))
    return found[-1]


def _zero_gamma(lab: Laboratory, data: Path, **changes: Any) -> str:
    same = {"max_steps": 3, "rpo_end_at_turn": False, **changes}
    # By the stock pass: products of fewer rows round otherwise, 2e-6 after some steps. _completion_logits compares the two.
    ours = lab.train(data, rpo_gamma=0.0, rpo_completion_logits=False, **same)
    stock = lab.train_stock(data, **same)
    off = largest_difference("loss", ours.all("losses"), stock.all("losses"), 1e-6)
    require(any(abs(loss - math.log(2)) > 1e-4 for loss in stock.all("losses")), "the policy did not move")
    gradient = largest_gradient_difference(ours, stock)
    return f"3 steps: losses within {off:.1e}, {len(ours.gradients[0])} gradients within {gradient:.1e}"


def _gradient_scale(lab: Laboratory, data: Path) -> str:
    # Batches of one pair, at a policy that stays where it is.
    same = {"per_device_train_batch_size": 1, "max_steps": 5, "learning_rate": NEARLY_NO_RATE, "finetuning_type": "full"}
    with_margin = lab.train(data, **same)
    without = lab.train(data, rpo_gamma=0.0, **same)
    worst = 0.0
    for step, margin in enumerate(MARGINS[:5]):
        scale = 2 / (1 + math.exp(-GAMMA * margin))
        ours, plain = Taken(gradients=[with_margin.gradients[step]]), Taken(gradients=[without.gradients[step]])
        size = max(float(values.abs().max()) for values in without.gradients[step].values())
        require(size > 1e-3, f"the gradients of pair {step + 1} are too small to compare ({size:.1e})")
        tolerance = 1e-6 * max(1.0, scale * size)
        worst = max(worst, largest_gradient_difference(ours, plain, scale=scale, tolerance=tolerance) / size)
    return f"within {worst:.1e} of the largest for g = {', '.join(f'{g:g}' for g in MARGINS[:5])}"


def _reference(lab: Laboratory, data: Path) -> str:
    """Against a forward pass of the base model alone, on the batches that the trainer was given."""
    batches: list[Any] = []

    class Keeping(MarginPairwiseCollator):
        def __call__(self, features: list[Row]) -> Any:
            batch = super().__call__(features)
            batches.append({name: values.clone() for name, values in batch.items()})
            return batch

    config = lab.config(data, max_steps=2)
    taken = lab.train_as(config, within=lambda: swapped(dpo_workflow, "PairwiseDataCollatorWithPadding", Keeping))
    base = AutoModelForCausalLM.from_pretrained(lab.model, dtype=torch.float32).eval()
    worst = 0.0
    for batch, outcome in zip(batches[: len(taken.outcomes)], taken.outcomes, strict=True):
        with torch.no_grad():
            logits = base(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits.double()
        labels = batch["labels"][:, 1:]
        picked = logits[:, :-1].log_softmax(-1).gather(2, labels.clamp(min=0).unsqueeze(2)).squeeze(2)
        sums = (picked * (labels != -100)).sum(-1)
        seen = torch.cat([outcome.ref_chosen_logps, outcome.ref_rejected_logps]).cpu()
        worst = max(worst, largest_difference("reference", seen.tolist(), sums.tolist(), 1e-3))
    moved = max(abs(a - b) for a, b in zip(taken.all("chosen_logps"), taken.all("ref_chosen_logps"), strict=True))
    require(moved > 1e-3, "the policy did not move, so that nothing tells it from the reference")
    return f"within {worst:.1e}, in the second step too, where the policy has moved by {moved:.2g}"


def _reference_once(lab: Laboratory, data: Path) -> str:
    """Three epochs of two batches and a look at the validation rows after each."""
    same = {
        "max_steps": 6,
        "disable_shuffling": None,
        "eval_dataset": "rpo_margin_validation",
        "eval_strategy": "steps",
        "eval_steps": 2,
        "per_device_eval_batch_size": 5,
    }
    passes = {}
    taken = {}
    stock = CustomDPOTrainer.concatenated_forward
    for once in (True, False):
        count = 0

        def counting(self: Any, model: Any, batch: Any, is_ref_model: bool = False) -> Any:
            nonlocal count
            count += is_ref_model
            return stock(self, model, batch, is_ref_model)

        config = lab.config(data, rpo_reference_once=once, **same)
        taken[once] = lab.train_as(config, within=lambda c=counting: swapped(CustomDPOTrainer, "concatenated_forward", c))
        passes[once] = count
    # LLaMA-Factory looks at the validation rows once more at its end.
    require(passes[True] == 3, f"{passes[True]} passes of the reference over two batches and one of validation rows")
    require(passes[False] == 10, f"{passes[False]} passes of the reference where each step makes one")
    off = _same_records(taken[True].records("step"), taken[False].records("step"), 1e-4)
    off = max(off, _same_records(taken[True].records("validation"), taken[False].records("validation"), 1e-4))
    return f"{passes[True]} passes in place of {passes[False]}; records within {off:.1e}"


def _completion_logits(lab: Laboratory, data: Path) -> str:
    """The same steps, from fewer logits than there are tokens."""
    taken = {}
    positions: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    stock = CustomDPOTrainer.concatenated_forward
    for fewer in (True, False):

        def counting(self: Any, model: Any, batch: Any, is_ref_model: bool = False, seen: Any = positions[fewer]) -> Any:
            tokens = batch["input_ids"].size(1)
            outputs = stock(self, model, batch, is_ref_model)
            seen.append((outputs["chosen_logits"].size(1), tokens))
            return outputs

        config = lab.config(data, max_steps=3, rpo_completion_logits=fewer)
        taken[fewer] = lab.train_as(config, within=lambda c=counting: swapped(CustomDPOTrainer, "concatenated_forward", c))
    require(all(logits == tokens for logits, tokens in positions[False]), "the stock pass has other logits than one a token")
    require(all(logits < tokens for logits, tokens in positions[True]), "there are logits of prompts")
    # In the first step, where both have the same weights.
    gradient = largest_gradient_difference(
        Taken(gradients=taken[True].gradients[:1]), Taken(gradients=taken[False].gradients[:1])
    )
    off = _same_records(taken[True].records("step"), taken[False].records("step"), 1e-4)
    share = sum(logits for logits, _ in positions[True]) / sum(tokens for _, tokens in positions[True])
    return f"{share:.0%} of the positions; first gradients within {gradient:.1e}, three steps' records within {off:.1e}"


def _five_steps(lab: Laboratory, data: Path, dump: Path | None) -> str:
    taken = lab.train(data, max_steps=6, num_train_epochs=4)
    last = taken.outcomes[5]
    delta = (last.chosen_logps.double() - last.ref_chosen_logps.double()) - (
        last.rejected_logps.double() - last.ref_rejected_logps.double()
    )
    require(float((BETA * delta).abs().max()) > 1e-2, "the policy did not move")
    expected = pair_loss(delta, last.margins, beta=BETA, gamma=GAMMA)
    off = largest_difference("loss", last.losses.tolist(), expected.tolist(), 1e-4)
    # The mean that the trainer optimised and logged, too, to the four decimals of its log.
    logged = [line["loss"] for line in taken.logs if "loss" in line]
    require(abs(logged[5] - float(expected.mean())) <= 1e-4, f"the logged loss is {logged[5]}, not {float(expected.mean())}")
    record = taken.records("step")[5]
    require(abs(record["loss"] - float(expected.mean())) <= 1e-6, f"metrics.jsonl has {record['loss']}")
    won = float((BETA * delta > GAMMA * last.margins).double().mean())
    require(abs(record["marginAccuracy"] - won) <= 1e-9, f"marginAccuracy is {record['marginAccuracy']}, not {won}")
    require(abs(record["rewardMargin"] - float(BETA * delta.mean())) <= 1e-6, f"rewardMargin is {record['rewardMargin']}")
    line = [line for line in taken.logs if "loss" in line][5]
    require(abs(line["rewards/margins"] - float(BETA * delta.mean())) <= 1e-5, f"rewards/margins is {line['rewards/margins']}")
    require(abs(line["rpo/margin_won"] - won) <= 1e-6, f"rpo/margin_won is {line['rpo/margin_won']}, not {won}")
    if dump is not None:
        names = ("chosen_logps", "rejected_logps", "ref_chosen_logps", "ref_rejected_logps", "margins", "losses")
        columns = {name: getattr(last, name).tolist() for name in names}
        write_rows(dump, [{"step": 5, "beta": BETA, "gamma": GAMMA, "loss": logged[5], **columns}])
    return f"within {off:.1e} in the sixth step; logs and metrics.jsonl alike"


def _accumulation(lab: Laboratory, data: Path) -> str:
    whole = lab.train(data, max_steps=4, num_train_epochs=2)
    parts = lab.train(data, max_steps=4, num_train_epochs=2, per_device_train_batch_size=1, gradient_accumulation_steps=4)
    gradient = largest_gradient_difference(
        Taken(gradients=parts.gradients[:1]), Taken(gradients=whole.gradients[:1])
    )
    off = _same_records(parts.records("step"), whole.records("step"), 1e-4)
    return f"first gradients within {gradient:.1e}, four steps' records within {off:.1e}"


RECORDED = ("loss", "margin", "rewardMargin", "chosenReward", "rejectedReward", "gradientNorm", "learningRate", "epoch", "rows")


def _same_records(found: list[dict[str, Any]], expected: list[dict[str, Any]], tolerance: float) -> float:
    require(len(found) == len(expected) > 0, f"{len(found)} records, {len(expected)} expected")
    names = [name for name in RECORDED if name in expected[0]]
    return max(
        largest_difference(name, [line[name] for line in found], [line[name] for line in expected], tolerance) for name in names
    )


def _evaluation(lab: Laboratory, data: Path) -> str:
    margins = [1.0, 0.0, 4.0, 2.0, 3.0]
    taken = lab.train(
        data,
        max_steps=2,
        eval_dataset="rpo_margin_validation",
        eval_strategy="steps",
        eval_steps=1,
        eval_on_start=True,
        per_device_eval_batch_size=2,
    )
    records = taken.records("validation")
    require([record["step"] for record in records] == [0, 1, 2], f"validation at {[r['step'] for r in records]}")
    require(all(record["rows"] == len(margins) for record in records), f"rows {[r['rows'] for r in records]}")
    first = sum(softplus(GAMMA * g) for g in margins) / len(margins)
    require(abs(records[0]["loss"] - first) <= 1e-5, f"at step 0 the loss is {records[0]['loss']} and not {first}")
    require(records[0]["rewardMargin"] == 0 and records[0]["chosenReward"] == 0, "rewards at step 0 are not 0")
    seen = [float(g) for outcome in taken.evaluations[-3:] for g in outcome.margins]
    require(seen == margins, f"margins {seen} came to the evaluation")
    logged = [line["eval_loss"] for line in taken.logs if "eval_loss" in line]
    # The stock trainer's mean is over batches, the last of which is smaller.
    means = [sum(float(o.losses.mean()) * len(o.losses) for o in taken.evaluations[-3:]) / len(margins)]
    require(abs(records[-1]["loss"] - means[0]) <= 1e-6, f"metrics.jsonl has {records[-1]['loss']}, the batches {means[0]}")
    require(len(logged) >= 3 and abs(logged[-1] - means[0]) <= 1e-3, f"eval_loss is {logged[-1]}, the batches' {means[0]}")
    require(records[0]["best"] is False and records[1]["best"] is True, "the best look is told wrongly")
    return f"{len(records)} looks at {len(margins)} pairs, the first within 1e-5 of mean softplus(γg)"


class _StopAfter(TrainerCallback):
    """Asks for an end as a signal would."""

    def __init__(self, state: RunState, step: int) -> None:
        self._state, self._step = state, step

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == self._step - 1:
            self._state.stop_requested = True


def _resume(lab: Laboratory, data: Path) -> str:
    # Three batches an epoch, the last of two pairs; stopped after the first batch of the second epoch.
    same = {
        "per_device_train_batch_size": 3,
        "max_steps": 6,
        "disable_shuffling": None,
        "lr_scheduler_type": "cosine",
        "warmup_ratio": 0.1,
        "save_strategy": "steps",
        "save_steps": 100,
        "save_only_model": False,
    }
    whole = lab.train(data, **same)
    config = lab.config(data, **same)
    stopped = False
    try:
        lab.train_as(config, callbacks=[lambda state: _StopAfter(state, 4)])
    except TrainingStopped as end:
        stopped = end.step == 4
    require(stopped, "the training was not stopped after step 4")
    require(not (Path(config["output_dir"]) / "adapter_model.safetensors").exists(), "an adapter was written half-trained")
    resumed = lab.train_as(config)
    require(len(resumed.outcomes) == 2, f"{len(resumed.outcomes)} batches after the resumption, two expected")
    kinds = [(record["kind"], record["step"]) for record in resumed.records()]
    wanted = [("start", 0), *(("step", n) for n in range(1, 5)), ("start", 4), ("step", 5), ("step", 6)]
    require(kinds == wanted, f"metrics.jsonl has {kinds}")
    off = _same_records(resumed.records("step"), whole.records("step"), 1e-6)
    ours, theirs = _weights(resumed.output), _weights(whole.output)
    require(ours.keys() == theirs.keys(), "the adapters have other tensors")
    worst = max(float((ours[name] - theirs[name]).abs().max()) for name in ours)
    require(worst <= 1e-6, f"the adapters differ by {worst:.3g}")
    return f"records within {off:.1e}, adapters within {worst:.1e}"


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "adapter_model.safetensors")


def _adapter(lab: Laboratory, data: Path) -> str:
    """By PEFT, on the base model: log-probabilities as the trainer's last look had them."""
    from peft import PeftModel

    batches: list[Any] = []

    class Keeping(MarginPairwiseCollator):
        def __call__(self, features: list[Row]) -> Any:
            batch = super().__call__(features)
            batches.append({name: values.clone() for name, values in batch.items()})
            return batch

    config = lab.config(
        data, max_steps=3, eval_dataset="rpo_margin_validation", eval_strategy="steps", eval_steps=3, per_device_eval_batch_size=5
    )
    taken = lab.train_as(config, within=lambda: swapped(dpo_workflow, "PairwiseDataCollatorWithPadding", Keeping))
    base = AutoModelForCausalLM.from_pretrained(lab.model, dtype=torch.float32)
    model = PeftModel.from_pretrained(base, taken.output).eval()
    batch, outcome = batches[-1], taken.evaluations[-1]
    with torch.no_grad():
        logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits.double()
    labels = batch["labels"][:, 1:]
    picked = logits[:, :-1].log_softmax(-1).gather(2, labels.clamp(min=0).unsqueeze(2)).squeeze(2)
    sums = (picked * (labels != -100)).sum(-1)
    seen = torch.cat([outcome.chosen_logps, outcome.rejected_logps]).cpu()
    off = largest_difference("log-probability", seen.tolist(), sums.tolist(), 1e-3)
    moved = float((outcome.chosen_logps - outcome.ref_chosen_logps).abs().max())
    require(moved > 1e-3, "the adapter changes nothing")
    return f"log-probabilities within {off:.1e}, {moved:.2g} away from the base model's"


def _couples(lab: Laboratory, folder: Path) -> str:
    rows: list[Row] = []
    for index, row in enumerate(pairs((1.0, 2.0, 3.0), seed=6)):
        mirror = {**row, "chosen": row["rejected"], "rejected": row["chosen"], "margin": 10.0 + index}
        rows += [row, mirror]
    rows.append(pairs((7.0,), seed=8)[0])
    data = write_data(folder / "data-couples", rows)
    taken = lab.train(
        data, per_device_train_batch_size=1, max_steps=21, disable_shuffling=None, learning_rate=NEARLY_NO_RATE
    )
    seen = [taken.all("margins")[epoch * 7 : (epoch + 1) * 7] for epoch in range(3)]
    for margins in seen:
        require(sorted(margins) == sorted(row["margin"] for row in rows), f"an epoch saw {margins}")
        for g in (1.0, 2.0, 3.0):
            require(margins[margins.index(g) + 1] == 9.0 + g, f"a couple is torn apart: {margins}")
    require(len({tuple(margins) for margins in seen}) > 1, "all epochs have one order")
    return "three epochs of three couples and a single pair, each in an order of its own"


def _own_methods(lab: Laboratory, folder: Path) -> str:
    told = []
    for method, tags in (("kto", (True, False, True, False)), ("sft", (None, None, None, None))):
        rows = []
        for row, tag in zip(pairs((0.0,) * 4, seed=11), tags, strict=True):
            said = [*row["conversations"], row["chosen"]]
            rows.append({"conversations": said, **({} if tag is None else {"kto_tag": tag})})
        data = folder / f"data-{method}"
        write_rows(data / "train.jsonl", rows)
        columns = {"messages": "conversations", **({"kto_tag": "kto_tag"} if method == "kto" else {})}
        entry = {"file_name": "train.jsonl", "formatting": "sharegpt", "columns": columns}
        (data / "dataset_info.json").write_text(json.dumps({method: entry}), encoding="utf-8")
        config = lab.config(data, rpo_method=method, rpo_gamma=None, stage=method, dataset=method, max_steps=2)
        settings, rest = split_settings(config, {})
        with quiet():
            run_exp(args=rest, callbacks=[LogRecorder(settings.metrics)])
        records = read_metrics(settings.metrics)
        require([(r["kind"], r["step"]) for r in records] == [("start", 0), ("step", 1), ("step", 2)], f"{method}: {records}")
        require(all(math.isfinite(r["loss"]) and r["loss"] > 0 for r in records[1:]), f"{method}: losses {records}")
        require(all(r["margin"] is None and r["gradientNorm"] > 0 for r in records[1:]), f"{method}: {records[1:]}")
        require((Path(config["output_dir"]) / "adapter_model.safetensors").exists(), f"{method} left no adapter")
        told.append(f"{method} {records[1]['loss']:g}")
    # KTO begins at 1 − σ(0) for every row.
    require(told[0] == "kto 0.5", f"the first loss is {told[0]}")
    return f"first losses: {', '.join(told)}"


@dataclass
class _Beside:
    """Trainings in processes of their own, which run beside the other checks."""

    lab: Laboratory
    data: Path
    processes: dict[str, tuple[subprocess.Popen[str], Path]] = field(default_factory=dict)
    two: dict[str, Any] = field(default_factory=dict)

    def start(self) -> str:
        rows = [{key: value for key, value in row.items() if key != "margin"} for row in pairs(MARGINS)]
        without = write_data(self.lab.folder / "data-without", rows)
        self._start("deleted", ["-m", ENTRY], self.lab.config(without))
        self.two = self.lab.config(
            self.data,
            max_steps=4,
            per_device_train_batch_size=2,
            eval_dataset="rpo_margin_validation",
            eval_strategy="steps",
            eval_steps=4,
            per_device_eval_batch_size=2,
        )
        torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", ENTRY]
        self._start("two", torchrun, self.two)
        return f"{len(self.processes)} trainings run beside the others"

    def _start(self, name: str, command: Sequence[str], config: dict[str, Any]) -> None:
        file = self.lab.folder / f"{name}.yaml"
        file.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
        log = self.lab.folder / f"{name}.log"
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        with open(log, "w", encoding="utf-8") as out:
            process = subprocess.Popen(
                [sys.executable, *command, str(file)], stdout=out, stderr=subprocess.STDOUT, text=True, env=environment
            )
        atexit.register(process.kill)  # one that has ended takes no harm
        self.processes[name] = (process, log)

    def _end(self, name: str) -> tuple[int, str]:
        require(name in self.processes, "the process was not started")
        process, log = self.processes[name]
        try:
            code = process.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise CheckFailed(f"no end after {TIMEOUT_SECONDS} s") from None
        return code, log.read_text(encoding="utf-8", errors="replace")

    def column_deleted(self) -> str:
        code, log = self._end("deleted")
        require(code != 0, "a data set without margins was trained")
        last = log.strip().splitlines()[-1]
        require(last.startswith("rpo-engines: ") and "margin: missing" in last, f"its last line is {last!r}")
        return f"exit code {code}: {last.removeprefix('rpo-engines: ')}"

    def two_processes(self) -> str:
        code, log = self._end("two")
        require(code == 0, f"torchrun ended with {code}: {log.strip()[-1500:]}")
        alone = self.lab.train(
            self.data,
            max_steps=4,
            eval_dataset="rpo_margin_validation",
            eval_strategy="steps",
            eval_steps=4,
            per_device_eval_batch_size=2,
        )
        together = read_metrics(Path(self.two["output_dir"]) / "metrics.jsonl")
        require(together[0].get("processes") == 2, f"the start tells {together[0].get('processes')} processes")
        steps = [record for record in together if record["kind"] == "step"]
        off = _same_records(steps, alone.records("step"), 1e-4)
        looks = [record for record in together if record["kind"] == "validation"]
        require([look["rows"] for look in looks] == [5], f"the look at five pairs had {[look['rows'] for look in looks]}")
        off = max(off, _same_records(looks, alone.records("validation"), 1e-4))
        ours, theirs = _weights(Path(self.two["output_dir"])), _weights(alone.output)
        worst = max(float((ours[name] - theirs[name]).abs().max()) for name in theirs)
        require(worst <= 1e-3, f"the adapters differ by {worst:.3g}")
        return f"four steps and a look at five pairs: records within {off:.1e}, adapters within {worst:.1e}"


def _stock_classes(lab: Laboratory, data: Path) -> str:
    done = []
    for what, module, name, stock, message in (
        ("collator", dpo_workflow, "PairwiseDataCollatorWithPadding", PairwiseDataCollatorWithPadding, "did not take"),
        ("trainer", dpo_trainer, "CustomDPOTrainer", _StockForBatches, "did not take"),
        ("processor", loader, "PairwiseDatasetProcessor", PairwiseDatasetProcessor, "lacks"),
    ):
        config = lab.config(data)
        within = lambda m=module, n=name, s=stock: swapped(m, n, s)  # noqa: E731
        done.append(refused(what, lambda c=config, w=within: lab.train_as(c, within=w), message))
    config = lab.config(data, dataset="rpo")
    done.append(refused("converter", lambda: lab.train_as(config), "rpo_sharegpt"))
    return f"refused each: {', '.join(done)}"


class _StockForBatches(CustomDPOTrainer):
    """The stock trainer, on batches with a margin, which its model would not take."""

    def get_batch_loss_metrics(self, model: Any, batch: Any, train_eval: Any = "train") -> Any:
        return super().get_batch_loss_metrics(model, {k: v for k, v in batch.items() if k != "margin"}, train_eval)


def _stock_fails(lab: Laboratory, data: Path) -> str:
    stock = lab.train_stock(data, per_device_train_batch_size=len(MARGINS))
    try:
        require_first_losses(stock, MARGINS)
    except CheckFailed as failure:
        return f"it does: {failure}"
    raise CheckFailed("the first check holds for a training without margins")


def _bad_margins(lab: Laboratory, folder: Path) -> str:
    done = []
    for what, margin in (("null", None), ("NaN", math.nan), ("infinite", math.inf), ("negative", -1.0), ("text", "2")):
        rows = pairs(MARGINS[:4])
        # Texts need a column of texts, or the loader refuses the file before anyone looks at it.
        rows = [{**row, "margin": "1"} for row in rows] if isinstance(margin, str) else rows
        rows[2]["margin"] = margin
        data = write_data(folder / f"data-{what}", rows)
        done.append(refused(what, lambda d=data: lab.train(d), "margin"))
    return f"refused each: {', '.join(done)}"


def _other_settings(lab: Laboratory, data: Path) -> str:
    done = [
        refused(what, lambda c=changes: split_settings(lab.config(data, **c), {}), word)
        for what, changes, word in (
            ("hinge", {"pref_loss": "hinge"}, "hinge"),
            ("ipo", {"pref_loss": "ipo"}, "ipo"),
            ("orpo", {"pref_loss": "orpo"}, "orpo"),
            ("simpo", {"pref_loss": "simpo"}, "simpo"),
            ("label smoothing", {"dpo_label_smoothing": 0.6}, "smoothing"),
            ("BCO", {"pref_bco_weight": 1.0}, "pref_bco_weight"),
            ("another reference", {"ref_model": "x"}, "ref_model"),
            ("an adapter to begin with", {"adapter_name_or_path": "x"}, "create_new_adapter"),
            ("streaming", {"streaming": True}, "streaming"),
            ("Ray", {"use_ray": True}, "use_ray"),
            ("γ missing", {"rpo_gamma": None}, "rpo_gamma"),
            ("γ below 0", {"rpo_gamma": -1}, "rpo_gamma"),
            ("β 0", {"pref_beta": 0}, "beta"),
            ("a key that is unknown", {"rpo_gama": 1}, "rpo_gama"),
        )
    ]
    # The trainer looks again, at what LLaMA-Factory made of them.
    with swapped(sys.modules["rpo_engines.llamafactory.settings"], "check_objective", lambda **_: None):
        for loss in ("hinge", "ipo"):
            done.append(refused(f"{loss} in the trainer", lambda c=loss: lab.train(data, pref_loss=c), loss))
    return f"refused each: {', '.join(done)}"


def _caches(lab: Laboratory, folder: Path) -> str:
    rows = pairs(MARGINS)
    data = write_data(folder / "data-cached", rows)
    stock_cache, own_cache = folder / "tokenised-stock", folder / "tokenised"
    lab.train_stock(data, tokenized_path=str(stock_cache))
    done = [refused("by LLaMA-Factory alone", lambda: lab.train(data, tokenized_path=str(stock_cache)), "tokenized_path")]
    made = lab.train(data, tokenized_path=str(own_cache), per_device_train_batch_size=len(MARGINS))
    again = lab.train(data, tokenized_path=str(own_cache), per_device_train_batch_size=len(MARGINS))
    require(again.all("margins") == made.all("margins") == list(MARGINS), "the cached margins are others")
    write_data(data, [{**row, "margin": row["margin"] + 1} for row in rows])
    done.append(refused("of older data", lambda: lab.train(data, tokenized_path=str(own_cache)), "files"))
    return f"refused each: {', '.join(done)}; our own is taken"


def _other_versions() -> str:
    import rpo_engines.versions as versions

    def other() -> None:
        with swapped(versions, "installed", lambda name: "0.9.6" if name == "llamafactory" else "0.24.0"):
            check_versions("llamafactory")

    return f"refused: {refused('llamafactory 0.9.6', other, '0.9.6')}"
