import unittest

import torch

from rpo_engines.llamafactory.reference_cache import ROW, NumberedRows, ReferenceCache


def alone(values: torch.Tensor) -> torch.Tensor:
    return values


class Cache(unittest.TestCase):
    def test_keeps_rows_until_all_are_known(self) -> None:
        cache = ReferenceCache(3)
        self.assertIsNone(cache.look_up(torch.tensor([0])))
        cache.keep(torch.tensor([2, 0]), torch.tensor([-2.0, -0.5]), torch.tensor([-20.0, -5.0]), alone)
        self.assertFalse(cache.is_whole)
        self.assertIsNone(cache.look_up(torch.tensor([0, 1])))
        chosen, rejected = cache.look_up(torch.tensor([0, 2, 0])) or self.fail("rows 0 and 2 are known")
        self.assertEqual((chosen.tolist(), rejected.tolist()), ([-0.5, -2.0, -0.5], [-5.0, -20.0, -5.0]))
        cache.keep(torch.tensor([1]), torch.tensor([-1.0]), torch.tensor([-10.0]), alone)
        self.assertTrue(cache.is_whole)

    def test_takes_what_other_processes_computed(self) -> None:
        other = torch.tensor([[1.0, -123.456, -7.0]], dtype=torch.float64)
        cache = ReferenceCache(2)
        cache.keep(torch.tensor([0]), torch.tensor([-1.0]), torch.tensor([-2.0]), lambda own: torch.cat([own, other]))
        self.assertTrue(cache.is_whole)
        chosen, _ = cache.look_up(torch.tensor([1, 0])) or self.fail("both rows are known")
        self.assertEqual(chosen.tolist(), [torch.tensor(-123.456).item(), -1.0])

    def test_a_row_that_has_no_number_stays_missing(self) -> None:
        cache = ReferenceCache(1)
        cache.keep(torch.tensor([0]), torch.tensor([float("nan")]), torch.tensor([0.0]), alone)
        self.assertFalse(cache.is_whole)
        self.assertIsNone(cache.look_up(torch.tensor([0])))

    def test_numbers_rows(self) -> None:
        rows = NumberedRows([{"a": 1}, {"a": 2}])
        self.assertEqual((len(rows), rows[1]), (2, {"a": 2, ROW: 1}))


if __name__ == "__main__":
    unittest.main()
