"""The reference's log-probabilities of rows that were seen before: a fixed model says the same of a row in each epoch.

LLaMA-Factory computes them anew in each step, a quarter of a step's arithmetic. Here the first epoch computes and the others
look up. All processes share what each computed, since an epoch deals the rows out anew. What is kept is without a margin, and
not kept beyond the process: a training that goes on computes once more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

ROW = "rpo_row"
"""Column with a row's place in its data set."""


class NumberedRows(Dataset[dict[str, Any]]):
    """A data set whose rows know their places."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {**self.rows[index], ROW: index}


class ReferenceCache:
    """Log-probability sums (chosen, rejected) by row, of one data set."""

    def __init__(self, rows: int) -> None:
        self._sums = torch.full((rows, 2), torch.nan, dtype=torch.float32)
        self._missing = rows

    @property
    def is_whole(self) -> bool:
        """Whether all rows are known; alike in all processes."""
        return self._missing == 0

    def look_up(self, rows: Tensor) -> tuple[Tensor, Tensor] | None:
        """[pairs] each, on the device of the rows' numbers; None where one is missing."""
        found = self._sums[rows.cpu()].to(rows.device)
        return None if bool(found.isnan().any()) else (found[:, 0], found[:, 1])

    def keep(self, rows: Tensor, chosen: Tensor, rejected: Tensor, gather: Callable[[Tensor], Tensor]) -> None:
        """Takes what every process computed of its rows. To be called by all of them, until the cache is whole.

        Args:
            gather: concatenates a tensor of all processes; they must have equally many rows.
        """
        # In double precision one tensor holds row numbers and log-probabilities alike, exactly.
        own = torch.stack([rows.double(), chosen.detach().double(), rejected.detach().double()], dim=1)
        everyone = gather(own).cpu()
        self._sums[everyone[:, 0].long()] = everyone[:, 1:].float()
        self._missing = int(self._sums.isnan().any(dim=1).sum())
