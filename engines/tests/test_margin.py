import math
import unittest

import torch

from rpo_engines.margin import (
    MarginError,
    check_objective,
    checked_margins,
    expected_first_loss,
    margin_of,
    pair_loss,
    raised_reference,
)

PLAIN = {"beta": 0.1, "gamma": 0.05, "loss": "sigmoid"}


class RaisedReference(unittest.TestCase):
    def test_plain_dpo_with_it_is_rpo(self) -> None:
        """Against the formula written out, in double precision."""
        beta, gamma = 0.1, 0.5
        chosen, rejected = torch.tensor([-10.0, -3.0, -40.0]), torch.tensor([-12.0, -2.0, -41.5])
        ref_chosen, ref_rejected = torch.tensor([-11.0, -3.5, -40.0]), torch.tensor([-11.5, -2.5, -42.0])
        margins = torch.tensor([0.0, 1.0, 3.0])
        raised = raised_reference(ref_chosen, margins, beta=beta, gamma=gamma)
        dpo = -torch.nn.functional.logsigmoid(beta * ((chosen - raised) - (rejected - ref_rejected)))
        for i, g in enumerate([0, 1, 3]):
            delta = float(chosen[i] - rejected[i] - ref_chosen[i] + ref_rejected[i])
            self.assertAlmostEqual(float(dpo[i]), math.log(1 + math.exp(gamma * g - beta * delta)), places=6)

    def test_is_fp32_whatever_the_reference_is(self) -> None:
        raised = raised_reference(torch.tensor([-512.0], dtype=torch.bfloat16), torch.tensor([1.0]), beta=0.1, gamma=0.05)
        self.assertEqual(raised.dtype, torch.float32)
        self.assertAlmostEqual(float(raised[0]), -511.5, places=6)  # bf16 has steps of 2 there

    def test_refuses_other_shapes_and_references_that_are_none(self) -> None:
        with self.assertRaisesRegex(MarginError, r"\(2,\) margins for \(1,\)"):
            raised_reference(torch.zeros(1), torch.zeros(2), beta=0.1, gamma=1)
        with self.assertRaisesRegex(MarginError, "no number"):
            raised_reference(torch.tensor([math.nan]), torch.zeros(1), beta=0.1, gamma=1)


class CheckedMargins(unittest.TestCase):
    def test_takes_tensors_and_lists(self) -> None:
        self.assertEqual(checked_margins(torch.tensor([1, 2]), pairs=2).tolist(), [1.0, 2.0])
        self.assertEqual(checked_margins([0, 2.5], pairs=2).dtype, torch.float32)

    def test_refuses_what_is_no_margin(self) -> None:
        for bad in (None, [1], [1, -1], [1, math.nan], [1, None], [1, "2"], [1, True], torch.tensor([1, -2]), torch.tensor([math.inf, 1])):
            with self.subTest(bad=bad), self.assertRaises(MarginError):
                checked_margins(bad, pairs=2)

    def test_one_row(self) -> None:
        self.assertEqual(margin_of(3), 3.0)
        with self.assertRaisesRegex(MarginError, "missing"):
            margin_of(None)


class CheckObjective(unittest.TestCase):
    def test_takes_plain_dpo(self) -> None:
        check_objective(**PLAIN)
        check_objective(**{**PLAIN, "loss": ["sigmoid"]})
        check_objective(**{**PLAIN, "label_smoothing": 0.5})

    def test_refuses_what_would_not_be_rpo(self) -> None:
        for change, named in [
            ({"loss": "hinge"}, "hinge"),
            ({"loss": "ipo"}, "ipo"),
            ({"loss": ["sigmoid", "sft"]}, "sft"),
            ({"f_divergence": "js_divergence"}, "js_divergence"),
            ({"label_smoothing": 0.6}, "smoothing"),
            ({"label_smoothing": -0.1}, "smoothing"),
            ({"fused_loss": True}, "fused"),
            ({"reference_free": True}, "reference-free"),
            ({"beta": 0}, "beta"),
            ({"beta": math.nan}, "beta"),
            ({"gamma": -1}, "gamma"),
            ({"gamma": "0.05"}, "gamma"),
        ]:
            with self.subTest(change=change), self.assertRaisesRegex(MarginError, named):
                check_objective(**{**PLAIN, **change})


class FirstLoss(unittest.TestCase):
    def test_figures_of_the_specification(self) -> None:
        for g, loss in [(0, 0.693147), (1, 0.974077), (3, 1.701413)]:
            self.assertAlmostEqual(expected_first_loss([g], gamma=0.5), loss, places=6)
            self.assertAlmostEqual(float(pair_loss(torch.zeros(1), torch.tensor([float(g)]), beta=0.1, gamma=0.5)), loss, places=6)

    def test_smoothed(self) -> None:
        """Against cDPO's formula written out."""
        beta, gamma, smoothing, delta, g = 0.1, 0.5, 0.2, 4.0, 3.0
        sigmoid = 1 / (1 + math.exp(-(beta * delta - gamma * g)))
        wanted = -(1 - smoothing) * math.log(sigmoid) - smoothing * math.log(1 - sigmoid)
        deltas, margins = torch.tensor([delta]), torch.tensor([g])
        found = pair_loss(deltas, margins, beta=beta, gamma=gamma, label_smoothing=smoothing)
        self.assertAlmostEqual(float(found), wanted, places=6)
        first = pair_loss(torch.zeros(1), margins, beta=beta, gamma=gamma, label_smoothing=smoothing)
        self.assertAlmostEqual(expected_first_loss([g], gamma=gamma, label_smoothing=smoothing), float(first), places=12)

    def test_refuses_none(self) -> None:
        with self.assertRaises(MarginError):
            expected_first_loss([], gamma=0.5)


if __name__ == "__main__":
    unittest.main()
