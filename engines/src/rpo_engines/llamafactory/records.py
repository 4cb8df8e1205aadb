"""metrics.jsonl of KTO and SFT, which LLaMA-Factory trains by itself: what its log says, in our names.

Its figures are means over ``logging_steps`` updates and rounded to four decimals there; what it does not log is null.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from rpo_engines.metrics import MetricsFile, read_metrics

NAMES = {
    "loss": "loss",
    "rewardMargin": "rewards/margins",
    "chosenReward": "rewards/chosen",
    "rejectedReward": "rewards/rejected",
    "chosenLogprob": "logps/chosen",
    "rejectedLogprob": "logps/rejected",
    "kl": "kl",
}
UNKNOWN = dict.fromkeys(("margin", "marginAccuracy", "rewardAccuracy", "rows", "tokens"))


class LogRecorder(TrainerCallback):
    """Writes a line for each line of LLaMA-Factory's log."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: MetricsFile | None = None
        self._best = math.inf
        self._clock = time.perf_counter()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._clock = time.perf_counter()
        if not state.is_world_process_zero:
            return
        self._file = MetricsFile(self._path, after_step=state.global_step)
        seen = read_metrics(self._path, "validation")
        self._best = min((record["loss"] for record in seen if record["step"] > 0), default=math.inf)
        self._file.append({"kind": "start", "step": state.global_step, "steps": state.max_steps})

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        if self._file is None or logs is None:
            return
        now = time.perf_counter()
        common = {"step": state.global_step, "epoch": state.epoch, "seconds": round(now - self._clock, 3)}
        if "loss" in logs:
            figures = {"learningRate": logs.get("learning_rate"), "gradientNorm": logs.get("grad_norm")}
            self._file.append({"kind": "step", **common, **figures, **_named(logs, ""), **UNKNOWN})
        elif "eval_loss" in logs:
            best = state.global_step > 0 and logs["eval_loss"] < self._best
            self._best = logs["eval_loss"] if best else self._best
            self._file.append({"kind": "validation", **common, "best": best, **_named(logs, "eval_"), **UNKNOWN})
        self._clock = now


def _named(logs: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {ours: logs.get(f"{prefix}{theirs}") for ours, theirs in NAMES.items()}
