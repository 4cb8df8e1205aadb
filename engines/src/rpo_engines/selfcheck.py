"""``python -m rpo_engines.selfcheck trl|llamafactory [--json]``: proves that margins reach an engine's loss, in this environment.

An engine's own checks are in ``rpo_engines.ENGINE.selfcheck``. Exit codes: 0 only if all hold, 1 if one does not, 2 where the
engine is missing or of another version than those allowed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rpo_engines.checks import report, run_checks
from rpo_engines.events import EXIT_INPUT
from rpo_engines.versions import ALLOWED, EngineVersionError, check_versions


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m rpo_engines.selfcheck", description=__doc__)
    parser.add_argument("engine", choices=sorted(ALLOWED))
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object; progress goes to stderr")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="auto: a GPU where there is one")
    parser.add_argument("--dump", type=Path, help="where to write log-probabilities and losses, to be recomputed elsewhere")
    given = parser.parse_args(arguments)
    # Nothing is fetched: the model is generated.
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    if given.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    try:
        versions = check_versions(given.engine)
    except EngineVersionError as error:
        print(f"rpo-engines: {error}", file=sys.stderr)
        return EXIT_INPUT
    with tempfile.TemporaryDirectory(prefix="rpo-selfcheck-") as folder:
        os.environ["HF_HOME"] = str(Path(folder) / "hf")
        engine = importlib.import_module(f"rpo_engines.{given.engine}.selfcheck")
        device = _device(given.device)
        results = run_checks(engine.checks(Path(folder), device=device, dump=given.dump))
    held = sum(result.ok for result in results)
    print(report(given.engine, versions, device, results) if given.json else f"{held} of {len(results)} checks hold")
    return 0 if results and held == len(results) else 1


def _device(asked: str) -> str:
    import torch

    if asked == "cuda" and not torch.cuda.is_available():
        raise SystemExit("--device cuda: PyTorch sees no GPU here")
    return "cuda" if asked != "cpu" and torch.cuda.is_available() else "cpu"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
