import json
import math
import tempfile
import unittest
from pathlib import Path
from typing import Any

import torch

from rpo_engines.metrics import MetricsFile, PairSums, read_metrics, step_record, summary


class Sums(unittest.TestCase):
    def sums(self, **more: Any) -> PairSums:
        sums = PairSums()
        sums.add(
            chosen_logps=torch.tensor([-10.0, -20.0]),
            rejected_logps=torch.tensor([-12.0, -19.0]),
            ref_chosen_logps=torch.tensor([-11.0, -20.0]),
            ref_rejected_logps=torch.tensor([-11.0, -20.0]),
            margins=torch.tensor([1.0, 3.0]),
            beta=0.1,
            gamma=0.5,
            tokens=17,
            **more,
        )
        return sums

    def test_means(self) -> None:
        found = summary(self.sums().sums)
        self.assertEqual(found["rows"], 2)
        self.assertEqual(found["tokens"], 17)
        self.assertAlmostEqual(found["chosenReward"], 0.05)
        self.assertAlmostEqual(found["rejectedReward"], 0.0)
        self.assertAlmostEqual(found["rewardMargin"], 0.05)
        self.assertAlmostEqual(found["margin"], 1.0)
        self.assertEqual(found["rewardAccuracy"], 0.5)
        self.assertEqual(found["marginAccuracy"], 0.0)
        softplus = [math.log1p(math.exp(0.5 - 0.2)), math.log1p(math.exp(1.5 + 0.1))]
        self.assertAlmostEqual(found["loss"], sum(softplus) / 2, places=12)
        self.assertIsNone(summary(self.sums().sums, with_margin=False)["margin"])

    def test_smoothing_and_likelihood_are_in_the_loss_alone(self) -> None:
        plain, both = self.sums(), self.sums(label_smoothing=0.2, likelihood=torch.tensor([0.5, 1.5]))
        losses = [math.log1p(math.exp(0.5 - 0.2)) - 0.2 * 0.3, math.log1p(math.exp(1.5 + 0.1)) - 0.2 * 1.6]
        self.assertAlmostEqual(summary(both.sums)["loss"], sum(losses) / 2 + 1, places=6)
        self.assertEqual({**summary(both.sums), "loss": 0}, {**summary(plain.sums), "loss": 0})

    def test_none_is_no_mean(self) -> None:
        with self.assertRaises(ValueError):
            summary(PairSums().sums)


class File(unittest.TestCase):
    def test_goes_on_after_a_checkpoint(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "metrics.jsonl"
            file = MetricsFile(path)
            for step in (1, 2, 3):
                file.append(step_record({"loss": 0.5}, step=step, epoch=step / 3, learning_rate=1e-4, gradient_norm=1.0, seconds=0.1))
            file.close()
            with open(path, "a", encoding="utf-8") as torn:
                torn.write('{"kind":"step","st')
            MetricsFile(path, after_step=2).close()
            self.assertEqual([record["step"] for record in read_metrics(path, "step")], [1, 2])
            self.assertTrue(all(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()))
            MetricsFile(path).close()
            self.assertEqual(read_metrics(path), [])


if __name__ == "__main__":
    unittest.main()
