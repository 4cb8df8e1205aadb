import json
import math
import unittest

from rpo_engines.checks import Check, CheckFailed, largest_difference, report, require, run_checks


class Checks(unittest.TestCase):
    def test_all_run_and_the_report_is_ok_only_if_all_hold(self) -> None:
        def fails() -> str:
            require(False, "1 is not 2")
            return "never"

        def leaves() -> str:
            raise SystemExit(3)

        results = run_checks([Check("a", fails), Check("b", leaves), Check("c", lambda: "fine")], None)
        self.assertEqual([(r.name, r.ok) for r in results], [("a", False), ("b", False), ("c", True)])
        self.assertEqual(results[0].detail, "1 is not 2")
        self.assertIn("SystemExit: 3", results[1].detail)
        self.assertFalse(json.loads(report("trl", {}, "cpu", results))["ok"])
        self.assertTrue(json.loads(report("trl", {}, "cpu", results[2:]))["ok"])
        self.assertFalse(json.loads(report("trl", {}, "cpu", []))["ok"])

    def test_differences(self) -> None:
        self.assertAlmostEqual(largest_difference("x", [1.0, 2.0], [1.0, 2.05], 0.1), 0.05)
        for found, expected in [([1.0], [1.2]), ([math.nan], [1.0]), ([1.0], []), ([], [])]:
            with self.subTest(found=found), self.assertRaises(CheckFailed):
                largest_difference("x", found, expected, 0.1)


if __name__ == "__main__":
    unittest.main()
