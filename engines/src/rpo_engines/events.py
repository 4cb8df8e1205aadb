"""What a training tells whoever started it: JSON objects on standard output, one a line, each with the key ``event`` first.

Only the first process of a training speaks. Whatever else an engine prints is no event, and may be passed over.

``start``
    pairs, tokens and margins of the data set (:class:`rpo_engines.trl.rows.Counts`), steps, processes.
``step``
    A line of metrics.jsonl, and ``steps``, how many there will be. ``validation`` likewise.
``notice``
    ``text``, for a person.
``saved``
    ``step`` of a checkpoint.
``stopped``, ``end``
    The training ended before its last step, or at it.
``error``
    ``kind`` (``input``, ``margin``, ``memory``, ``failure``), ``text``: what happened and what to do.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

EXIT_INPUT = 2
"""The configuration or the data set can't be used."""
EXIT_MARGIN = 3
"""The margin does not reach the loss as it must."""
EXIT_MEMORY = 4
"""The device has too little memory."""
EXIT_STOPPED = 130
"""Stopped by a signal or a stop file; what is done is saved."""


def is_first_process() -> bool:
    """Whether this is the first process of its training, by torchrun's environment."""
    return os.environ.get("RANK", "0") == "0"


def emit(event: str, **fields: Any) -> None:
    """Prints an event, if this is the first process. Numbers that are none become null."""
    if is_first_process():
        emit_from_any(event, **fields)


def emit_from_any(event: str, **fields: Any) -> None:
    """Prints an event from whichever process this is: an error may have struck one that is not the first."""
    line = json.dumps({"event": event, **fields}, ensure_ascii=False, separators=(",", ":"), default=str)
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
