import unittest

from rpo_engines.couple_sampler import CoupleSampler

FOLLOWS = [False, True, False, False, True, False]


class Couples(unittest.TestCase):
    def epoch(self, sampler: CoupleSampler, epoch: int) -> list[int]:
        sampler.begin_epoch(epoch)
        return list(sampler)

    def test_each_row_once_and_couples_side_by_side(self) -> None:
        sampler = CoupleSampler(FOLLOWS, seed=1)
        self.assertEqual(len(sampler), 6)
        orders = [self.epoch(sampler, epoch) for epoch in range(8)]
        for order in orders:
            self.assertEqual(sorted(order), list(range(6)))
            for row in (1, 4):
                self.assertEqual(order.index(row), order.index(row - 1) + 1)
        self.assertGreater(len({tuple(order) for order in orders}), 2)

    def test_an_epoch_depends_on_seed_and_number_alone(self) -> None:
        sampler = CoupleSampler(FOLLOWS, seed=1)
        first = [self.epoch(sampler, epoch) for epoch in (0, 1, 2)]
        self.assertEqual([self.epoch(CoupleSampler(FOLLOWS, seed=1), epoch) for epoch in (0, 1, 2)], first)
        self.assertNotEqual([self.epoch(CoupleSampler(FOLLOWS, seed=2), epoch) for epoch in (0, 1, 2)], first)
        self.assertFalse(hasattr(sampler, "set_epoch"))


if __name__ == "__main__":
    unittest.main()
