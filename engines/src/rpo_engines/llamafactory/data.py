"""The way of a margin from a row to a batch: converter, processor and collator by subclass, and a look at what they made.

LLaMA-Factory keeps of a row what its own converter names, of that what its processor names, and of that what its collator
names. It cuts a prompt that is too long at its end, which is the last query; here the oldest exchanges of the history go
instead, and what is still too long is left out, as the embedded trainer of rpo-kit does. Completions are never cut.

How each row fared travels with it as columns, not as counters: rows are processed in other processes, and come from a cache.
"""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from llamafactory.data.collator import PairwiseDataCollatorWithPadding
from llamafactory.data.converter import SharegptDatasetConverter
from llamafactory.data.processor import PairwiseDatasetProcessor
from llamafactory.extras.constants import IGNORE_INDEX

from rpo_engines import __version__
from rpo_engines.llamafactory.reference_cache import ROW
from rpo_engines.margin import MarginError, margin_of

FORMATTING = "rpo_sharegpt"
"""As dataset_info.json names the converter."""

MARGIN = "rpo_margin"
FATE = "rpo_fate"
TOKENS = "rpo_completion_tokens"
TEXTS = "rpo_texts"
COLUMNS = (MARGIN, FATE, TOKENS, TEXTS)
KEPT, CUT, INVALID, TOO_LONG = "kept", "cut", "invalid", "too_long"
NO_LIMIT = 1 << 30

Row = dict[str, Any]


@dataclass
class MarginConverter(SharegptDatasetConverter):
    """``rpo_sharegpt``: sharegpt, and the row's margin."""

    made_by: str = __version__
    """Part of the key under which datasets caches what it made."""

    def __call__(self, example: Row) -> Row:
        try:
            margin = margin_of(example.get("margin"))
        except MarginError as error:
            raise MarginError(f"{self.dataset_attr}, {_name(example)}: {error}") from error
        return {**super().__call__(example), "_margin": margin}


def _name(example: Row) -> str:
    return f"row {example['tid']}" if example.get("tid") else f"a row that begins {str(example)[:80]!r}"


@dataclass
class MarginPairwiseProcessor(PairwiseDatasetProcessor):
    """Tokenises pairs with their margins. Rows that can't be trained on leave a marker, for :func:`kept_rows` to count."""

    needs_margin: bool = True
    """False for DPO, to which every margin is 0."""
    end_at_turn: bool = True
    made_by: str = __version__
    """Part of the key under which datasets caches what it made."""

    def __post_init__(self) -> None:
        whole = copy.copy(self.data_args)
        whole.cutoff_len = NO_LIMIT
        self._whole = PairwiseDatasetProcessor(self.template, self.tokenizer, self.processor, whole)
        self._tail = self._after_turn() if self.end_at_turn else 0

    def _after_turn(self) -> int:
        """How many tokens the template writes after the one that ends an assistant's turn; 0 where no special token does."""
        conversation = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]
        _, answer = self.template.encode_oneturn(self.tokenizer, conversation)
        special = {*self.tokenizer.all_special_ids, *self.template.get_stop_token_ids(self.tokenizer)}
        ends = [at for at, token in enumerate(answer) if token in special]
        return 0 if not ends or self.template.efficient_eos else len(answer) - 1 - ends[-1]

    def preprocess_dataset(self, examples: dict[str, list[Any]]) -> dict[str, list[Any]]:
        margins = examples.get("_margin")
        if self.needs_margin and margins is None:
            raise MarginError(
                f'the rows have no margin: use an entry of dataset_info.json whose formatting is "{FORMATTING}", such as rpo_margin'
            )
        made: dict[str, list[Any]] = {}
        for index in range(len(examples["_prompt"])):
            row = {key: values[index] for key, values in examples.items()}
            margin = margin_of(row.get("_margin")) if self.needs_margin else 0.0
            for key, value in {**self._encode(row), MARGIN: margin}.items():
                made.setdefault(key, []).append(value)
        return made

    def _encode(self, row: Row) -> Row:
        if any(row.get(media) for media in ("_images", "_videos", "_audios")):
            raise MarginError("a row has images, videos or audio: this package trains on text")
        tokens = 0
        for cut in _cuts(row["_prompt"]):
            batch = self._whole.preprocess_dataset({key: [value] for key, value in {**row, "_prompt": cut}.items()})
            if not batch:
                return self._marker(INVALID, 0)
            encoded = {key: self._ended(key, values[0]) for key, values in batch.items()}
            tokens = sum(label != IGNORE_INDEX for side in ("chosen", "rejected") for label in encoded[f"{side}_labels"])
            if max(len(encoded["chosen_input_ids"]), len(encoded["rejected_input_ids"])) <= self.data_args.cutoff_len:
                fate = KEPT if len(cut) == len(row["_prompt"]) else CUT
                return {**encoded, FATE: fate, TOKENS: tokens, TEXTS: _texts(row["_response"])}
        return self._marker(TOO_LONG, tokens)

    def _ended(self, name: str, values: Any) -> Any:
        """A column of a pair, its completion without what comes after its turn."""
        return values[: -self._tail] if self._tail > 0 and name.startswith(("chosen_", "rejected_")) else values

    def _marker(self, fate: str, tokens: int) -> Row:
        # One token, so that a batch of markers alone still has columns of integers.
        one: Row = {}
        for side in ("chosen", "rejected"):
            one |= {f"{side}_input_ids": [0], f"{side}_attention_mask": [1], f"{side}_labels": [IGNORE_INDEX]}
        return {**one, "images": None, "videos": None, "audios": None, FATE: fate, TOKENS: tokens, TEXTS: ""}


def _texts(response: Sequence[Mapping[str, str]]) -> str:
    """Names the chosen and the rejected text by their hashes."""
    return ":".join(hashlib.sha256(text["content"].encode()).hexdigest()[:16] for text in response)


def _cuts(prompt: Sequence[Mapping[str, str]]) -> Iterator[Sequence[Mapping[str, str]]]:
    """The prompt, and then what is left of it without its oldest exchanges, down to the last query."""
    yield prompt
    for start in range(1, len(prompt)):
        if prompt[start]["role"] == "user":
            yield prompt[start:]


class MarginPairwiseCollator(PairwiseDataCollatorWithPadding):
    """Batches of pairs with ``margin``, fp32, one a pair, and the rows' numbers where they have some."""

    def __call__(self, features: list[Row]) -> dict[str, torch.Tensor]:
        if any(feature.get(MARGIN) is None for feature in features):
            raise MarginError("a row of the batch has no margin: it was lost between the data set and the collator")
        batch = super().__call__(features)
        batch["margin"] = torch.tensor([feature[MARGIN] for feature in features], dtype=torch.float32)
        if all(ROW in feature for feature in features):
            batch[ROW] = torch.tensor([feature[ROW] for feature in features])
        return batch


@dataclass
class DataReport:
    """What became of the rows of a data set."""

    margins: list[float] = field(default_factory=list)
    """Of the pairs that are trained on."""
    fates: Counter[str] = field(default_factory=Counter)
    completion_tokens: int = 0
    tokens_lost: int = 0
    """Completion tokens of rows left out as too long: no completion is cut."""

    @property
    def pairs(self) -> int:
        return len(self.margins)

    def record(self) -> dict[str, Any]:
        """As it stands in the metrics file: margins as a list of [margin, pairs], the smallest first."""
        return {
            "read": self.fates.total(),
            "pairs": self.pairs,
            "cut": self.fates[CUT],
            "bad": self.fates[INVALID],
            "too_long": self.fates[TOO_LONG],
            "completion_tokens": self.completion_tokens,
            "completion_tokens_lost": self.tokens_lost,
            "margins": [[margin, pairs] for margin, pairs in sorted(Counter(self.margins).items())],
        }

    def text(self) -> str:
        """The same for a person."""
        most = max(Counter(self.margins).values(), default=1)
        lines = [
            f"{self.pairs} pairs of {self.fates.total()} rows; left out: {self.fates[INVALID]} with turns out of order, "
            f"{self.fates[TOO_LONG]} too long; {self.fates[CUT]} without the start of their history; "
            f"{self.tokens_lost} completion tokens lost of {self.completion_tokens + self.tokens_lost}"
        ]
        for margin, pairs in sorted(Counter(self.margins).items()):
            lines.append(f"  margin {margin:>4g}  {pairs:>7} {'█' * max(1, round(40 * pairs / most))}")
        return "\n".join(lines)


def kept_rows(dataset: Any, name: str) -> tuple[Any, DataReport]:
    """The rows that are trained on, and what became of all of them.

    Raises:
        MarginError: where the data set was made without this package, such as one cached before, or nothing is left of it.
    """
    missing = [column for column in COLUMNS if column not in dataset.column_names]
    if missing:
        raise MarginError(
            f"{name}: the tokenised data set lacks {', '.join(missing)}. It was made by LLaMA-Factory alone: "
            "remove the folder that tokenized_path names, or leave tokenized_path out"
        )
    fates = list(dataset[FATE])
    lost = sum(tokens for tokens, fate in zip(dataset[TOKENS], fates, strict=True) if fate == TOO_LONG)
    report = DataReport(fates=Counter(fates), completion_tokens=sum(dataset[TOKENS]) - lost, tokens_lost=lost)
    kept = [index for index, fate in enumerate(fates) if fate in (KEPT, CUT)]
    if len(kept) < len(fates):
        dataset = dataset.select(kept)
    report.margins = [margin_of(margin) for margin in dataset[MARGIN]]
    if report.pairs == 0:
        raise MarginError(
            f"{name}: no pair is left of {len(fates)} "
            f"({report.fates[INVALID]} with turns out of order, {report.fates[TOO_LONG]} longer than cutoff_len)"
        )
    return dataset, report


def sum_of(reports: Sequence[DataReport]) -> DataReport:
    """Of several data sets together."""
    whole = DataReport()
    for report in reports:
        whole.margins += report.margins
        whole.fates += report.fates
        whole.completion_tokens += report.completion_tokens
        whole.tokens_lost += report.tokens_lost
    return whole


def couples(dataset: Any) -> list[bool]:
    """For each row whether it is the row before it with chosen and rejected exchanged: the other direction of an RPO couple.
    Of two such in succession the second is none."""
    follows: list[bool] = []
    before = ""
    for texts in dataset[TEXTS]:
        chosen, _, rejected = texts.partition(":")
        is_mirror = before != "" and before == f"{rejected}:{chosen}"
        follows.append(is_mirror)
        before = "" if is_mirror else texts
    return follows
