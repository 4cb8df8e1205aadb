"""LLaMA-Factory's DPO trainer with the margin in its reference, its record, and an end that loses nothing.

The loss is the stock one throughout, its label smoothing and its likelihood term (pref_ftx, a mean over the chosen response's tokens)
included: only the reference log-probability that goes into it is another (:func:`rpo_engines.margin.raised_reference`). What the stock code makes of that, rewards included, is put right again before it
is logged. Before the first update of a training the loss must be the mean of softplus(γg), and in the first batch of every
process it must be softplus(γg − βΔ) of the log-probabilities seen; else the training stops.
"""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from llamafactory.train.dpo.trainer import CustomDPOTrainer
from torch import Tensor
from transformers import TrainerCallback

from rpo_engines import events
from rpo_engines.couple_sampler import CoupleSampler
from rpo_engines.llamafactory.data import DataReport, MarginPairwiseCollator, couples
from rpo_engines.llamafactory.reference_cache import ROW, NumberedRows, ReferenceCache
from rpo_engines.llamafactory.settings import RpoSettings
from rpo_engines.margin import (
    MarginError,
    check_objective,
    checked_margins,
    expected_first_loss,
    pair_loss,
    raised_reference,
)
from rpo_engines.metrics import MetricsFile, PairSums, read_metrics, step_record, summary, validation_record

FIRST_LOSS_TOLERANCE = 1e-4
"""How far the loss before the first update may be from mean softplus(γg), in fp32."""
FORMULA_TOLERANCE = 1e-5
"""How far a pair's loss may be from softplus(γg − βΔ)."""
SUM_ROUNDING = 2.0**-20
"""Share of a log-probability sum that its rounding in fp32 may come to, with room for the order of additions."""
HALF_ROUNDING = 2.0**-8
"""The same where policy and reference are computed in half precision, each from weights of its own."""


class TrainingStopped(Exception):
    """The training was asked to stop, and its checkpoint is written."""

    def __init__(self, step: int) -> None:
        super().__init__(f"stopped after step {step}")
        self.step = step


@dataclass(frozen=True)
class PairOutcome:
    """What a batch gave, each [pairs], without gradients. The reference is without the margin."""

    chosen_logps: Tensor
    rejected_logps: Tensor
    ref_chosen_logps: Tensor
    ref_rejected_logps: Tensor
    margins: Tensor
    losses: Tensor
    """As the stock code computed them, before a likelihood term (pref_ftx)."""


@dataclass
class RunState:
    """What one training shares between the places that LLaMA-Factory calls."""

    settings: RpoSettings
    report: DataReport | None = None
    """Of the training rows."""
    held_out: DataReport | None = None
    """Of the validation rows, all sets of them together."""
    trainers: int = 0
    """Trainers of this package that were made."""
    stop_requested: bool = False
    observers: tuple[Callable[[str, PairOutcome], None], ...] = ()
    """Called with "train" or "eval" and what each batch gave."""


_active: RunState | None = None


def set_active(state: RunState | None) -> RunState | None:
    """Sets the run whose trainer is made next. LLaMA-Factory makes it, with no place for arguments of ours.

    Returns:
        The run that was set before.
    """
    global _active
    before, _active = _active, state
    return before


def keeps_positions(model: Any) -> bool:
    """Whether the model can be asked for the logits of some positions, as transformers' causal language models can."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    return "logits_to_keep" in inspect.signature(base.forward).parameters


class MarginDPOTrainer(CustomDPOTrainer):
    """Trains RPO; DPO where γ is 0."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if _active is None:
            raise MarginError("no run is set: start the training by python -m rpo_engines.llamafactory")
        self._run = _active
        collator = kwargs.get("data_collator")
        if not isinstance(collator, MarginPairwiseCollator):
            raise MarginError(f"the batches come from {type(collator).__name__}, which loses margins: the patch did not take")
        self._caches: dict[str, ReferenceCache] = {}
        if self._run.settings.reference_once:
            for kind, name in (("train", "train_dataset"), ("eval", "eval_dataset")):
                rows = kwargs.get(name)
                if rows is not None and not isinstance(rows, dict):  # several validation sets are computed each time
                    kwargs[name] = NumberedRows(rows)
                    self._caches[kind] = ReferenceCache(len(rows))
        super().__init__(*args, **kwargs)
        check_objective(
            beta=self.beta,
            gamma=self._run.settings.gamma,
            loss=self.loss_type,
            f_divergence=self.f_divergence_type,
            label_smoothing=self.label_smoothing,
            reference_free=self.reference_free or not self.finetuning_args.use_ref_model,
        )
        self._run.trainers += 1
        unwrapped = self.accelerator.unwrap_model(self.model)
        self._keeps_positions = self._run.settings.completion_logits and keeps_positions(unwrapped)
        self._sums = {"train": PairSums(), "eval": PairSums()}
        self._margins: Tensor | None = None
        self._rows: Tensor | None = None
        self._cache: ReferenceCache | None = None
        self._outcome: PairOutcome | None = None
        self._formula_seen = False
        self._metrics_file: MetricsFile | None = None
        self.sampler: CoupleSampler | None = None
        self._recorded = 0
        self._validated = -1
        self._best = math.inf
        self._clock = time.perf_counter()
        self.add_callback(_Begin(self))

    def _get_train_sampler(self, *args: Any, **kwargs: Any) -> Any:
        if self.finetuning_args.disable_shuffling:
            return super()._get_train_sampler(*args, **kwargs)
        seed = self.args.seed if self.args.data_seed is None else self.args.data_seed
        rows = self.train_dataset.rows if isinstance(self.train_dataset, NumberedRows) else self.train_dataset
        self.sampler = CoupleSampler(couples(rows), seed)
        return self.sampler

    # One batch ---------------------------------------------------------------------------------------------------------

    def get_batch_loss_metrics(
        self, model: Any, batch: dict[str, Tensor], train_eval: Literal["train", "eval"] = "train"
    ) -> tuple[Tensor, dict[str, float]]:
        pairs = batch["input_ids"].size(0) // 2
        margins = batch.get("margin")
        self._margins = checked_margins(margins, pairs=pairs).to(batch["input_ids"].device)
        self._outcome = None
        self._rows, self._cache = batch.get(ROW), self._caches.get(train_eval)
        inputs = {key: value for key, value in batch.items() if key not in ("margin", ROW)}
        loss, metrics = super().get_batch_loss_metrics(model, inputs, train_eval)
        outcome = self._outcome
        self._margins = self._outcome = None
        if outcome is None:
            raise MarginError("the trainer computed its loss without compute_preference_loss: the margin did not reach it")
        self._check(outcome, train_eval, model)
        self._add(outcome, inputs, train_eval)
        for observe in self._run.observers:
            observe(train_eval, outcome)
        gaps = self.beta * (
            (outcome.chosen_logps - outcome.ref_chosen_logps) - (outcome.rejected_logps - outcome.ref_rejected_logps)
        )
        prefix = "eval_" if train_eval == "eval" else ""
        terms = self._run.settings.gamma * outcome.margins
        metrics[f"{prefix}rpo/margin_mean"] = terms.mean().item()  # γg, as `margin` in metrics.jsonl
        won = gaps > terms
        metrics[f"{prefix}rpo/margin_won"] = won.float().mean().item()
        return loss, metrics

    def concatenated_forward(self, model: Any, batch: dict[str, Tensor], is_ref_model: bool = False) -> dict[str, Tensor]:
        """The stock pass, with the vocabulary's logits only from the first completion token of the batch on: what the prompts
        would be followed by is not asked, and their logits in fp32 are most of the memory of long ones."""
        if not self._keeps_positions:
            return super().concatenated_forward(model, batch, is_ref_model)
        labels = batch["labels"]
        counted = (labels != self.label_pad_token_id).any(dim=0).nonzero()
        before = max(0, int(counted[0]) - 1) if len(counted) > 0 else 0  # a token is foretold at the position before it
        kept = torch.arange(before, labels.size(1), device=labels.device)
        return super().concatenated_forward(
            model, {**batch, "labels": labels[:, before:], "logits_to_keep": kept}, is_ref_model
        )

    def compute_reference_log_probs(self, model: Any, batch: dict[str, Tensor]) -> tuple[Tensor | None, Tensor | None]:
        rows, cache = self._rows, self._cache
        if rows is None or cache is None:
            return super().compute_reference_log_probs(model, batch)
        found = cache.look_up(rows)
        if found is None:
            chosen, rejected = super().compute_reference_log_probs(model, batch)
            if chosen is None or rejected is None:
                raise MarginError("the trainer has no reference model")
            found = chosen, rejected
        if not cache.is_whole:
            cache.keep(rows, *found, self.accelerator.gather)
        return found

    def compute_preference_loss(
        self,
        policy_chosen_logps: Tensor,
        policy_rejected_logps: Tensor,
        reference_chosen_logps: Tensor | None,
        reference_rejected_logps: Tensor | None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        if self._margins is None or reference_chosen_logps is None or reference_rejected_logps is None:
            raise MarginError("the loss was asked for without margins or without a reference")
        gamma = self._run.settings.gamma
        raised = raised_reference(reference_chosen_logps, self._margins, beta=self.beta, gamma=gamma)
        losses, chosen_rewards, rejected_rewards = super().compute_preference_loss(
            policy_chosen_logps, policy_rejected_logps, raised, reference_rejected_logps
        )
        self._outcome = PairOutcome(
            policy_chosen_logps.detach(),
            policy_rejected_logps.detach(),
            reference_chosen_logps.detach(),
            reference_rejected_logps.detach(),
            self._margins,
            losses.detach().clone(),  # the stock code adds to it in place
        )
        # The chosen reward came out γg too low.
        return losses, chosen_rewards + gamma * self._margins, rejected_rewards

    def _check(self, outcome: PairOutcome, train_eval: str, model: Any) -> None:
        gamma = self._run.settings.gamma
        sums = (outcome.chosen_logps, outcome.rejected_logps, outcome.ref_chosen_logps, outcome.ref_rejected_logps)
        longest = max(float(numbers.abs().max()) for numbers in sums)
        if not self._formula_seen:
            delta = (outcome.chosen_logps.double() - outcome.ref_chosen_logps.double()) - (
                outcome.rejected_logps.double() - outcome.ref_rejected_logps.double()
            )
            smoothing = self.label_smoothing
            expected = pair_loss(delta, outcome.margins, beta=self.beta, gamma=gamma, label_smoothing=smoothing)
            off = float((outcome.losses.double() - expected).abs().max())
            if not off <= max(FORMULA_TOLERANCE, self.beta * SUM_ROUNDING * longest):
                raise MarginError(f"the loss of a pair is {off:.6f} from softplus(γg − βΔ): the margin does not reach it")
            self._formula_seen = True
        if train_eval == "train" and self.state.global_step == 0:
            margins = outcome.margins.tolist()
            expected_mean = expected_first_loss(margins, gamma=gamma, label_smoothing=self.label_smoothing)
            found = float(outcome.losses.double().mean())
            share = HALF_ROUNDING if self._is_half(model) else SUM_ROUNDING
            if not abs(found - expected_mean) <= max(FIRST_LOSS_TOLERANCE, self.beta * share * longest):
                raise MarginError(
                    f"before any update the mean loss must be {expected_mean:.6f}, the mean of log(1 + e^γg), but is "
                    f"{found:.6f}: the reference is not the model that the training begins with"
                )

    def _is_half(self, model: Any) -> bool:
        return self.args.bf16 or self.args.fp16 or next(model.parameters()).dtype != torch.float32

    def _add(self, outcome: PairOutcome, inputs: dict[str, Tensor], train_eval: Literal["train", "eval"]) -> None:
        numbers = {
            "chosen_logps": outcome.chosen_logps,
            "rejected_logps": outcome.rejected_logps,
            "ref_chosen_logps": outcome.ref_chosen_logps,
            "ref_rejected_logps": outcome.ref_rejected_logps,
            "margins": outcome.margins,
        }
        tokens = inputs["attention_mask"].sum(-1)
        tokens = tokens[: len(outcome.margins)] + tokens[len(outcome.margins) :]
        likelihood = torch.zeros_like(outcome.margins)
        if self.ftx_gamma > 1e-6:  # as the stock code decides
            lengths = (inputs["labels"][:, 1:] != self.label_pad_token_id).sum(-1)[: len(outcome.margins)]
            likelihood = -self.ftx_gamma * outcome.chosen_logps / lengths
        if train_eval == "eval":
            # Pairs that fill up the last batch of an evaluation in several processes are left out, as of its loss.
            gathered = self.accelerator.gather_for_metrics({**numbers, "tokens": tokens, "likelihood": likelihood})
            tokens, likelihood = gathered.pop("tokens"), gathered.pop("likelihood")
            numbers = gathered
        self._sums[train_eval].add(
            **numbers,
            beta=self.beta,
            gamma=self._run.settings.gamma,
            tokens=int(tokens.sum()),
            label_smoothing=self.label_smoothing,
            likelihood=likelihood,
        )

    # One update --------------------------------------------------------------------------------------------------------

    def _maybe_log_save_evaluate(
        self, tr_loss: Any, grad_norm: Any, *args: Any, learning_rate: Any = None, **kwargs: Any
    ) -> None:
        """The stock trainer calls this after each update, and once more after each epoch."""
        stopping = False
        if self.state.global_step > self._recorded:
            stopping = self._record_step(grad_norm, learning_rate) and self.state.global_step < self.state.max_steps
            if stopping:
                self.control.should_save = True
        super()._maybe_log_save_evaluate(tr_loss, grad_norm, *args, learning_rate=learning_rate, **kwargs)
        self._clock = time.perf_counter()
        if stopping:
            raise TrainingStopped(self.state.global_step)

    def _record_step(self, grad_norm: Any, learning_rate: Any) -> bool:
        """Writes the update's line. Returns whether any process was asked to stop, alike in all of them."""
        own = torch.cat([self._sums["train"].sums, torch.tensor([float(self._run.stop_requested)], dtype=torch.float64)])
        everyone = self.accelerator.reduce(own.to(self.accelerator.device), "sum").cpu()
        self._sums["train"].clear()
        self._recorded = self.state.global_step
        norm = None if grad_norm is None else float(grad_norm)
        if norm is not None and not math.isfinite(norm):
            raise MarginError(f"step {self._recorded}: the gradient is not finite (norm {norm}). Lower the learning rate")
        record = step_record(
            summary(everyone[:-1], with_margin=self._run.settings.method == "rpo"),
            step=self._recorded,
            epoch=self.state.epoch or 0.0,
            learning_rate=float(learning_rate if learning_rate is not None else self._get_learning_rate()),
            gradient_norm=norm,
            seconds=round(time.perf_counter() - self._clock, 3),
        )
        self._write("step", record)
        return bool(everyone[-1] > 0)

    # A look at the validation rows --------------------------------------------------------------------------------------

    def evaluation_loop(self, *args: Any, **kwargs: Any) -> Any:
        self._sums["eval"].clear()
        start = time.perf_counter()
        output = super().evaluation_loop(*args, **kwargs)
        figures = summary(self._sums["eval"].sums, with_margin=self._run.settings.method == "rpo")
        step, loss = self.state.global_step, figures["loss"]
        if step == self._validated:  # LLaMA-Factory's last look is at the same weights as the training's
            return output
        self._validated = step
        best = step > 0 and loss is not None and loss < self._best
        if best:
            self._best = float(loss)
        seconds = round(time.perf_counter() - start, 3)
        record = validation_record(figures, step=step, epoch=self.state.epoch or 0.0, seconds=seconds, best=best)
        self._write("validation", record)
        return output

    def _write(self, event: str, record: dict[str, Any]) -> None:
        if self._metrics_file is not None:
            self._metrics_file.append(record)
            events.emit(event, **record, steps=self.state.max_steps)

    def open_record(self) -> None:
        """Opens metrics.jsonl in the process that writes it, dropping what comes after the checkpoint gone on from."""
        step = self._recorded = self.state.global_step
        self._clock = time.perf_counter()
        if not self.is_world_process_zero():
            return
        self._metrics_file = MetricsFile(self._run.settings.metrics, after_step=step)
        seen = read_metrics(self._run.settings.metrics, "validation")
        self._best = min((record["loss"] for record in seen if record["step"] > 0), default=math.inf)
        report = self._run.report
        start = {"step": step, "steps": self.state.max_steps, "processes": self.args.world_size}
        start |= report.record() if report else {}
        if self._run.held_out is not None:
            start["validation"] = self._run.held_out.record()
        self._metrics_file.append({"kind": "start", **start})
        events.emit("start", **start)


class _Begin(TrainerCallback):
    """Tells the trainer what is known only once the step to begin at is."""

    def __init__(self, trainer: MarginDPOTrainer) -> None:
        self._trainer = trainer

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self._trainer.open_record()

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self._trainer.sampler is not None:
            self._trainer.sampler.begin_epoch(int(state.epoch or 0))
