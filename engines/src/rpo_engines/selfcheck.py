"""``python -m rpo_engines.selfcheck trl|llamafactory``: proves, on a generated tiny model and through the engine's real loader,
collator and trainer, that a pair's margin reaches the loss in the installed versions. Exits with 0 only if every check holds.

An engine's own checks are ``checks(folder, device=…, dump=…)`` in rpo_engines.ENGINE.selfcheck: where it may write, "cpu" or
"cuda", and where the log-probabilities of a training go, for whoever wants to compute its losses again (``rpo doctor`` does):
one JSON object a batch, {step, margins, chosen_logps, rejected_logps, ref_chosen_logps, ref_rejected_logps, loss, beta, gamma}
and, where the engine tells them, each pair's in losses.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rpo_engines.checks import Check, CheckFailed, CheckResult, report, run_checks
from rpo_engines.versions import ALLOWED, REPORTED, EngineVersionError, check_versions, installed


def main(arguments: Sequence[str]) -> int:
    """Runs an engine's checks. Returns 0 if all hold, 1 if one does not."""
    parser = argparse.ArgumentParser(prog="python -m rpo_engines.selfcheck", description=__doc__)
    parser.add_argument("engine", choices=sorted(ALLOWED))
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object; progress goes to stderr")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="auto: the CPU, and a GPU too where there is one"
    )
    parser.add_argument("--dump", type=Path, help="where to write log-probabilities and losses, to be recomputed elsewhere")
    asked = parser.parse_args(arguments)
    # Nothing is fetched: the model is generated.
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TQDM_DISABLE", "1")
    if asked.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    else:
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")  # one proves it, and TRL wants no more in one process

    versions = {package: found for package in (*ALLOWED[asked.engine], *REPORTED) if (found := installed(package))}
    devices = ["cpu"]
    with contextlib.redirect_stdout(sys.stderr):  # libraries speak there too, and the report is to stand alone
        results = run_checks([Check("versions", lambda: _versions(asked.engine))])
        if results[0].ok:
            devices = _devices(asked.device)
            for device in devices:
                dump = asked.dump if device == devices[0] else None
                # In a process of its own where there are two: what an engine sees of GPUs is settled when it is imported.
                of_device = _results if devices == [device] or device != "cpu" else _in_process
                results += of_device(asked.engine, device, dump)
    if asked.json:
        print(report(asked.engine, versions, " and ".join(devices), results))
    else:
        print(f"{sum(result.ok for result in results)} of {len(results)} checks hold")
    return 0 if all(result.ok for result in results) else 1


def _versions(engine: str) -> str:
    try:
        return ", ".join(f"{package} {version}" for package, version in check_versions(engine).items())
    except EngineVersionError as error:
        raise CheckFailed(str(error)) from None


def _devices(asked: str) -> list[str]:
    if asked == "cpu":
        return ["cpu"]
    import torch

    if asked == "cuda":
        return ["cuda"]  # that there is none is a check that fails
    return ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


def _results(engine: str, device: str, dump: Path | None) -> list[CheckResult]:
    suffix = "" if device == "cpu" else f" ({device})"
    with tempfile.TemporaryDirectory(prefix="rpo-selfcheck-", ignore_cleanup_errors=True) as folder:
        os.environ["HF_HOME"] = str(Path(folder) / "hf")
        found: list[Check] = []

        def load() -> str:
            import torch

            if device == "cuda" and not torch.cuda.is_available():
                raise CheckFailed("PyTorch sees no GPU here")
            found.extend(importlib.import_module(f"rpo_engines.{engine}.selfcheck").checks(Path(folder), device=device, dump=dump))
            return "CPU" if device == "cpu" else torch.cuda.get_device_name(0)

        loaded = run_checks([Check(f"engine loads{suffix}", load)])
        return loaded + run_checks([Check(check.name + suffix, check.run) for check in found])


def _in_process(engine: str, device: str, dump: Path | None) -> list[CheckResult]:
    command = [sys.executable, "-m", "rpo_engines.selfcheck", engine, "--json", "--device", device]
    child = subprocess.run([*command, *(["--dump", str(dump)] if dump else [])], stdout=subprocess.PIPE, text=True, check=False)
    try:
        checks = json.loads(child.stdout)["checks"]
    except (json.JSONDecodeError, KeyError):
        return [CheckResult(f"self-check on {device}", False, f"ended with {child.returncode} and no report", 0.0)]
    return [CheckResult(**check) for check in checks[1:]]  # the first is that of the versions, which is here already


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
