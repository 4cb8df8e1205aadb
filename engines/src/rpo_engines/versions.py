"""Versions of engines that the self-check has passed; others are refused. Imports no engine."""

from __future__ import annotations

import platform
from importlib import metadata

ALLOWED: dict[str, dict[str, tuple[str, ...]]] = {
    "trl": {"trl": ("1.16.0",)},
    "llamafactory": {"llamafactory": ("0.9.5",), "trl": ("0.24.0",)},
}
"""For each engine its packages with the versions allowed."""

REPORTED = ("torch", "transformers", "peft", "accelerate", "datasets")
"""Further packages whose versions a report names."""


class EngineVersionError(RuntimeError):
    """An engine that is missing, or of a version in which nobody has proved that the margin reaches the loss."""


def installed(package: str) -> str | None:
    """The installed version of a package, or None."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def check_versions(engine: str) -> dict[str, str]:
    """Versions of an engine and of what it stands on, by package.

    Raises:
        EngineVersionError: where a package of the engine is missing or of a version that is not allowed.
    """
    for package, versions in ALLOWED[engine].items():
        found = installed(package)
        if found in versions:
            continue
        what = f"{package} is not installed" if found is None else f"{package} {found} is installed"
        raise EngineVersionError(
            f"{what}; {engine} needs {package} {' or '.join(versions)}, with which the self-check has passed. "
            f"Make its environment by `rpo engines install {engine}`, or by pip: rpo-engines[{engine}]"
        )
    packages = (*ALLOWED[engine], *REPORTED)
    return {
        "python": platform.python_version(),
        **{package: version for package in packages if (version := installed(package)) is not None},
    }
