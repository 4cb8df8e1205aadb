"""The one mechanism by which a margin enters a stock DPO loss, and what must hold for it to be exact.

With Δ = log π(chosen) − log π(rejected) less the same of the reference, and sums of token log-probabilities throughout:

    −log σ(βΔ − γg)  =  −log σ(β((log π_c − (log π_ref,c + γg/β)) − (log π_r − log π_ref,r)))

so a trainer for DPO that is given ``ref_chosen_logps + γg/β`` trains RPO. That is exact for the sigmoid loss under reverse KL
and for nothing else; whatever else a trainer is set to is refused here (:func:`check_objective`). Label smoothing takes a share ε
of the pairs to be the other way round; with z = βΔ − γg the loss then is −(1 − ε) log σ(z) − ε log σ(−z) = −log σ(z) + εz, so that
it is the same loss with a term beside it. Knows no engine.
Source: Huang et al. 2025 (Findings of ACL), the loss; Rafailov et al. 2023, DPO; Mitchell 2023, its label smoothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

DEFAULT_BETA = 0.1
"""β of the paper."""
DEFAULT_GAMMA = 0.05
"""γ of the paper, outside β."""


class MarginError(ValueError):
    """A margin that can't be trained on, or a trainer in which it would not reach the loss. The message says what to do."""


def check_objective(
    *,
    beta: float,
    gamma: float,
    loss: str | Sequence[str],
    f_divergence: str = "reverse_kl",
    label_smoothing: float = 0.0,
    fused_loss: bool = False,
    reference_free: bool = False,
) -> None:
    """Refuses a trainer's settings under which a raised reference is not RPO.

    Args:
        beta: β, above 0.
        gamma: γ outside β, at least 0.
        loss: the trainer's name of its loss; a list of names must hold ``sigmoid`` alone.
        f_divergence: the divergence that the reward is derived from.
        label_smoothing: ε, from 0 to 0.5.
        fused_loss: whether a fused kernel computes the loss (such as Liger's), which may take the reference's
            log-probabilities from a model of its own.
        reference_free: whether the trainer leaves the reference out.

    Raises:
        MarginError: naming the setting.
    """
    if not _is_number(beta) or beta <= 0:
        raise MarginError(f"beta: {beta!r} must be a number above 0")
    if not _is_number(gamma) or gamma < 0:
        raise MarginError(f"gamma: {gamma!r} must be a number of at least 0")
    names = [loss] if isinstance(loss, str) else list(loss)
    if names != ["sigmoid"]:
        raise MarginError(f"loss: {', '.join(map(str, names)) or 'none'}; a margin is exact in the sigmoid loss only, alone")
    divergence = getattr(f_divergence, "value", f_divergence)
    if divergence != "reverse_kl":
        raise MarginError(f"f-divergence: {divergence}; a margin is exact under reverse_kl only")
    if not _is_number(label_smoothing) or not 0 <= label_smoothing <= 0.5:
        raise MarginError(f"label smoothing: {label_smoothing!r} must be a number from 0 to 0.5")
    if fused_loss:
        raise MarginError("a fused loss is switched on, which may ignore the reference log-probabilities: switch it off")
    if reference_free:
        raise MarginError("the loss is reference-free; the margin travels with the reference log-probabilities")


def checked_margins(margins: Any, *, pairs: int) -> Tensor:
    """The margins of a batch as fp32, of shape [pairs].

    Args:
        margins: what the batch holds: a tensor, a list of numbers, or None where it has none.
        pairs: pairs of the batch.

    Raises:
        MarginError: where there are none, of another number than the pairs, or one is negative, infinite or NaN.
    """
    if margins is None:
        raise MarginError(
            "the batch has no margins: they were lost between the data set and the loss. "
            "Use the data collator and the columns of this package, and data made by `rpo pairs --method rpo`"
        )
    import torch

    if isinstance(margins, torch.Tensor):
        values = margins.detach().to(torch.float32).reshape(-1)
    else:
        values = torch.tensor([margin_of(value) for value in margins], dtype=torch.float32)
    if values.numel() != pairs:
        raise MarginError(f"the batch has {values.numel()} margins for {pairs} pairs")
    if not bool(torch.isfinite(values).all()):
        raise MarginError(f"the batch has a margin that is no number: {values.tolist()}")
    if bool((values < 0).any()):
        raise MarginError(f"the batch has a negative margin: {values.tolist()}")
    return values


def margin_of(value: Any) -> float:
    """A row's margin g as a number.

    Raises:
        MarginError: where it is missing (None), no number, NaN, infinite or negative. Truth values are no numbers.
    """
    if not _is_number(value):
        raise MarginError(f"margin: {'missing' if value is None else repr(value)}; it must be a number of constraints")
    if value < 0:
        raise MarginError(f"margin: {value} is negative; it is a number of constraints")
    return float(value)


def raised_reference(ref_chosen_logps: Tensor, margins: Tensor, *, beta: float, gamma: float) -> Tensor:
    """``ref_chosen_logps + γg/β`` in fp32, whatever precision the reference came in. [pairs]

    The result goes into one batch's loss and nowhere else: log-probabilities that are cached stay free of γ.

    Args:
        ref_chosen_logps: log-probability sums of the chosen responses under the reference, natural log. [pairs]
        margins: of :func:`checked_margins`. [pairs]

    Raises:
        MarginError: where the shapes differ or a reference log-probability is no number.
    """
    if ref_chosen_logps.shape != margins.shape:
        raise MarginError(f"{tuple(margins.shape)} margins for {tuple(ref_chosen_logps.shape)} reference log-probabilities")
    import torch

    if not bool(torch.isfinite(ref_chosen_logps).all()):
        raise MarginError("a reference log-probability is no number: is the model's precision fit for its weights?")
    shift = margins.to(device=ref_chosen_logps.device, dtype=torch.float32) * (gamma / beta)
    return ref_chosen_logps.detach().to(torch.float32) + shift


def pair_loss(delta: Tensor, margins: Tensor, *, beta: float, gamma: float, label_smoothing: float = 0.0) -> Tensor:
    """softplus(γg − βΔ) of each pair in double precision, smoothed: what a trainer's loss is compared with. [pairs]

    Args:
        delta: Δ, the log-ratio of the chosen response less that of the rejected one. [pairs]
        label_smoothing: ε.
    """
    z = beta * delta.double() - gamma * margins.double()
    import torch

    softplus = torch.nn.functional.softplus
    return (1 - label_smoothing) * softplus(-z, threshold=math.inf) + label_smoothing * softplus(z, threshold=math.inf)


def expected_first_loss(margins: Iterable[float], *, gamma: float, label_smoothing: float = 0.0) -> float:
    """Mean softplus(γg), smoothed: the loss where the policy still is the reference.

    Raises:
        MarginError: where there are no margins.
    """
    terms = [gamma * margin for margin in margins]
    if not terms:
        raise MarginError("no pairs: nothing to take a mean of")
    # softplus(γg) − ε·γg, as in the head of this module
    return sum((1 - label_smoothing) * term + math.log1p(math.exp(-term)) for term in terms) / len(terms)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
