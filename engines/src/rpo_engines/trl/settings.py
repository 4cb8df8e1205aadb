"""What a training on TRL is asked to do: a YAML file. Names and defaults are those of ``rpo train`` (docs/training.md), in snake
case; what is TRL's own comes at the end. Knows nothing of TRL.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from rpo_engines.margin import DEFAULT_BETA, DEFAULT_GAMMA

METHODS = ("rpo", "dpo")
SCHEDULES = ("cosine", "linear", "constant")
ORDERS = ("shuffled", "file")
KEPT = ("last", "best")
PRECISIONS = ("auto", "bf16", "fp32")
ATTENTIONS = ("auto", "eager", "sdpa", "flash_attention_2")
TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
DEFAULT_EPOCHS = 3
REFERENCE_CODE_GAMMA = 0.05
"""γ of the paper's public code, inside β there."""


class SettingsError(ValueError):
    """A configuration that can't be used; the message names the file and the setting."""


@dataclass(frozen=True)
class Settings:
    """One training. Field metadata: ``help``, what the setting is; ``choices``; ``at_least``, ``at_most``, ``above``, ``below``."""

    model: str = field(metadata={"help": "Folder of a model as the Hugging Face hub has them, or its name on the hub."})
    dataset: str = field(metadata={"help": "Folder with train.jsonl and, if there are any, validation.jsonl."})
    out: str = field(metadata={"help": "Run directory; a training that is there goes on."})
    method: str = field(default="rpo", metadata={"help": "dpo ignores the margins.", "choices": METHODS})
    revision: str | None = field(default=None, metadata={"help": "Of a model on the hub: its commit."})

    beta: float = field(default=DEFAULT_BETA, metadata={"help": "β.", "above": 0})
    gamma: float | None = field(default=None, metadata={"help": "γ, outside β; 0.05 by default.", "at_least": 0})
    reference_compat: bool = field(default=False, metadata={"help": "γ = 0.05·β, as in the paper's public code."})

    nll: float = field(
        default=0.0,
        metadata={"help": "Weight of the chosen response's mean negative log-likelihood beside the loss.", "at_least": 0},
    )
    label_smoothing: float = field(
        default=0.0, metadata={"help": "Share of pairs taken to be reversed.", "at_least": 0, "at_most": 0.5}
    )

    lora: bool = field(default=True, metadata={"help": "false trains all weights."})
    rank: int = field(default=16, metadata={"help": "Rank of the adapter.", "at_least": 1})
    alpha: float = field(default=32, metadata={"help": "The adapter's product is scaled by alpha / rank.", "above": 0})
    dropout: float = field(default=0.0, metadata={"help": "Of the adapter's inputs.", "at_least": 0, "below": 1})
    targets: list[str] = field(
        default_factory=lambda: list(TARGETS), metadata={"help": "Linear layers that get an adapter.", "choices": TARGETS}
    )

    learning_rate: float = field(default=1e-4, metadata={"help": "Largest learning rate.", "above": 0})
    schedule: str = field(default="cosine", metadata={"help": "After the warm-up.", "choices": SCHEDULES})
    warmup: float = field(default=0.1, metadata={"help": "Steps; below 1 a share of all.", "at_least": 0})
    epochs: int | None = field(default=None, metadata={"help": "3 where steps are not given either.", "at_least": 1})
    steps: int | None = field(default=None, metadata={"help": "In place of epochs.", "at_least": 1})
    batch: int = field(default=8, metadata={"help": "Pairs that make one step, over all processes.", "at_least": 1})
    max_length: int = field(
        default=4096,
        metadata={"help": "Tokens of a prompt with one response; the oldest history goes first.", "at_least": 16},
    )
    max_gradient_norm: float = field(default=1.0, metadata={"help": "Longer gradients are scaled down.", "above": 0})
    weight_decay: float = field(default=0.0, metadata={"help": "Of AdamW.", "at_least": 0})
    seed: int = field(default=0, metadata={"help": "Of the adapter, the order and the dropout.", "at_least": 0})
    eval_every: int | None = field(default=None, metadata={"help": "Steps; an epoch by default.", "at_least": 1})
    save_every: int = field(default=10, metadata={"help": "Steps between checkpoints.", "at_least": 1})
    keep: str = field(default="last", metadata={"help": "Adapter of the last step, or the best.", "choices": KEPT})
    order: str = field(default="shuffled", metadata={"help": "Couples stay side by side.", "choices": ORDERS})
    skip_bad: bool = field(default=False, metadata={"help": "Leave bad rows out and count them."})

    device_batch: int = field(default=1, metadata={"help": "Pairs that one device computes at once.", "at_least": 1})
    precision: str = field(default="auto", metadata={"help": "auto: bf16 where the GPU has it.", "choices": PRECISIONS})
    attention: str = field(default="auto", metadata={"help": "Of the model.", "choices": ATTENTIONS})
    gradient_checkpointing: bool = field(default=True, metadata={"help": "Computes more to hold less memory."})
    precompute_reference: bool = field(
        default=True, metadata={"help": "The reference's log-probabilities once, before the first step, without γ."}
    )
    deepspeed: str | None = field(default=None, metadata={"help": "A DeepSpeed configuration, JSON."})
    cpu: bool = field(default=False, metadata={"help": "Use no GPU."})
    dump_pairs: str | None = field(
        default=None, metadata={"help": "File to which each pair's log-probabilities go, JSON Lines; for checks."}
    )
    trainer: dict[str, Any] = field(
        default_factory=dict, metadata={"help": "Further arguments of TRL's DPOConfig, by its names."}
    )

    @property
    def gamma_outside(self) -> float:
        """γ as the loss takes it, outside β; 0 for dpo."""
        if self.method == "dpo":
            return 0.0
        if self.reference_compat:
            return REFERENCE_CODE_GAMMA * self.beta
        return DEFAULT_GAMMA if self.gamma is None else self.gamma


TRAINER_OWN = frozenset(
    {
        "output_dir", "beta", "gamma", "loss_type", "loss_weights", "f_divergence_type", "label_smoothing", "nll", "max_length",
        "learning_rate", "lr_scheduler_type", "warmup_steps", "warmup_ratio", "num_train_epochs", "max_steps",
        "per_device_train_batch_size", "gradient_accumulation_steps", "max_grad_norm", "weight_decay", "seed", "data_seed",
        "eval_strategy", "eval_steps", "save_strategy", "save_steps", "logging_strategy", "logging_steps", "bf16", "fp16",
        "gradient_checkpointing", "precompute_ref_log_probs", "deepspeed", "use_cpu", "remove_unused_columns",
        "train_sampling_strategy", "end_at_turn", "eval_on_start",
    }
)  # fmt: skip
"""Arguments of DPOConfig that settings of ours decide; ``trainer`` can't."""


def read_settings(path: str | Path) -> Settings:
    """A configuration file. Relative paths in it are relative to it.

    Raises:
        SettingsError: for a file that can't be read, or a setting that is unknown, missing or out of range.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from None
    import yaml

    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SettingsError(f"{file}: {error}") from None
    if not isinstance(value, dict):
        raise SettingsError(f"{file}: must be a mapping of settings")
    try:
        return settings_of(value, file.resolve().parent)
    except SettingsError as error:
        raise SettingsError(f"{file}: {error}") from None


def settings_of(value: dict[Any, Any], folder: Path) -> Settings:
    """Checked settings; paths that stand in them are relative to the folder.

    Raises:
        SettingsError: as :func:`read_settings`, without the file's name.
    """
    known = {item.name: item for item in fields(Settings)}
    for name in value:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            raise SettingsError(f"{name}: there is no such setting" + (f"; did you mean {near[0]}?" if near else ""))
    for item in known.values():
        if item.default is MISSING and item.default_factory is MISSING and value.get(item.name) is None:
            raise SettingsError(f"{item.name}: is missing. {item.metadata['help']}")
    given = {name: _checked(known[name], entry) for name, entry in value.items() if entry is not None}
    for name in ("dataset", "out", "deepspeed", "dump_pairs"):
        if name in given:
            given[name] = str(folder / given[name])
    if (folder / given["model"]).exists():  # otherwise a name on the hub
        given["model"] = str(folder / given["model"])
    settings = Settings(**given)
    if settings.gamma is not None and settings.reference_compat:
        raise SettingsError("give gamma or reference_compat, not both")
    if settings.epochs is not None and settings.steps is not None:
        raise SettingsError("give epochs or steps, not both")
    for name in settings.trainer:
        if name in TRAINER_OWN:
            raise SettingsError(f"trainer.{name}: is decided by the settings above it, not here")
    return settings


def _checked(item: Any, value: Any) -> Any:
    kind = str(item.type).removesuffix(" | None")
    name, metadata = item.name, item.metadata

    def refuse(wanted: str) -> SettingsError:
        return SettingsError(f"{name}: {value!r} must be {wanted}")

    if kind == "bool":
        if not isinstance(value, bool):
            raise refuse("true or false")
    elif kind == "str":
        if not isinstance(value, str) or value == "":
            raise refuse("text")
        if "choices" in metadata and value not in metadata["choices"]:
            raise refuse(f"one of {', '.join(metadata['choices'])}")
    elif kind == "int":
        if isinstance(value, bool) or not isinstance(value, int):
            raise refuse("a whole number")
    elif kind == "float":
        if isinstance(value, str):  # YAML 1.1 takes 1e-4 for text
            try:
                value = float(value)
            except ValueError:
                raise refuse("a number") from None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise refuse("a number")
        value = float(value)
    elif kind == "list[str]":
        if not isinstance(value, list) or not value or any(entry not in metadata["choices"] for entry in value):
            raise refuse(f"a list of some of {', '.join(metadata['choices'])}")
    elif not isinstance(value, dict):
        raise refuse("a mapping")
    if kind in ("int", "float"):
        if "at_least" in metadata and value < metadata["at_least"]:
            raise refuse(f"at least {metadata['at_least']}")
        if "at_most" in metadata and value > metadata["at_most"]:
            raise refuse(f"at most {metadata['at_most']}")
        if "above" in metadata and value <= metadata["above"]:
            raise refuse(f"above {metadata['above']}")
        if "below" in metadata and value >= metadata["below"]:
            raise refuse(f"below {metadata['below']}")
    return value


MAY_CHANGE = frozenset(
    {"out", "dataset", "keep", "save_every", "eval_every", "skip_bad", "device_batch", "attention", "gradient_checkpointing",
     "precompute_reference", "cpu", "dump_pairs", "deepspeed", "trainer"}
)  # fmt: skip
"""Settings under which a training may go on though they differ: they say how, and how often, not what is trained."""


def deciding(settings: Settings) -> dict[str, Any]:
    """What decides the trained adapter, to be compared and kept."""
    values = {name: value for name, value in asdict(settings).items() if name not in MAY_CHANGE}
    values.pop("reference_compat")
    values["gamma"] = settings.gamma_outside
    for name in ("nll", "label_smoothing"):  # a training that was begun when there were none goes on
        if values[name] == 0:
            del values[name]
    if settings.steps is None:
        values["epochs"] = settings.epochs or DEFAULT_EPOCHS
    return values
