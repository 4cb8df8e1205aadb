"""Reverse Preference Optimization on stock PyTorch trainers.

The loss −log σ(βΔ − γg) is plain DPO whose reference log-probability of the chosen response is raised by γg/β
(:mod:`rpo_engines.margin`). :mod:`rpo_engines.trl` and :mod:`rpo_engines.llamafactory` carry each pair's margin g to that place
in their engine; nothing of an engine is copied or changed on disk. Importing this package imports no engine.
"""

__version__ = "0.1.0"
