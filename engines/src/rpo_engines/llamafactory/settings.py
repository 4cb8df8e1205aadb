"""What a training is asked to do: LLaMA-Factory's YAML, and in it our keys, which begin with ``rpo_``.

LLaMA-Factory refuses keys that it does not know, so ours are taken out before it sees the rest. They stand in the same file
that a user reads and changes, and not in the environment: the file alone says what is trained. What would keep the margin from
the loss, or change what the loss is, is refused here by the file's own words, before anything is loaded; the trainer looks
again at what LLaMA-Factory made of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from rpo_engines.margin import DEFAULT_BETA, MarginError, check_objective, margin_of

Method = Literal["rpo", "dpo", "kto", "sft"]
STAGE: Mapping[Method, str] = {"rpo": "dpo", "dpo": "dpo", "kto": "kto", "sft": "sft"}

OURS = "rpo_"
KEYS = ("rpo_method", "rpo_gamma", "rpo_metrics", "rpo_end_at_turn", "rpo_reference_once", "rpo_completion_logits")

# Each keeps the margin away from the loss, or makes the loss another one. Value: what is allowed, and why not the rest.
REFUSED: Mapping[str, tuple[tuple[Any, ...], str]] = {
    "pref_bco_weight": ((0,), "BCO's part of the loss takes the reference as it is, which the margin has raised"),
    "ld_alpha": ((None,), "length desensitisation changes the policy's log-probabilities and not the reference's"),
    "ref_model": ((None,), "the reference must be the model that the training begins with"),
    "ref_model_adapters": ((None,), "the reference must be the model that the training begins with"),
    "streaming": ((False,), "a streamed data set can't be counted before the training"),
    "packing": ((None, False), "pairs are not packed"),
    "use_ray": ((False,), "Ray's workers start without this package"),
    "use_mca": ((False,), "its DPO is another trainer"),
}
# The same, by environment variables that LLaMA-Factory heeds.
REFUSED_ENVIRONMENT = {"USE_RAY": "Ray's workers start without this package", "USE_MCA": "its DPO is another trainer"}
SWITCHED_ON = {"1", "true", "y", "yes", "on"}


class SettingsError(ValueError):
    """A setting is missing, unknown, or would keep the margin from the loss. The message names it."""


@dataclass(frozen=True)
class RpoSettings:
    """Our part of the file."""

    method: Method
    gamma: float
    """γ outside β; 0 but in RPO."""
    metrics: Path
    """Where metrics.jsonl is written."""
    end_at_turn: bool = True
    """Whether a completion ends with the token that ends its turn, as in the embedded trainer; else what the template writes
    after it, such as a line break, is trained too, as by LLaMA-Factory alone."""
    reference_once: bool = True
    """Whether the reference's log-probabilities of a row are computed once, or in each step, as by LLaMA-Factory alone."""
    completion_logits: bool = True
    """Whether a batch's logits begin with its first completion token, or are those of its prompts too, as by LLaMA-Factory
    alone."""

    @property
    def is_paired(self) -> bool:
        return self.method in ("rpo", "dpo")


def read_yaml(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The file as LLaMA-Factory would read it, with ``key=value`` overrides.

    Raises:
        SettingsError: where it can't be read or is no mapping.
    """
    from omegaconf import OmegaConf

    try:
        loaded = OmegaConf.load(Path(path).absolute())
        if not OmegaConf.is_dict(loaded):
            raise SettingsError("must be a mapping of settings")
        merged = OmegaConf.to_container(OmegaConf.merge(loaded, OmegaConf.from_cli(list(overrides))))
    except Exception as error:  # a YAML library's errors have no common base
        raise SettingsError(f"{path}: {error}") from error
    assert isinstance(merged, dict)
    return {str(key): value for key, value in merged.items()}


def split_settings(
    config: Mapping[str, Any], environment: Mapping[str, str] = os.environ
) -> tuple[RpoSettings, dict[str, Any]]:
    """Our settings, and the rest for LLaMA-Factory.

    Raises:
        SettingsError: for a key of ours that is missing, unknown or wrong, and for a setting that would keep the margin from
            the loss.
        MarginError: for a loss, β or γ that is no RPO.
    """
    unknown = [key for key in config if key.startswith(OURS) and key not in KEYS]
    if unknown:
        raise SettingsError(f"{', '.join(unknown)}: unknown; this package's keys are {', '.join(KEYS)}")
    method = config.get("rpo_method")
    if method not in get_args(Method):
        raise SettingsError(f"rpo_method: {method!r} must be one of {', '.join(get_args(Method))}")
    rest = {key: value for key, value in config.items() if not key.startswith(OURS)}
    stage = rest.get("stage")
    if stage != STAGE[method]:
        raise SettingsError(f"stage: {stage!r} must be {STAGE[method]} where rpo_method is {method}")
    output = rest.get("output_dir")
    if not isinstance(output, str) or output == "":
        raise SettingsError("output_dir: missing; the folder for checkpoints and the adapter")
    metrics = config.get("rpo_metrics", os.path.join(output, "metrics.jsonl"))
    if not isinstance(metrics, str) or metrics == "":
        raise SettingsError(f"rpo_metrics: {metrics!r} must be a path")
    settings = RpoSettings(
        method,
        _gamma(method, config),
        Path(metrics),
        end_at_turn=_switch(config, "rpo_end_at_turn"),
        reference_once=_switch(config, "rpo_reference_once"),
        completion_logits=_switch(config, "rpo_completion_logits"),
    )
    if settings.is_paired:
        _refuse(rest, environment)
        check_objective(
            beta=rest.get("pref_beta", DEFAULT_BETA),
            gamma=settings.gamma,
            loss=rest.get("pref_loss", "sigmoid"),
            label_smoothing=rest.get("dpo_label_smoothing", 0.0),
        )
    return settings, rest


def _switch(config: Mapping[str, Any], key: str) -> bool:
    value = config.get(key, True)
    if not isinstance(value, bool):
        raise SettingsError(f"{key}: {value!r} must be true or false")
    return value


def _gamma(method: Method, config: Mapping[str, Any]) -> float:
    given = config.get("rpo_gamma")
    if method != "rpo":
        if given is not None:
            raise SettingsError(f"rpo_gamma: {given} has no meaning in {method}; leave it out")
        return 0.0
    if given is None:
        raise SettingsError("rpo_gamma: missing; γ as it stands outside β, 0.05 in the paper")
    try:
        return margin_of(given)
    except MarginError as error:
        raise SettingsError(f"rpo_gamma: {given!r} must be a number of at least 0") from error


def _refuse(rest: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    for key, (allowed, why) in REFUSED.items():
        if key in rest and rest[key] not in allowed:
            raise SettingsError(f"{key}: {rest[key]}; {why}. Leave it out")
    if rest.get("adapter_name_or_path") is not None and rest.get("create_new_adapter") is not True:
        raise SettingsError(
            "adapter_name_or_path: the policy would begin elsewhere than at the reference. "
            "Set create_new_adapter: true, which merges it first"
        )
    for key, why in REFUSED_ENVIRONMENT.items():
        if environment.get(key, "").lower() in SWITCHED_ON:
            raise SettingsError(f"{key}: switched on in the environment; {why}. Switch it off")
