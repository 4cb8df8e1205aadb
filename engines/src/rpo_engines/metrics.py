"""metrics.jsonl, line for line as the embedded trainer of rpo-kit writes it (src/train/training-record.ts there).

A trainer gives each batch's log-probabilities and margins to :class:`PairSums`; after a step their means become one line.
Rewards are β(log π − log π_ref), never shifted by a margin. Knows no engine.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from rpo_engines.margin import pair_loss


@dataclass
class PairSums:
    """Sums over pairs, to be added up over batches and processes.

    ``sums`` holds, in the order of ``NAMES``, double precision sums over the pairs seen.
    """

    NAMES = (
        "rows",
        "tokens",
        "loss",
        "margin",
        "chosenReward",
        "rejectedReward",
        "chosenLogprob",
        "rejectedLogprob",
        "rewardAccuracy",
        "marginAccuracy",
    )
    sums: Tensor = field(default_factory=lambda: torch.zeros(len(PairSums.NAMES), dtype=torch.float64))

    def add(
        self,
        *,
        chosen_logps: Tensor,
        rejected_logps: Tensor,
        ref_chosen_logps: Tensor,
        ref_rejected_logps: Tensor,
        margins: Tensor,
        beta: float,
        gamma: float,
        tokens: int,
        label_smoothing: float = 0.0,
        likelihood: Tensor | None = None,
    ) -> Tensor:
        """Adds a batch; all tensors are [pairs], the reference as it is, without a margin.

        Args:
            tokens: tokens that went through the model for the batch, padding left out.
            label_smoothing: ε.
            likelihood: what a weighted likelihood of the chosen responses adds to each pair's loss.

        Returns:
            Each pair's loss from these numbers in double precision. [pairs]
        """
        chosen, rejected, ref_chosen, ref_rejected, g = (
            numbers.detach().double().cpu()
            for numbers in (chosen_logps, rejected_logps, ref_chosen_logps, ref_rejected_logps, margins)
        )
        rewards_c, rewards_r = beta * (chosen - ref_chosen), beta * (rejected - ref_rejected)
        gaps = rewards_c - rewards_r
        losses = pair_loss(gaps / beta, g, beta=beta, gamma=gamma, label_smoothing=label_smoothing)
        if likelihood is not None:
            losses = losses + likelihood.detach().double().cpu()
        self.sums += torch.stack(
            [
                torch.tensor(float(g.numel()), dtype=torch.float64),
                torch.tensor(float(tokens), dtype=torch.float64),
                losses.sum(),
                (gamma * g).sum(),
                rewards_c.sum(),
                rewards_r.sum(),
                chosen.sum(),
                rejected.sum(),
                (gaps > 0).double().sum(),
                (gaps > gamma * g).double().sum(),
            ]
        )
        return losses

    def clear(self) -> None:
        """Forgets all batches."""
        self.sums.zero_()


def summary(sums: Tensor, *, with_margin: bool = True) -> dict[str, float | int | None]:
    """A record's means from sums over all batches and processes.

    Args:
        with_margin: False for DPO, whose records have no margin.

    Raises:
        ValueError: where no pair was added.
    """
    of = dict(zip(PairSums.NAMES, sums.tolist(), strict=True))
    rows = of["rows"]
    if rows <= 0:
        raise ValueError("no pairs: a record is a mean over some")
    mean = {name: value / rows for name, value in of.items()}
    return {
        "loss": mean["loss"],
        "margin": mean["margin"] if with_margin else None,
        "rewardMargin": mean["chosenReward"] - mean["rejectedReward"],
        "marginAccuracy": mean["marginAccuracy"],
        "rewardAccuracy": mean["rewardAccuracy"],
        "chosenReward": mean["chosenReward"],
        "rejectedReward": mean["rejectedReward"],
        "chosenLogprob": mean["chosenLogprob"],
        "rejectedLogprob": mean["rejectedLogprob"],
        "rows": round(rows),
        "tokens": round(of["tokens"]),
    }


def step_record(
    figures: dict[str, Any], *, step: int, epoch: float, learning_rate: float, gradient_norm: float, seconds: float
) -> dict[str, Any]:
    """One update's line. Its figures are from before the update, as its gradient is.

    Args:
        step: 1 for the first update.
        epoch: rows seen over rows, after the update.
        gradient_norm: global norm of the batch's mean gradient, before clipping.
    """
    return {
        "kind": "step",
        "step": step,
        "epoch": epoch,
        "learningRate": learning_rate,
        "gradientNorm": gradient_norm,
        "kl": None,
        "seconds": seconds,
        **figures,
    }


def validation_record(
    figures: dict[str, Any], *, step: int, epoch: float, seconds: float, best: bool
) -> dict[str, Any]:
    """The line of one look at the validation rows, after so many updates."""
    return {"kind": "validation", "step": step, "epoch": epoch, "kl": None, "seconds": seconds, "best": best, **figures}


class MetricsFile:
    """An append-only metrics.jsonl; a killed process loses no line before the one it was writing."""

    def __init__(self, path: str | os.PathLike[str], *, after_step: int = 0) -> None:
        """Opens a record to go on with, or begins one.

        Args:
            after_step: updates of the checkpoint that is gone on from. Lines of later steps are dropped (they come again),
                and a torn last line; 0 begins anew.
        """
        self.path = Path(path)
        kept = [
            record
            for record in read_metrics(self.path)
            if after_step > 0 and record["step"] <= after_step
        ]
        staged = self.path.with_name(f"{self.path.name}.part")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        staged.write_text("".join(f"{_line(record)}\n" for record in kept), encoding="utf-8")
        os.replace(staged, self.path)
        self._file = open(self.path, "a", encoding="utf-8")

    def append(self, record: dict[str, Any]) -> None:
        """Writes one line, and gives it to the system."""
        self._file.write(f"{_line(record)}\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read_metrics(path: str | os.PathLike[str], kind: Literal["step", "validation"] | None = None) -> list[dict[str, Any]]:
    """The records of a file in its order; none where it is missing. Torn lines are left out."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    records = []
    for line in text.splitlines():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(record, dict) and isinstance(record.get("step"), int) and kind in (None, record.get("kind")):
            records.append(record)
    return records


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
