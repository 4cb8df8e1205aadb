"""The checks of TRL's engine (spec: docs/engines.md). Every one goes through `prepare`, TRL's own loader, tokenisation, collator and
trainer; the trainings go through the same entry as ``python -m rpo_engines.trl``."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets
import torch
import yaml
from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback
from transformers.utils import logging as transformers_logging
from trl import DPOConfig, DPOTrainer

from rpo_engines.checks import Check, CheckFailed, largest_difference, require
from rpo_engines.events import EXIT_INPUT, EXIT_STOPPED
from rpo_engines.loss_seen import LossSeen
from rpo_engines.margin import MarginError, expected_first_loss
from rpo_engines.metrics import read_metrics
from rpo_engines.tiny import tiny_pairs, write_rows, write_tiny_model
from rpo_engines.trl import run
from rpo_engines.trl.rows import prepare
from rpo_engines.trl.settings import read_settings
from rpo_engines.trl.trainer import RpoConfig, RpoTrainer
from rpo_engines.versions import check_versions

BETA = 0.1
GAMMA = 0.5
SMOOTHING = 0.1
NLL = 0.3
FIRST = {0.0: 0.693147, 1.0: 0.974077, 3.0: 1.701413}
"""softplus(γg) for γ = 0.5 and these g, by the specification; not computed here."""
MARGINS = (0.0, 1.0, 3.0, 2.0, 5.0, 4.0)
LIMIT = 400
"""Tokens, of which the tiny model has 512."""
SECONDS = 600
"""For a process that a check starts."""


class Bench:
    """A tiny model in a workspace, and trainers on it."""

    def __init__(self, workspace: Path, device: str) -> None:
        self.workspace, self.device = workspace, device
        self.model = write_tiny_model(workspace / "model")
        self.tokenizer = AutoTokenizer.from_pretrained(self.model)
        self._number = 0

    def folder(self) -> Path:
        """A new folder."""
        self._number += 1
        folder = self.workspace / f"{self._number:03}"
        folder.mkdir()
        return folder

    def count(self, prompt: list[dict[str, str]], completion: str) -> tuple[int, int]:
        whole = [*prompt, {"role": "assistant", "content": completion}]
        asked, answered = (
            len(self.tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True, **more)["input_ids"])
            for messages, more in ((prompt, {"add_generation_prompt": True}), (whole, {}))
        )
        return asked, answered - asked

    def trainer(
        self,
        rows: Sequence[dict[str, Any]],
        *,
        gamma: float = GAMMA,
        stock: bool = False,
        drop_margin: bool = False,
        noise: float = 0.0,
        **config: Any,
    ) -> DPOTrainer:
        """A trainer of all weights on rows that went through `prepare`. `noise` moves the policy off the reference."""
        folder = self.folder()
        write_rows(folder / "train.jsonl", rows)
        prepare(folder / "train.jsonl", folder / "rows.jsonl", count=self.count, max_length=LIMIT, skip_bad=True)
        data = load_dataset("json", data_files=str(folder / "rows.jsonl"), split="train", cache_dir=str(folder / "cache"))
        if drop_margin or stock:
            data = data.remove_columns(["margin"])
        common: dict[str, Any] = {
            "output_dir": str(folder / "out"),
            "beta": BETA,
            "max_length": None,
            "per_device_train_batch_size": 3,
            "train_sampling_strategy": "sequential",
            "precompute_ref_log_probs": True,
            "gradient_checkpointing": False,
            "bf16": False,
            "use_cpu": self.device == "cpu",
            "report_to": [],
            "disable_tqdm": True,
            "seed": 0,
        }
        arguments: dict[str, Any] = {
            "model": AutoModelForCausalLM.from_pretrained(self.model, dtype=torch.float32),
            "train_dataset": data,
            "processing_class": self.tokenizer,
        }
        if stock:
            trainer = DPOTrainer(args=DPOConfig(**{**common, **config}), **arguments)
        else:
            trainer = RpoTrainer(args=RpoConfig(gamma=gamma, **{**common, **config}), **arguments)
        trainer.remove_callback(PrinterCallback)
        if noise > 0:
            torch.manual_seed(7)
            with torch.no_grad():
                for parameter in trainer.model.parameters():
                    parameter.add_(noise * torch.randn_like(parameter))
        trainer.model.to(trainer.accelerator.device).train()
        return trainer

    def losses(self, trainer: DPOTrainer) -> list[float]:
        """Each example's loss, in the order of the rows."""
        found = []
        for batch in trainer.get_train_dataloader():
            with LossSeen() as seen:
                mean = float(trainer.compute_loss(trainer.model, trainer._prepare_inputs(batch)))
            of_batch = seen.losses()
            largest_difference("the batch's mean", [sum(of_batch) / len(of_batch)], [mean], 1e-5)
            found += of_batch
        return found

    def gradients(self, trainer: DPOTrainer) -> tuple[float, dict[str, torch.Tensor]]:
        """Loss and gradients of the first batch."""
        trainer.model.zero_grad()
        batch = next(iter(trainer.get_train_dataloader()))
        loss = trainer.compute_loss(trainer.model, trainer._prepare_inputs(batch))
        loss.backward()
        grads = {name: p.grad.detach().cpu().clone() for name, p in trainer.model.named_parameters() if p.grad is not None}
        require(len(grads) > 10, f"only {len(grads)} parameters have gradients")
        return float(loss.detach()), grads

    def configuration(self, rows: Sequence[dict[str, Any]], held: Sequence[dict[str, Any]] = (), **settings: Any) -> Path:
        """A configuration file for the entry, with its data set beside it."""
        folder = self.folder()
        write_rows(folder / "data" / "train.jsonl", rows)
        if held:
            write_rows(folder / "data" / "validation.jsonl", held)
        values = {
            "model": str(self.model),
            "dataset": "data",
            "out": "run",
            "beta": BETA,
            "gamma": GAMMA,
            "rank": 4,
            "learning_rate": 5e-3,
            "schedule": "constant",
            "warmup": 0,
            "steps": 5,
            "batch": 4,
            "device_batch": 2,
            "max_length": LIMIT,
            "order": "file",
            "save_every": 100,
            "precision": "fp32",
            "gradient_checkpointing": False,
            "cpu": self.device == "cpu",
            **settings,
        }
        file = folder / "train.yaml"
        file.write_text(yaml.safe_dump(values), encoding="utf-8")
        return file

    def train(self, file: Path) -> tuple[int, list[dict[str, Any]], list[dict[str, Any]]]:
        """Runs the entry in this process; returns its exit code, its events and its records."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = run.train(read_settings(file), check_versions("trl"))
        events = [json.loads(line) for line in said.getvalue().splitlines() if line.startswith('{"event"')]
        return code, events, read_metrics(file.parent / "run" / "metrics.jsonl")

    def start(self, file: Path, processes: int = 1) -> subprocess.Popen[str]:
        """Starts the entry as a program of its own, under torchrun where there are several processes."""
        launcher = ["-m", "torch.distributed.run", "--nproc-per-node", str(processes), "--master-port", str(_free_port())]
        command = [sys.executable, *(launcher if processes > 1 else []), "-m", "rpo_engines.trl", str(file)]
        # A cache of its own: it computes its reference log-probabilities itself.
        env = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HOME": str(file.parent / "hf")}
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)


def _free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _steps(records: Sequence[dict[str, Any]], name: str = "loss") -> list[float]:
    return [record[name] for record in records if record["kind"] == "step"]


def _rows(margins: Sequence[float] = MARGINS, seed: int = 0) -> list[dict[str, Any]]:
    return tiny_pairs(margins, seed=seed)


def checks(workspace: Path, *, device: str, dump: Path | None) -> list[Check]:
    """All checks, in their order. Those of several processes are on the CPU alone: one GPU can't hold two ranks.

    Args:
        workspace: a folder for what they write.
        device: "cpu" or "cuda".
        dump: file for the log-probabilities of a training (:mod:`rpo_engines.selfcheck`).
    """
    torch.set_num_threads(1)  # more make a model this small slower
    datasets.disable_progress_bars()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    bench = Bench(workspace, device)
    is_cpu = device == "cpu"
    held = _rows((1.0, 2.0, 0.0), seed=5)
    # Both take as long to start as all others take together, so they start first.
    smoothed_too = {"label_smoothing": SMOOTHING, "nll": NLL}
    pair_file = bench.configuration(_rows(seed=3), held, device_batch=1, steps=3, cpu=True, **smoothed_too)
    pair = bench.start(pair_file, processes=2) if is_cpu else None
    lost_file = bench.configuration([{k: v for k, v in row.items() if k != "margin"} for row in _rows()], cpu=True)
    lost = bench.start(lost_file) if is_cpu else None
    reference: dict[str, Any] = {}
    dumps: list[dict[str, Any]] = []

    def first_losses() -> str:
        rows = _rows(tuple(FIRST))
        found = bench.losses(bench.trainer(rows))
        worst = largest_difference("loss", found, list(FIRST.values()), 1e-5)
        return f"β {BETA}, γ {GAMMA}, g {', '.join(f'{g:g}' for g in FIRST)} in one batch: {_numbers(found)}; off by {worst:.1e} at most"

    def permuted() -> str:
        order = list(range(len(MARGINS)))
        random.Random(1).shuffle(order)
        rows = _rows()
        too_long = {**rows[0], "prompt": [{"role": "user", "content": "word " * LIMIT}], "margin": 7.0}
        bad = {**rows[0], "margin": -1.0}
        mixed = [dict(row) for row in rows]
        for row, source in zip(mixed, order, strict=True):
            row["margin"] = MARGINS[source]
        with_others = [bad, *mixed[:2], too_long, *mixed[2:5], {"kind": "preference", "margin": 9.0}, *mixed[5:]]
        found = bench.losses(bench.trainer(with_others))
        worst = largest_difference("loss", found, [_softplus(GAMMA * MARGINS[i]) for i in order], 1e-5)
        return f"margins {', '.join(f'{MARGINS[i]:g}' for i in order)}, with an invalid, a too long and a torn row between: off by {worst:.1e}"

    def gamma_zero() -> str:
        rows = _rows()
        ours, our_grads = bench.gradients(bench.trainer(rows, gamma=0.0, noise=0.02))
        stock, stock_grads = bench.gradients(bench.trainer(rows, stock=True, noise=0.02))
        require(abs(stock - math.log(2)) > 1e-3, f"the policy should be off the reference, and the loss is {stock}")
        largest_difference("loss", [ours], [stock], 1e-6)
        require(our_grads.keys() == stock_grads.keys(), "other parameters have gradients")
        worst = max(float((our_grads[name] - grad).abs().max()) for name, grad in stock_grads.items())
        require(worst <= 1e-6, f"a gradient differs by {worst}")
        return f"loss {ours:.6f} as DPOTrainer's, {len(our_grads)} gradients off by {worst:.1e} at most"

    def scaled_gradients() -> str:
        said = []
        for g in (1.0, 3.0):
            rows = _rows((g,))
            _, plain = bench.gradients(bench.trainer(rows, gamma=0.0))
            _, shifted = bench.gradients(bench.trainer(rows))
            factor = _sigmoid(GAMMA * g) / 0.5
            size = max(float(grad.abs().max()) for grad in plain.values())
            worst = max(float((shifted[name] - factor * grad).abs().max()) for name, grad in plain.items()) / size
            require(size > 1e-4, f"the gradients are nothing: {size}")
            require(worst <= 1e-5, f"g {g:g}: a gradient is {worst:.1e} of the largest off σ(γg)/0.5 = {factor:.6f}")
            said.append(f"g {g:g}: times {factor:.6f} within {worst:.1e}")
        return "; ".join(said)

    def smoothed() -> str:
        """Against losses of TRL's own that are the same for a batch of one pair: aot, which sorts pairs, has label smoothing,
        and sft is a mean over the batch's chosen tokens."""
        rows, one = _rows((3.0,)), {"per_device_train_batch_size": 1, "label_smoothing": SMOOTHING}
        ours, our_grads = bench.gradients(bench.trainer(rows, gamma=0.0, noise=0.02, nll=NLL, **one))
        of_stock = {**one, "loss_type": ["aot", "sft"], "loss_weights": [1.0, NLL]}
        stock, stock_grads = bench.gradients(bench.trainer(rows, stock=True, noise=0.02, **of_stock))
        largest_difference("loss", [ours], [stock], 1e-6)
        require(our_grads.keys() == stock_grads.keys(), "other parameters have gradients")
        size = max(float(grad.abs().max()) for grad in stock_grads.values())
        worst = max(float((our_grads[name] - grad).abs().max()) for name, grad in stock_grads.items())
        require(worst <= 1e-6 * max(1.0, size), f"a gradient differs by {worst}")
        _, plain = bench.gradients(bench.trainer(rows, gamma=0.0))
        first, shifted = bench.gradients(bench.trainer(rows, **one))
        z = GAMMA * 3
        largest_difference("first loss", [first], [(1 - SMOOTHING) * _softplus(z) + SMOOTHING * _softplus(-z)], 1e-5)
        factor = (_sigmoid(z) - SMOOTHING) / 0.5
        size = max(float(grad.abs().max()) for grad in plain.values())
        off = max(float((shifted[name] - factor * grad).abs().max()) for name, grad in plain.items()) / size
        require(off <= 1e-5, f"a gradient is {off:.1e} of the largest off (σ(γg) − ε)/0.5 = {factor:.6f}")
        return f"loss {ours:.6f} as TRL's aot with sft, gradients off by {worst:.1e} at most; g 3 at step 0: {first:.6f}"

    def dumped(file: Path, *, smoothing: float, nll: float) -> tuple[list[dict[str, Any]], float]:
        """Batches of a training that was told to dump its pairs, and how far their losses are from the formula at most."""
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        if dump is not None:
            decided = {"beta": BETA, "gamma": GAMMA, "label_smoothing": smoothing, "nll": nll}
            dumps.extend({**line, **decided} for line in lines)
            write_rows(dump, dumps)
        names = ("margins", "chosen_logps", "rejected_logps", "ref_chosen_logps", "ref_rejected_logps", "chosen_tokens")
        worst = 0.0
        for line in lines:
            terms = []
            for g, c, r, rc, rr, tokens in zip(*(line[name] for name in names), strict=True):
                z = BETA * ((c - r) - (rc - rr)) - GAMMA * g
                terms.append((1 - smoothing) * _softplus(-z) + smoothing * _softplus(z) - nll * c / tokens)
            worst = max(worst, largest_difference(f"step {line['step']}", [line["loss"]], [sum(terms) / len(terms)], 1e-4))
        return lines, worst

    def five_steps() -> str:
        steps_file = workspace / "steps.jsonl"
        file = bench.configuration(_rows(seed=3), held, dump_pairs=str(steps_file), steps=6)
        code, events, records = bench.train(file)
        require(code == 0, f"exit code {code}")
        reference["records"] = records
        reference["events"] = events
        lines, worst = dumped(steps_file, smoothing=0.0, nll=0.0)
        late = [line for line in lines if line["step"] >= 5]
        require(len(late) > 0, "no batch after 5 steps")
        moved = max(abs(c - rc) for line in late for c, rc in zip(line["chosen_logps"], line["ref_chosen_logps"], strict=True))
        require(moved > 0.1, f"after 5 steps the policy is still the reference ({moved})")
        return f"{len(lines)} batches, {len(late)} of them after 5 steps: off by {worst:.1e} at most in double precision"

    def five_smoothed_steps() -> str:
        steps_file = workspace / "smoothed-steps.jsonl"
        file = bench.configuration(_rows(seed=3), dump_pairs=str(steps_file), steps=6, **smoothed_too)
        code, _, records = bench.train(file)
        require(code == 0, f"exit code {code}")
        reference["smoothed"] = records
        lines, worst = dumped(steps_file, smoothing=SMOOTHING, nll=NLL)
        first = [line["loss"] for line in lines if line["step"] == 0]
        largest_difference("metrics.jsonl", _steps(records)[:1], [sum(first) / len(first)], 1e-4)
        return f"ε {SMOOTHING}, likelihood weighing {NLL}: {len(lines)} batches, off by {worst:.1e} at most"

    def against(what: str, tolerance: float, **settings: Any) -> str:
        steps = 3
        _, _, records = bench.train(bench.configuration(_rows(seed=3), (), steps=steps, **settings))
        expected = reference["records"]
        worst = largest_difference(f"{what}: loss", _steps(records), _steps(expected)[:steps], tolerance)
        norm = "gradientNorm"
        largest_difference(f"{what}: gradient norm", _steps(records, norm), _steps(expected, norm)[:steps], 100 * tolerance)
        return f"{steps} steps as before, losses off by {worst:.1e} at most"

    def full_weights() -> str:
        _, _, records = bench.train(bench.configuration(_rows(seed=3), (), lora=False, steps=3, learning_rate=1e-3))
        losses = _steps(records)
        largest_difference("first loss", losses[:1], [expected_first_loss(MARGINS[:4], gamma=GAMMA)], 1e-5)
        require(losses[2] != losses[0], "nothing was trained")
        return f"losses {_numbers(losses)}; each batch's agrees with its log-probabilities"

    def full_online() -> str:
        settings: dict[str, Any] = {"lora": False, "learning_rate": 1e-3, "steps": 2}
        _, _, once = bench.train(bench.configuration(_rows(seed=3), (), **settings))
        _, _, each = bench.train(bench.configuration(_rows(seed=3), (), precompute_reference=False, **settings))
        return f"off by {largest_difference('loss', _steps(each), _steps(once), 1e-5):.1e} at most"

    def evaluation() -> str:
        looks = [record for record in reference["records"] if record["kind"] == "validation"]
        require(len(looks) >= 2 and looks[0]["step"] == 0, "no look at the validation rows before the first step")
        expected = expected_first_loss([1.0, 2.0, 0.0], gamma=GAMMA)
        worst = largest_difference("loss at step 0", [looks[0]["loss"]], [expected], 1e-5)
        require(looks[0]["rows"] == 3, f"{looks[0]['rows']} rows")
        return f"loss {looks[0]['loss']:.6f} at step 0, off by {worst:.1e}; {looks[-1]['loss']:.6f} after {looks[-1]['step']} steps"

    def rewards() -> str:
        first = next(record for record in reference["records"] if record["kind"] == "step")
        trainer = bench.trainer(_rows(tuple(FIRST)))
        bench.losses(trainer)
        logged = {name: values[-1] for name, values in trainer._metrics["train"].items()}
        mean = GAMMA * sum(FIRST) / len(FIRST)
        names = ("rewards/chosen", "rewards/rejected", "rewards/margins", "rewards/accuracies", "rpo/margin_mean", "rpo/margin_won")
        largest_difference("TRL's log", [logged[name] for name in names], [0, 0, 0, logged["rewards/accuracies"], mean, 0], 1e-4)
        largest_difference("metrics.jsonl", [first["rewardMargin"], first["margin"]], [0, GAMMA * sum(MARGINS[:4]) / 4], 1e-4)
        return f"rewards 0 at step 0 and not −γg; rpo/margin_mean {logged['rpo/margin_mean']:.4f}, rpo/margin_won {logged['rpo/margin_won']:g}"

    def resumed() -> str:
        """Stops in the middle of the second epoch, in which rows come in another order than in the first."""
        common = {"steps": 6, "batch": 2, "device_batch": 1, "order": "shuffled", "save_every": 4}
        whole = bench.configuration(_rows(seed=3), held, **common)
        _, _, expected = bench.train(whole)
        checkpoints = whole.parent / "run" / "checkpoints"
        # As after a power cut: of what came after the fourth step, only the lines of the metrics are left.
        shutil.rmtree(checkpoints / "checkpoint-6")
        shutil.rmtree(whole.parent / "run" / "adapter")
        (whole.parent / "run" / "summary.json").unlink()
        code, events, records = bench.train(whole)
        require(code == 0 and events[0]["after_step"] == 4, "did not go on after step 4 of epochs of 3")
        worst = largest_difference("after a cut: loss", _steps(records), _steps(expected), 1e-6)
        first, second = _steps(expected, "margin")[:3], _steps(expected, "margin")[3:]
        require(first != second, "both epochs had one order, so the order after a resume was not tried")
        file = bench.configuration(_rows(seed=3), held, **common)
        (file.parent / "run").mkdir()
        (file.parent / "run" / run.STOP_FILE).touch()
        code, _, stopped = bench.train(file)
        require(code == EXIT_STOPPED, f"the stop file was to end it with {EXIT_STOPPED}, and it ended with {code}")
        require(len(_steps(stopped)) == 1, f"stopped after {len(_steps(stopped))} steps, not after the first")
        code, events, records = bench.train(file)
        require(code == 0 and events[0]["after_step"] == 1, "did not go on after step 1")
        worst = max(worst, largest_difference("after a stop: loss", _steps(records), _steps(expected), 1e-6))
        return f"stopped after step 1, and cut off after step 4, of epochs of 3: 6 steps off by {worst:.1e} at most"

    def two_processes() -> str:
        assert pair is not None
        said = _ended(pair)
        require(pair.returncode == 0, f"exit code {pair.returncode}: {said[-800:]}")
        records = read_metrics(pair_file.parent / "run" / "metrics.jsonl")
        expected = reference["smoothed"]
        worst = largest_difference("loss", _steps(records), _steps(expected)[:3], 1e-4)
        worst = max(worst, largest_difference("gradient norm", _steps(records, "gradientNorm"), _steps(expected, "gradientNorm")[:3], 1e-2))
        look = next(record for record in records if record["kind"] == "validation")
        require(look["rows"] == 3, f"{look['rows']} validation rows; 3 over two processes must not be 4")
        return f"torchrun, gloo: 3 smoothed steps as one process, losses off by {worst:.1e} at most"

    def column_deleted() -> str:
        with contextlib.suppress(MarginError):
            bench.trainer(_rows(), drop_margin=True)
            raise CheckFailed("the trainer took a data set without margins")
        code = 0
        if lost is not None:
            said = _ended(lost)
            code = lost.returncode
            require(code == EXIT_INPUT, f"the program ended with {code}, not {EXIT_INPUT}: {said[-500:]}")
            require("margin: missing" in said, f"its message does not name the margin: {said[-500:]}")
        return f"the trainer refuses the data set; the program ends with {code} and names the margin"

    def stock_collator() -> str:
        trainer = bench.trainer(_rows())
        trainer.data_collator = trainer.data_collator.inner
        try:
            bench.losses(trainer)
        except MarginError as error:
            return f"refused: {error}"
        raise CheckFailed("the stock collator drops the margins, and nothing was said")

    def stock_trainer() -> str:
        found = bench.losses(bench.trainer(_rows(tuple(FIRST)), stock=True))
        try:
            largest_difference("loss", found, list(FIRST.values()), 1e-5)
        except CheckFailed as error:
            return f"as it must: {error}"
        raise CheckFailed(f"DPOTrainer itself passes the first check ({_numbers(found)}), which proves nothing then")

    def ignored_reference() -> str:
        trainer = bench.trainer(_rows())
        stock = DPOTrainer.compute_loss

        def deaf(self: Any, model: Any, inputs: Any, *rest: Any) -> Any:
            """A loss that takes its reference from elsewhere, as a fused kernel may."""
            return stock(self, model, {**inputs, "ref_chosen_logps": inputs["ref_rejected_logps"]}, *rest)

        DPOTrainer.compute_loss = deaf
        try:
            bench.losses(trainer)
        except MarginError as error:
            return f"refused: {error}"
        finally:
            DPOTrainer.compute_loss = stock
        raise CheckFailed("a loss that ignores the raised reference went unnoticed")

    def another_reference() -> str:
        """As cached reference log-probabilities of another model would be."""
        trainer = bench.trainer(_rows(), noise=0.05, max_steps=1)
        try:
            trainer.train()
        except MarginError as error:
            require(trainer.state.global_step == 0, "an update was made")
            return f"refused before the first update: {error}"
        raise CheckFailed("a policy that is not the reference was trained")

    def refusals() -> str:
        rows = _rows((1.0, 2.0, 3.0))
        refused = []
        for name, value in (
            ("loss_type", ["hinge"]),
            ("loss_type", ["ipo"]),
            ("loss_type", ["sigmoid", "sft"]),
            ("f_divergence_type", "js_divergence"),
            ("label_smoothing", 0.6),
            ("nll", -1.0),
            ("use_liger_kernel", True),
            ("ld_alpha", 0.5),
            ("use_weighting", True),
            ("sync_ref_model", True),
            ("remove_unused_columns", False),
        ):
            try:
                bench.trainer(rows, **{name: value})
            except MarginError:
                refused.append(f"{name}={value}")
                continue
            raise CheckFailed(f"{name}={value} was taken")
        for value in (None, math.nan, -1.0, "2"):
            try:
                trainer = bench.trainer(rows)
                trainer.train_dataset = None
                trainer.data_collator([{**row, "margin": value} for row in _tokens()])
            except MarginError:
                refused.append(f"margin {value}")
                continue
            raise CheckFailed(f"a margin of {value} was taken")
        return f"refused: {', '.join(refused)}"

    found = [
        Check("first loss is softplus(γg)", first_losses),
        Check("losses follow their margins", permuted),
        Check("γ = 0 is DPO", gamma_zero),
        Check("gradients scale by σ(γg)/0.5", scaled_gradients),
        Check("label smoothing and likelihood are TRL's", smoothed),
        Check("loss after 5 steps", five_steps),
        Check("the same, smoothed and with a likelihood", five_smoothed_steps),
        Check("reference computed in each step", lambda: against("reference", 1e-5, precompute_reference=False)),
        Check("accumulation of 4", lambda: against("accumulation", 1e-5, device_batch=1)),
        Check("accumulation of 1", lambda: against("accumulation", 1e-5, device_batch=4)),
        Check("all weights", full_weights),
        Check("all weights, reference in each step", full_online),
        Check("evaluation loop", evaluation),
        Check("rewards are not shifted", rewards),
        Check("resume in the middle of an epoch", resumed),
    ]
    if is_cpu:
        found.append(Check("two processes", two_processes))
    return [
        *found,
        Check("control: column deleted", column_deleted),
        Check("control: stock collator", stock_collator),
        Check("control: stock trainer", stock_trainer),
        Check("control: a loss that ignores the reference", ignored_reference),
        Check("control: a reference of another model", another_reference),
        Check("refusals", refusals),
    ]


def _tokens() -> list[dict[str, Any]]:
    return [{"prompt_ids": [1, 2], "chosen_ids": [3], "rejected_ids": [4], "ref_chosen_logps": 0.0, "ref_rejected_logps": 0.0}] * 2


def _ended(process: subprocess.Popen[str]) -> str:
    try:
        return process.communicate(timeout=SECONDS)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        raise CheckFailed(f"did not end in {SECONDS} s") from None


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.6f}" for value in values)
