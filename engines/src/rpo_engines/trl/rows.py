"""The pairs of a data set, checked, and shortened where they are too long. What is written is what TRL then reads.

A row is `rpo pairs`' own (``{"kind": "preference", "prompt", "chosen": text, "rejected": text, "margin"}``) or its export for
TRL (``chosen`` and ``rejected`` as one assistant message). Rows that are too long lose the oldest messages of their history, a
user's message at the start, never a system message nor a token of a completion: TRL's own ``max_length`` would cut a completion
at its end instead, or drop the row. Knows nothing of models.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rpo_engines.margin import MarginError, margin_of

Message = dict[str, str]
Ids = Sequence[int]

ROLES = ("system", "user", "assistant")
MAX_NAMED = 20
"""Rows left out that are named; more are only counted."""


class RowError(ValueError):
    """A row that can't be trained on; the message names file, line and field."""


@dataclass(frozen=True)
class Pair:
    """A pair in TRL's conversational form."""

    prompt: list[Message]
    chosen: str
    rejected: str
    margin: float


@dataclass
class Counts:
    """What became of a file's rows."""

    read: int = 0
    pairs: int = 0
    """Rows that are trained on."""
    cut: int = 0
    """Of those, rows without the start of their history."""
    bad: int = 0
    empty: int = 0
    """Left out: a completion without text."""
    too_long: int = 0
    """Left out: too long even without their history."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    completion_tokens_lost: int = 0
    """To truncation. Counted over the rows as they are trained on; this package cuts no completion."""
    longest: int = 0
    """Tokens of the longest prompt with one of its completions."""
    margins: Counter[float] = field(default_factory=Counter)
    """How many pairs have each margin."""
    left_out: list[str] = field(default_factory=list)
    """The first rows left out, with their reasons."""

    def as_json(self) -> dict[str, Any]:
        """The counts for an event; margins as a list of [margin, pairs], smallest first."""
        own = {name: value for name, value in vars(self).items() if name != "margins"}
        return {**own, "margins": sorted([margin, pairs] for margin, pairs in self.margins.items())}


def pair_of(value: Any, *, method: str = "rpo") -> Pair:
    """A parsed line as a pair.

    Raises:
        RowError: for what is none, with the field; MarginError for its margin. dpo's margin is 0 whatever stands there.
    """
    if not isinstance(value, dict):
        raise RowError("row: is not a JSON object")
    if value.get("kind", "preference") != "preference" or "rejected" not in value:
        raise RowError("row: is no preference pair; make the data set by `rpo pairs --method rpo` or dpo")
    prompt = value.get("prompt")
    if not isinstance(prompt, list) or not prompt or not all(_is_message(message) for message in prompt):
        raise RowError("prompt: must be a list of messages of a role (system, user, assistant) and content")
    margin = 0.0 if method == "dpo" else margin_of(value.get("margin"))
    messages = [{"role": message["role"], "content": message["content"]} for message in prompt]
    return Pair(messages, _text(value, "chosen"), _text(value, "rejected"), margin)


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and value.get("role") in ROLES and isinstance(value.get("content"), str)


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if isinstance(value, str):
        return value
    if isinstance(value, list) and len(value) == 1 and _is_message(value[0]) and value[0]["role"] == "assistant":
        return str(value[0]["content"])
    raise RowError(f"{name}: must be a text, or a list of one assistant message")


def history_cuts(prompt: Sequence[Message]) -> Iterator[list[Message]]:
    """The prompt, then without ever more of its oldest messages. What stays: all system messages and the last query; what is
    left begins with a message of the user."""
    spoken = [message for message in prompt if message["role"] != "system"]
    queries = [i for i, message in enumerate(spoken) if message["role"] == "user"]
    last = queries[-1] if queries else 0
    yield list(prompt)
    for cut in queries:
        if not 0 < cut <= last:
            continue
        left = cut
        kept = []
        for message in prompt:
            if message["role"] != "system" and left > 0:
                left -= 1
            else:
                kept.append(message)
        yield kept


def fitting(
    pair: Pair, count: Callable[[list[Message], str], tuple[int, int]], max_length: int
) -> tuple[Pair, bool, tuple[int, int]] | None:
    """The pair, shortened where it has to be; whether it was; tokens of its prompt and of both completions. None if it can't.

    Args:
        count: tokens of a prompt and of one completion after it.
    """
    for cut, prompt in enumerate(history_cuts(pair.prompt)):
        (prompt_tokens, chosen), (_, rejected) = count(prompt, pair.chosen), count(prompt, pair.rejected)
        if prompt_tokens + max(chosen, rejected) <= max_length:
            shortened = Pair(prompt, pair.chosen, pair.rejected, pair.margin)
            return shortened, cut > 0, (prompt_tokens, chosen + rejected)
    return None


def prepare(
    source: Path,
    target: Path,
    *,
    count: Callable[[list[Message], str], tuple[int, int]],
    max_length: int,
    method: str = "rpo",
    skip_bad: bool = False,
) -> Counts:
    """Reads a data set's file and writes the pairs that are trained on, in TRL's conversational form, whole or not at all.

    Raises:
        RowError: for a file that can't be read; for a bad row unless ``skip_bad``.
    """
    counts = Counts()
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f"{target.name}.{os.getpid()}.part")
    previous: Pair | None = None
    try:
        with open(source, encoding="utf-8") as lines, open(staged, "w", encoding="utf-8") as out:
            for number, line in enumerate(lines, 1):
                if line.strip() == "":
                    continue
                counts.read += 1
                where = f"{source}:{number}"
                try:
                    pair = pair_of(_parsed(line), method=method)
                except (RowError, MarginError) as error:
                    if not skip_bad:
                        raise RowError(f"{where}: {error}; skip_bad: true leaves such rows out") from None
                    counts.bad += 1
                    _name(counts, where, str(error))
                    continue
                if pair.chosen.strip() == "" or pair.rejected.strip() == "":
                    counts.empty += 1
                    _name(counts, where, "a completion without text")
                    continue
                try:
                    found = fitting(pair, count, max_length)
                except RowError:
                    raise
                except Exception as error:  # chat templates raise what their authors chose
                    if not skip_bad:
                        raise RowError(f"{where}: prompt: the model's chat template refuses it: {error}") from None
                    counts.bad += 1
                    _name(counts, where, f"the chat template refuses it: {error}")
                    continue
                if found is None:
                    counts.too_long += 1
                    _name(counts, where, f"longer than {max_length} tokens even without its history")
                    continue
                fit, is_cut, (prompt_tokens, completion_tokens) = found
                is_mirror = (
                    previous is not None and previous.chosen == fit.rejected and previous.rejected == fit.chosen
                )
                previous = None if is_mirror else fit
                counts.pairs += 1
                counts.cut += is_cut
                counts.prompt_tokens += prompt_tokens
                counts.completion_tokens += completion_tokens
                counts.margins[fit.margin] += 1
                row = {
                    "prompt": fit.prompt,
                    "chosen": [{"role": "assistant", "content": fit.chosen}],
                    "rejected": [{"role": "assistant", "content": fit.rejected}],
                    "margin": fit.margin,
                    "follows": is_mirror,
                }
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
        os.replace(staged, target)
    except OSError as error:
        raise RowError(f"{error.filename or source}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise RowError(f"{source}: is not UTF-8: {error.reason}") from None
    finally:
        staged.unlink(missing_ok=True)
    return counts


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise RowError(f"row: is no JSON: {error.msg}") from None


def _name(counts: Counts, where: str, reason: str) -> None:
    if len(counts.left_out) < MAX_NAMED:
        counts.left_out.append(f"{where}: {reason}")


def margin_histogram(counts: Counts, *, width: int = 40) -> str:
    """The margins as lines of a margin, its pairs and a bar; "" where there are none."""
    if not counts.margins:
        return ""
    most = max(counts.margins.values())
    return "\n".join(
        f"  margin {margin:>4g}  {pairs:>7} {'█' * max(1, round(width * pairs / most))}"
        for margin, pairs in sorted(counts.margins.items())
    )
