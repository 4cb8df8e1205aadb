"""A DPOTrainer whose pairs have a margin. TRL 1.16 drops a column that it doesn't know in two places without a word, the trainer's
signature and the collator; this class takes the margin through both, adds γg/β to the reference log-probability of the chosen
response, and leaves the rest to TRL. What it can't be sure of, it refuses: see :func:`check_config` and ``compute_loss``.

TRL's sigmoid loss knows neither label smoothing (its ``label_smoothing`` is for other losses) nor a likelihood per sequence (its loss
``sft`` is a mean over a batch's tokens). Both are linear in what TRL computed, so they are added to its loss from the log-probabilities
of the same forward pass: ε·(βΔ − γg) and −nll·log π(chosen)/T, T the chosen response's tokens, means over the pairs.

Every batch's loss is compared with softplus(γg − βΔ) of the log-probabilities that it came from, in double precision, so that a
margin that TRL no longer takes into account stops the training at its first batch.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase, TrainerCallback, TrainerState
from trl import DPOConfig, DPOTrainer

from rpo_engines.couple_sampler import CoupleSampler
from rpo_engines.margin import (
    DEFAULT_GAMMA,
    MarginError,
    check_objective,
    checked_margins,
    expected_first_loss,
    margin_of,
    pair_loss,
    raised_reference,
)
from rpo_engines.metrics import MetricsFile, PairSums, step_record, summary, validation_record
from rpo_engines.versions import check_versions

MARGIN = "margin"
"""The column of the data set, and the key of the batch."""

LOSS_TOLERANCE = 1e-4
"""Between TRL's loss, in fp32, and the same in double precision, for a loss of 1; for larger ones in proportion."""

FIRST_LOSS_TOLERANCE = {"fp32": 1e-4, "bf16": 0.1}
"""Between the first step's loss and mean softplus(γg). Reference log-probabilities that were computed beforehand had other rows
beside them in their batch: in fp32 a sum of some hundred then differs by 1e-3, times β; in bf16, which has three digits, by some
tenths. (That a margin reaches the loss is told by ``LOSS_TOLERANCE``, whatever the precision.)"""


@dataclass
class RpoConfig(DPOConfig):
    """TRL's DPOConfig, and what RPO adds. ``label_smoothing``, from 0 to 0.5, is of the sigmoid loss here."""

    gamma: float = field(default=DEFAULT_GAMMA, metadata={"help": "γ, outside β. With 0, RPO is DPO."})
    nll: float = field(
        default=0.0, metadata={"help": "Weight of the chosen response's mean negative log-likelihood beside the loss."}
    )
    end_at_turn: bool = field(
        default=False,
        metadata={
            "help": "Whether a completion ends with the token that ends its turn, as in the embedded trainer of rpo-kit. "
            "Otherwise TRL trains what the chat template writes after it too, such as a line break."
        },
    )


@dataclass(frozen=True)
class PairNumbers:
    """A batch as its loss saw it. All of shape [pairs], on the CPU; the references are without a margin."""

    step: int
    """Updates before it."""
    margins: Tensor
    chosen_logps: Tensor
    rejected_logps: Tensor
    ref_chosen_logps: Tensor
    ref_rejected_logps: Tensor
    chosen_tokens: Tensor
    """Tokens of each chosen response, its end-of-turn token included."""
    loss: float
    """The batch's mean, as it is trained."""


class MarginCollator:
    """A collator that keeps the margins of its examples, wrapped around the trainer's own."""

    def __init__(self, inner: Callable[[Sequence[dict[str, Any]]], dict[str, Any]]) -> None:
        self.inner = inner

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The inner collator's batch with ``margin``, fp32 of shape [pairs].

        Raises:
            MarginError: where an example has no margin or one that is none.
        """
        margins = [margin_of(example.get(MARGIN)) for example in examples]
        batch = self.inner(examples)
        batch[MARGIN] = torch.tensor(margins, dtype=torch.float32)
        return batch


class _ChecksFirstStep(TrainerCallback):
    """Has the first step's loss checked before its update."""

    def __init__(self, trainer: RpoTrainer) -> None:
        self.trainer = trainer

    def on_pre_optimizer_step(self, args: Any, state: TrainerState, control: Any, **_: Any) -> None:
        if state.global_step == 0:
            self.trainer.check_first_step()


class _TellsEpoch(TrainerCallback):
    """Tells the sampler its epoch."""

    def __init__(self, sampler: CoupleSampler) -> None:
        self.sampler = sampler

    def on_epoch_begin(self, args: Any, state: TrainerState, control: Any, **_: Any) -> None:
        self.sampler.begin_epoch(int(state.epoch or 0))  # in an epoch that is resumed the state's is between two


def check_config(args: DPOConfig, *, gamma: float) -> None:
    """Refuses settings of TRL under which the loss would not be RPO's.

    Raises:
        MarginError: naming the setting.
    """
    check_objective(
        beta=args.beta,
        gamma=gamma,
        loss=args.loss_type,
        f_divergence=args.f_divergence_type,
        label_smoothing=args.label_smoothing,
        fused_loss=bool(args.use_liger_kernel or getattr(args, "use_liger_loss", False)),
        reference_free=bool(getattr(args, "reference_free", False)),
    )
    nll = getattr(args, "nll", 0.0)
    if isinstance(nll, bool) or not isinstance(nll, (int, float)) or not 0 <= nll < math.inf:
        raise MarginError(f"nll: {nll!r} must be a number of at least 0")
    if args.loss_weights not in (None, [1.0], [1]):
        raise MarginError(f"loss_weights: {args.loss_weights}; one loss has the weight 1")
    if args.ld_alpha not in (None, 1.0):
        raise MarginError(f"ld_alpha: {args.ld_alpha}; log-probabilities are sums over all tokens in RPO")
    if args.use_weighting:
        raise MarginError("use_weighting: weights the pairs, which RPO does not; set it to false")
    if args.sync_ref_model:
        raise MarginError("sync_ref_model: moves the reference, which is fixed in RPO; set it to false")
    if not args.remove_unused_columns:
        raise MarginError("remove_unused_columns: must be true; the collator is given margins by name")


def checked_column(dataset: Any, name: str) -> list[float]:
    """All margins of a data set.

    Raises:
        MarginError: where it is no map-style Dataset, has no such column, or a row's margin is none.
    """
    if not isinstance(dataset, Dataset):
        raise MarginError(f"{name}: must be a datasets.Dataset; {type(dataset).__name__} can't be checked beforehand")
    if MARGIN not in dataset.column_names:
        raise MarginError(
            f"{name}: has no column {MARGIN} (it has {', '.join(dataset.column_names)}). "
            "Make it by `rpo pairs --method rpo`; a data set without margins trains as DPO: gamma 0 and margins of 0"
        )
    margins = []
    for row, value in enumerate(dataset[MARGIN]):
        try:
            margins.append(margin_of(value))
        except MarginError as error:
            raise MarginError(f"{name}: row {row + 1}: {error}") from None
    return margins


def after_turn(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Tokens that the chat template writes after the token that ends an assistant's turn; none where it writes none, or where
    the turn ends with ordinary text."""
    answer = "rpo-answer-zqxv"
    conversation = [{"role": "user", "content": "?"}, {"role": "assistant", "content": answer}]
    try:
        text = tokenizer.apply_chat_template(conversation, tokenize=False)
    except Exception:  # a template that knows only some conversations says so again, with its reason, at the rows
        return []
    tail = tokenizer(text[text.rfind(answer) + len(answer) :], add_special_tokens=False)["input_ids"]
    control = set(tokenizer.all_special_ids) | {
        token for token, added in tokenizer.added_tokens_decoder.items() if added.special
    }
    return tail[1:] if tail and tail[0] in control else []


def without_tail(ids: list[int], tail: Sequence[int]) -> list[int]:
    """The tokens without the tail, if they end with it."""
    return ids[: -len(tail)] if tail and ids[-len(tail) :] == list(tail) else ids


class RpoTrainer(DPOTrainer):
    """DPOTrainer with margins. Its data sets have a column ``margin``; its arguments are an :class:`RpoConfig`.

    Raises:
        EngineVersionError: for another version of TRL than the self-check has passed.
        MarginError: at the start for settings and data sets under which the loss would not be RPO's, and at any batch whose
            loss is not.
    """

    _name = "RPO"

    def __init__(
        self,
        *args: Any,
        follows: Sequence[bool] | None = None,
        metrics: MetricsFile | None = None,
        on_pairs: Callable[[PairNumbers], None] | None = None,
        on_record: Callable[[dict[str, Any]], None] | None = None,
        first_loss_tolerance: float | None = None,
        best_loss: float | None = None,
        with_margin: bool = True,
        **kwargs: Any,
    ) -> None:
        """Takes what DPOTrainer takes, by name.

        Args:
            follows: for each row whether it stays behind the one before it when rows are shuffled.
            metrics: file for a line each step and each evaluation; the first process writes. Needs logging_steps=1.
            on_pairs: given each batch's numbers on every process.
            on_record: given each line of the metrics on the first process.
            first_loss_tolerance: of the first step's loss; by the precision where None.
            best_loss: the lowest evaluation loss before this training was stopped.
            with_margin: whether the metrics have a margin, which DPO's have not.
        """
        if args:
            raise TypeError("give the trainer's arguments by name")
        check_versions("trl")
        config = kwargs.get("args")
        if not isinstance(config, RpoConfig):
            raise MarginError("args: must be an RpoConfig, which has gamma")
        check_config(config, gamma=config.gamma)
        self.gamma = config.gamma
        self.margins = checked_column(kwargs.get("train_dataset"), "train_dataset")
        held = kwargs.get("eval_dataset")
        for name, dataset in held.items() if isinstance(held, dict) else [("eval_dataset", held)]:
            if dataset is not None:
                checked_column(dataset, name)
        self._follows = follows
        self._metrics_file = metrics
        self._on_pairs, self._on_record = on_pairs, on_record
        self._sums = {"train": PairSums(), "eval": PairSums()}
        self._since: float | None = None
        self._best_loss = best_loss
        self._with_margin = with_margin
        self.last_was_best = False
        """Whether the last evaluation's loss was the lowest so far, the untrained model's left out."""
        self._first_checked = False
        self._first_sums = torch.zeros(3, dtype=torch.float64)
        self._first_loss_tolerance = first_loss_tolerance
        super().__init__(**kwargs)
        if self.aux_loss_enabled:
            raise MarginError("the model adds a loss of its own (router_aux_loss_coef): set it to 0.0")
        # After the call above: reference log-probabilities are computed within it, by the collator that knows no margins.
        self.data_collator = MarginCollator(self.data_collator)
        self.add_callback(_ChecksFirstStep(self))

    def _set_signature_columns_if_needed(self) -> None:
        super()._set_signature_columns_if_needed()
        if MARGIN not in self._signature_columns:
            self._signature_columns = [*self._signature_columns, MARGIN]

    def _prepare_dataset(self, dataset: Any, processing_class: Any, args: Any, dataset_name: str) -> Any:
        prepared = super()._prepare_dataset(dataset, processing_class, args, dataset_name)
        tail = after_turn(self._tokenizer) if args.end_at_turn else []
        if not tail:
            return prepared
        return prepared.map(
            lambda row: {name: without_tail(row[name], tail) for name in ("chosen_ids", "rejected_ids")},
            num_proc=args.dataset_num_proc,
        )

    def completion_tokens_lost(self) -> dict[str, int]:
        """Completion tokens that ``max_length`` cuts off, of the data sets as they were turned into tokens."""
        return {side: sum(self._lost(row) for row in self._ids(dataset)) for side, dataset in self._sides()}

    def longest(self, side: str) -> int:
        """Tokens of the longest prompt with one of its completions; 0 where there is no such data set."""
        dataset = dict(self._sides()).get(side)
        if dataset is None:
            return 0
        return max(len(row["prompt_ids"]) + max(len(row["chosen_ids"]), len(row["rejected_ids"])) for row in self._ids(dataset))

    def _sides(self) -> list[tuple[str, Any]]:
        held = self.eval_dataset
        others = list(held.items()) if isinstance(held, dict) else [("validation", held)]
        return [(side, dataset) for side, dataset in [("train", self.train_dataset), *others] if dataset is not None]

    @staticmethod
    def _ids(dataset: Any) -> Any:
        return dataset.select_columns(["prompt_ids", "chosen_ids", "rejected_ids"])

    def _lost(self, row: dict[str, Any]) -> int:
        limit = self.args.max_length
        if limit is None:
            return 0
        room = max(0, limit - len(row["prompt_ids"]))  # what stays of a completion where the start is kept
        return sum(max(0, len(row[name]) - room) for name in ("chosen_ids", "rejected_ids"))

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        rows = train_dataset if train_dataset is not None else self.train_dataset
        if self._follows is None or self.args.train_sampling_strategy != "random":
            return super()._get_train_sampler(train_dataset)
        if len(self._follows) != len(rows):
            raise ValueError(f"{len(self._follows)} rows were to be ordered, and the trainer has {len(rows)}")
        seed = self.args.seed if self.args.data_seed is None else self.args.data_seed
        sampler = CoupleSampler(self._follows, seed)
        self.add_callback(_TellsEpoch(sampler))
        return sampler

    def compute_loss(
        self, model: nn.Module, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """TRL's DPO loss of the batch with γg/β added to ``ref_chosen_logps``.

        Raises:
            MarginError: where the batch has no margins, or the loss is another than they ask for.
        """
        check_config(self.args, gamma=self.gamma)
        if self.loss_types != ["sigmoid"] or self.f_divergence_type != "reverse_kl" or self.ld_alpha not in (None, 1.0):
            raise MarginError("the trainer's loss was changed after it was made; RPO is the sigmoid loss under reverse KL")
        batch = dict(inputs)
        pairs = batch["input_ids"].shape[0] // 2
        margins = checked_margins(batch.pop(MARGIN, None), pairs=pairs).to(batch["input_ids"].device)
        ref_chosen, ref_rejected = self._reference(model, batch)
        raised = raised_reference(ref_chosen, margins, beta=self.beta, gamma=self.gamma)
        batch["ref_chosen_logps"], batch["ref_rejected_logps"] = raised, ref_rejected.detach().float()
        with _log_probs_of(model) as seen, self._reference_as_given():
            result = super().compute_loss(model, batch, return_outputs, num_items_in_batch)
        loss, *rest = result if return_outputs else (result,)
        chosen, rejected = seen()
        chosen_tokens = batch["completion_mask"][:pairs, 1:].sum(dim=1)
        if self.args.label_smoothing > 0:
            z = self.beta * ((chosen - raised) - (rejected - batch["ref_rejected_logps"]))
            loss = loss + self.args.label_smoothing * z.mean()
        if self.args.nll > 0:
            loss = loss - self.args.nll * (chosen / chosen_tokens).mean()
        chosen, rejected = chosen.detach(), rejected.detach()
        self._take(inputs, margins, chosen, rejected, ref_chosen, ref_rejected, chosen_tokens, float(loss.detach()))
        return (loss, *rest) if return_outputs else loss

    def _reference(self, model: nn.Module, batch: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Log-probability sums under the reference, computed beforehand or now. Never with a margin."""
        if self.precompute_ref_logps:
            if "ref_chosen_logps" not in batch or "ref_rejected_logps" not in batch:
                raise MarginError("the batch has no reference log-probabilities, though they were to be precomputed")
            return batch["ref_chosen_logps"], batch["ref_rejected_logps"]
        return self.compute_ref_log_probs(self.ref_model if self.ref_model is not None else self.model, batch)

    @contextlib.contextmanager
    def _reference_as_given(self) -> Iterator[None]:
        """Within it TRL takes the reference log-probabilities from the batch."""
        before = self.precompute_ref_logps
        self.precompute_ref_logps = True
        try:
            yield
        finally:
            self.precompute_ref_logps = before

    def _take(
        self,
        inputs: dict[str, Any],
        margins: Tensor,
        chosen: Tensor,
        rejected: Tensor,
        ref_chosen: Tensor,
        ref_rejected: Tensor,
        chosen_tokens: Tensor,
        loss: float,
    ) -> None:
        """Compares the loss with the one asked for, and corrects what TRL logs of it."""
        mode = "train" if self.model.training else "eval"
        delta = (chosen - rejected).double() - (ref_chosen - ref_rejected).double()
        smoothing = self.args.label_smoothing
        likelihood = -self.args.nll * chosen.double() / chosen_tokens
        of_pairs = pair_loss(delta, margins, beta=self.beta, gamma=self.gamma, label_smoothing=smoothing)
        wanted = float((of_pairs + likelihood).mean())
        if not abs(loss - wanted) <= LOSS_TOLERANCE * (1 + abs(wanted)):
            raise MarginError(
                f"the batch's loss is {loss:.6f}, and softplus(γg − βΔ) of its log-probabilities {wanted:.6f}: "
                "the margin does not reach the loss in this version of TRL"
            )
        if mode == "train" and self.state.global_step == 0:
            pairs = margins.numel()
            first = expected_first_loss(margins.tolist(), gamma=self.gamma, label_smoothing=smoothing)
            preference = loss - float(likelihood.mean())  # which alone is known beforehand
            self._first_sums += torch.tensor([pairs * preference, pairs * first, pairs], dtype=torch.float64)
        real = self._real_pairs(margins.numel()) if mode == "eval" else margins.numel()
        if real > 0:
            self._sums[mode].add(
                chosen_logps=chosen[:real],
                rejected_logps=rejected[:real],
                ref_chosen_logps=ref_chosen[:real],
                ref_rejected_logps=ref_rejected[:real],
                margins=margins[:real],
                beta=self.beta,
                gamma=self.gamma,
                tokens=int(sum(half[:real].sum() for half in inputs["attention_mask"].chunk(2, dim=0))),
                label_smoothing=smoothing,
                likelihood=likelihood[:real],
            )
        if self._on_pairs is not None:
            numbers = (margins, chosen, rejected, ref_chosen, ref_rejected, chosen_tokens)
            self._on_pairs(PairNumbers(self.state.global_step, *(x.detach().float().cpu() for x in numbers), loss))
        gather = self.accelerator.gather
        gaps = self.beta * ((chosen - ref_chosen) - (rejected - ref_rejected)).detach().float()
        terms = self.gamma * margins
        shift = gather(terms).mean().item()
        logged = self._metrics[mode]
        logged["rewards/chosen"][-1] += shift
        logged["rewards/margins"][-1] += shift
        logged["rewards/accuracies"][-1] = gather((gaps > 0).float()).mean().item()
        logged["rpo/margin_mean"].append(shift)  # γg, as `margin` in metrics.jsonl
        logged["rpo/margin_won"].append(gather((gaps > terms).float()).mean().item())

    def _real_pairs(self, pairs: int) -> int:
        """Pairs of this process' batch that are no repetitions, with which the loader fills the last batches of all processes."""
        state = self.accelerator.gradient_state
        if not state.end_of_dataloader or state.remainder <= 0:
            return pairs
        before = self.accelerator.process_index * self.args.per_device_eval_batch_size
        return max(0, min(pairs, state.remainder - before))

    def check_first_step(self) -> None:
        """Compares the first step's loss, over all its batches and processes, with mean softplus(γg): before the first update
        the policy still is the reference.

        Raises:
            MarginError: where they differ.
        """
        if self._first_checked:
            return
        self._first_checked = True
        loss, wanted, pairs = self.accelerator.reduce(self._first_sums.to(self.accelerator.device), "sum").tolist()
        tolerance = self._first_loss_tolerance
        if tolerance is None:
            tolerance = FIRST_LOSS_TOLERANCE["bf16" if self.args.bf16 or self.args.fp16 else "fp32"]
        if not abs(loss - wanted) <= tolerance * pairs:
            raise MarginError(
                f"the first step's loss is {loss / pairs:.6f}, and mean softplus(γg) {wanted / pairs:.6f}: the policy is not "
                "the reference (cached reference log-probabilities of another model?), or the margin is lost"
            )

    def training_step(self, *args: Any, **kwargs: Any) -> Tensor:
        if self._since is None:
            self._since = time.perf_counter()
        return super().training_step(*args, **kwargs)

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        self._sums["eval"].clear()
        training, self._since = self._since, time.perf_counter()
        try:
            return super().evaluate(*args, **kwargs)
        finally:
            self._since = training

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        super().log(logs, start_time)
        if "loss" in logs:
            figures = self._figures("train")
            if figures is not None:
                self._record(
                    step_record(
                        figures,
                        step=self.state.global_step,
                        epoch=float(self.state.epoch or 0),
                        learning_rate=float(logs.get("learning_rate", 0.0)),
                        gradient_norm=float(logs.get("grad_norm", 0.0)),
                        seconds=self._seconds(),
                    )
                )
        elif "eval_loss" in logs:
            figures = self._figures("eval")
            if figures is not None:
                step = self.state.global_step
                is_best = step > 0 and (self._best_loss is None or figures["loss"] < self._best_loss)
                self.last_was_best = is_best
                if is_best:
                    self._best_loss = figures["loss"]
                self._record(
                    validation_record(
                        figures, step=step, epoch=float(self.state.epoch or 0), seconds=self._seconds(), best=is_best
                    )
                )

    def _figures(self, mode: str) -> dict[str, Any] | None:
        """Means over the pairs of all processes since the last time; None where there were none."""
        sums = self._sums[mode].sums.to(self.accelerator.device)
        total = self.accelerator.reduce(sums, "sum").cpu()
        self._sums[mode].clear()
        return summary(total, with_margin=self._with_margin) if total[0] > 0 else None

    def _seconds(self) -> float:
        now = time.perf_counter()
        since, self._since = self._since, None
        return round(now - since, 4) if since is not None else 0.0

    def _record(self, record: dict[str, Any]) -> None:
        if not self.accelerator.is_main_process:
            return
        if self._metrics_file is not None:
            self._metrics_file.append(record)
        if self._on_record is not None:
            self._on_record(record)


@contextlib.contextmanager
def _log_probs_of(model: nn.Module) -> Iterator[Callable[[], tuple[Tensor, Tensor]]]:
    """Within it the first forward pass is watched; yields what gives its log-probability sums, chosen and rejected, with their
    gradients."""
    found: list[Tensor] = []

    def watch(_module: nn.Module, _inputs: Any, outputs: Any) -> None:
        log_probs = getattr(outputs, "log_probs", None)
        if log_probs is not None and not found:
            found.append(log_probs)

    def sums() -> tuple[Tensor, Tensor]:
        if not found:
            raise MarginError("TRL's forward pass gave no log-probabilities to compare its loss with")
        chosen, rejected = found[0].float().sum(dim=1).chunk(2, dim=0)
        return chosen, rejected

    handle = model.register_forward_hook(watch)
    try:
        yield sums
    finally:
        handle.remove()
