"""Sees each example's loss inside a stock trainer, which itself only tells the batch's mean: −log σ is computed by PyTorch's
logsigmoid, whose results are watched. For checks."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


class LossSeen(TorchFunctionMode):
    """While it is entered, the results of ``torch.nn.functional.logsigmoid`` are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[Tensor] = []

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        if function is torch.nn.functional.logsigmoid:
            self.results.append(result.detach().float().cpu())
        return result

    def losses(self) -> list[float]:
        """−log σ of all that was seen, in its order."""
        return [-value for result in self.results for value in result.reshape(-1).tolist()]
