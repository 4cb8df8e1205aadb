"""A stand-in for torchaudio, which LLaMA-Factory imports at load and uses for audio columns only. We have none of these, and
the real package brings CUDA's libraries. Where torchaudio is installed, it is left alone.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
import types


def stand_in_for_torchaudio() -> None:
    """Makes ``import torchaudio`` succeed where it isn't installed; whatever uses it then fails by an AttributeError."""
    if "torchaudio" in sys.modules or importlib.util.find_spec("torchaudio") is not None:
        return
    module = types.ModuleType("torchaudio")
    module.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
    sys.modules["torchaudio"] = module
