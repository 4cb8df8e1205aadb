"""``python -m rpo_engines.llamafactory TRAIN.yaml [key=value …]``, alone or by ``torchrun -m rpo_engines.llamafactory …``.

Patches LLaMA-Factory in this process and calls its ``run_exp``. Tells its events, and ends with the exit codes, of
:mod:`rpo_engines.events`; SIGINT and SIGTERM stop it after the update under way, with a checkpoint that the same command goes
on from. Where it fails, the last line of stderr says why.
"""

from __future__ import annotations

import errno
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import Any

from rpo_engines import events
from rpo_engines.llamafactory.audio_stub import stand_in_for_torchaudio
from rpo_engines.llamafactory.settings import RpoSettings, SettingsError, read_yaml, split_settings
from rpo_engines.margin import MarginError
from rpo_engines.versions import EngineVersionError, check_versions

USAGE = "usage: python -m rpo_engines.llamafactory TRAIN.yaml [key=value ...]"
SAME_SIGNAL_SECONDS = 1.0
"""A Ctrl-C may come twice, from the terminal and from torchrun; what comes later than this was meant."""


def main(argv: Sequence[str]) -> int:
    if not argv or not argv[0].endswith((".yaml", ".yml")):
        print(USAGE, file=sys.stderr)
        return events.EXIT_INPUT
    try:
        check_versions("llamafactory")
        settings, rest = split_settings(read_yaml(argv[0], argv[1:]))
        return train(settings, rest)
    except (SettingsError, EngineVersionError) as error:
        return _failed("input", str(error), events.EXIT_INPUT)
    except MarginError as error:
        return _failed("margin", str(error), events.EXIT_MARGIN)
    except Exception as error:
        traceback.print_exc()
        return _failed(*explain(error))


def explain(error: Exception) -> tuple[str, str, int]:
    """What an error of LLaMA-Factory's means to a person: its kind, text with what to do, and exit code."""
    # By name: torch is imported by now if there was such an error, and need not be if there was none.
    name, text = type(error).__name__, str(error)
    if name == "OutOfMemoryError" or "out of memory" in text.lower():
        advice = (
            "lower per_device_train_batch_size (to 1, and raise gradient_accumulation_steps), then cutoff_len; "
            "leave gradient checkpointing on, or shard by deepspeed or FSDP"
        )
        return "memory", f"the device's memory is full ({text.splitlines()[0]}): {advice}", events.EXIT_MEMORY
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        advice = "free some, and start the same command again; it goes on from its last checkpoint"
        return "failure", f"the disk is full: {advice}", 1
    if "by peer" in text:
        return "failure", f"another process of the training has ended; the cause is in its own words, if it had any: {text}", 1
    return "failure", f"{name}: {text}", 1


def _failed(kind: str, text: str, code: int) -> int:
    events.emit_from_any("error", kind=kind, text=text)
    print(f"rpo-engines: {text}", file=sys.stderr, flush=True)
    return code


def train(settings: RpoSettings, rest: dict[str, Any]) -> int:
    """Trains in this process, which may be one rank of several. The exit code."""
    stand_in_for_torchaudio()
    from llamafactory.train.tuner import run_exp

    from rpo_engines.llamafactory.patches import Guard, patched
    from rpo_engines.llamafactory.records import LogRecorder
    from rpo_engines.llamafactory.trainer import RunState, TrainingStopped

    state = RunState(settings)
    if not settings.is_paired:
        run_exp(args=rest, callbacks=[LogRecorder(settings.metrics)])
        events.emit("end")
        return 0
    asked: float | None = None

    def stop(number: int, _: FrameType | None) -> None:
        nonlocal asked
        if asked is not None and time.monotonic() - asked > SAME_SIGNAL_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        asked = asked or time.monotonic()
        state.stop_requested = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        with patched(state):
            run_exp(args=rest, callbacks=[Guard(state)])
    except TrainingStopped as stopped:
        events.emit("stopped", step=stopped.step)
        print(f"rpo-engines: {stopped}; the same command goes on", file=sys.stderr, flush=True)
        return events.EXIT_STOPPED
    events.emit("end")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
