"""The self-check's results: a list of named checks, each of which holds or does not, with the figures it was judged by.

An engine's checks are functions that raise :class:`CheckFailed` (or anything else) where something does not hold. They are run
one after another; one that fails does not keep the others from running. Knows no engine.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TextIO


class CheckFailed(AssertionError):
    """Something that must hold does not. The message has both figures."""


@dataclass(frozen=True)
class CheckResult:
    """One line of the report."""

    name: str
    ok: bool
    detail: str
    """What was found; where it failed, also what was expected."""
    seconds: float


@dataclass(frozen=True)
class Check:
    """A name, as docs/engines.md lists it, and a function that returns what it found."""

    name: str
    run: Callable[[], str]


def run_checks(checks: Sequence[Check], progress: TextIO | None = sys.stderr) -> list[CheckResult]:
    """Runs every check and tells each result as it comes."""
    results = []
    for check in checks:
        start = time.perf_counter()
        try:
            ok, detail = True, check.run()
        except CheckFailed as error:
            ok, detail = False, str(error)
        except BaseException as error:  # SystemExit too: a library that leaves is a check that fails
            if isinstance(error, KeyboardInterrupt):
                raise
            last = traceback.extract_tb(error.__traceback__)[-1]
            ok, detail = False, f"{type(error).__name__}: {error} ({last.filename}:{last.lineno})"
        result = CheckResult(check.name, ok, detail, round(time.perf_counter() - start, 2))
        results.append(result)
        if progress is not None:
            print(f"{'ok  ' if ok else 'FAIL'} {check.name}: {detail}", file=progress, flush=True)
    return results


def report(engine: str, versions: dict[str, str], device: str, results: Sequence[CheckResult]) -> str:
    """The report as one JSON object: {engine, versions, device, ok, checks: [{name, ok, detail, seconds}]}."""
    return json.dumps(
        {
            "engine": engine,
            "versions": versions,
            "device": device,
            "ok": bool(results) and all(result.ok for result in results),
            "checks": [asdict(result) for result in results],
        }
    )


def require(holds: bool, message: str) -> None:
    """Raises CheckFailed with the message where it does not hold."""
    if not holds:
        raise CheckFailed(message)


def largest_difference(name: str, found: Sequence[float], expected: Sequence[float], tolerance: float) -> float:
    """The largest difference of two lists of numbers. Raises CheckFailed where it exceeds the tolerance or is NaN."""
    require(len(found) == len(expected), f"{name}: {len(found)} numbers, {len(expected)} expected")
    require(len(found) > 0, f"{name}: no numbers to compare")
    differences = [abs(a - b) for a, b in zip(found, expected, strict=True)]
    worst = max(range(len(differences)), key=lambda i: differences[i] if differences[i] == differences[i] else float("inf"))
    require(
        differences[worst] <= tolerance,  # false for NaN too
        f"{name}: number {worst + 1} is {found[worst]!r}, expected {expected[worst]!r} within {tolerance}",
    )
    return differences[worst]
