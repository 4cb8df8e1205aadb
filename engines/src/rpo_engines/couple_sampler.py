"""In which order pairs are seen. As in the embedded trainer, the two directions of an RPO couple (the same two responses under
two prompts) stay side by side and so come into one step: what the model thinks of the responses whatever the prompt says
cancels there, and how far it heeds the prompt is left.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from torch.utils.data import Sampler


class CoupleSampler(Sampler[int]):
    """Each epoch in an order of its own, a function of seed and epoch alone, so that a resumed one finds the rest of it."""

    def __init__(self, follows: Sequence[bool], seed: int) -> None:
        """Args:
        follows: for each row whether it stays behind the one before it.
        """
        self._groups: list[list[int]] = []
        for row, stays in enumerate(follows):
            if stays and self._groups:
                self._groups[-1].append(row)
            else:
                self._groups.append([row])
        self._seed = seed
        self._epoch = 0

    def __len__(self) -> int:
        return sum(map(len, self._groups))

    def begin_epoch(self, epoch: int) -> None:
        """To be called before an epoch's rows are asked for; 0 is the first. By no means ``set_epoch``: accelerate 1.11 calls
        that with 0 in an epoch that is resumed, whose rest would then be another epoch's."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        groups = list(self._groups)
        random.Random(f"row order {self._seed} {self._epoch}").shuffle(groups)
        return (row for group in groups for row in group)
