import json
import tempfile
import unittest
from pathlib import Path
from typing import Any

from rpo_engines.margin import MarginError
from rpo_engines.trl.rows import RowError, history_cuts, margin_histogram, pair_of, prepare


def say(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def row(**change: Any) -> dict[str, Any]:
    base = {"prompt": [say("user", "hi")], "chosen": [say("assistant", "yes yes")], "rejected": [say("assistant", "no")], "margin": 2}
    return {**base, **change}


def count(prompt: list[dict[str, str]], completion: str) -> tuple[int, int]:
    """A token a word."""
    return sum(len(message["content"].split()) for message in prompt), len(completion.split())


class Pairs(unittest.TestCase):
    def test_both_forms(self) -> None:
        own = {"kind": "preference", **row(chosen="yes yes", rejected="no")}
        self.assertEqual(pair_of(own), pair_of(row()))
        self.assertEqual(pair_of(row(margin=None), method="dpo").margin, 0)

    def test_refusals(self) -> None:
        for bad, error, named in [
            ([], RowError, "row"),
            ({"kind": "completion", "prompt": [], "completion": ""}, RowError, "no preference pair"),
            (row(prompt=[]), RowError, "prompt"),
            (row(prompt=[{"role": "tool", "content": ""}]), RowError, "prompt"),
            (row(chosen=3), RowError, "chosen"),
            (row(rejected=[say("user", "no")]), RowError, "rejected"),
            (row(margin=None), MarginError, "missing"),
            (row(margin=-1), MarginError, "negative"),
            (row(margin=float("nan")), MarginError, "nan"),
        ]:
            with self.subTest(bad=bad), self.assertRaisesRegex(error, named):
                pair_of(bad)


class Cuts(unittest.TestCase):
    def test_oldest_messages_go_and_systems_stay(self) -> None:
        system, later = say("system", "s"), say("system", "t")
        spoken = [say("user", "1"), say("assistant", "2"), say("user", "3"), say("assistant", "4"), say("user", "5")]
        cuts = list(history_cuts([system, *spoken[:2], later, *spoken[2:]]))
        self.assertEqual(cuts[1], [system, later, *spoken[2:]])
        self.assertEqual(cuts[2], [system, later, spoken[4]])
        self.assertEqual(len(cuts), 3)


class Prepared(unittest.TestCase):
    def prepare(self, rows: list[Any], **options: Any) -> tuple[Any, list[dict[str, Any]]]:
        with tempfile.TemporaryDirectory() as name:
            source, target = Path(name) / "train.jsonl", Path(name) / "rows" / "train.jsonl"
            source.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
            try:
                counts = prepare(source, target, count=count, max_length=options.pop("max_length", 10), **options)
            finally:
                self.assertEqual([p.name for p in target.parent.glob("*.part")], [])
            return counts, [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]

    def test_margins_go_with_their_rows_whatever_is_left_out(self) -> None:
        long = row(margin=9, prompt=[say("user", "w " * 30)])
        history = row(margin=5, prompt=[say("user", "w " * 9), say("assistant", "x"), say("user", "q")])
        empty = row(margin=8, chosen=" ")
        counts, rows = self.prepare([row(margin=1), long, history, row(margin=-3), empty, row(margin=3)], skip_bad=True)
        self.assertEqual([r["margin"] for r in rows], [1, 5, 3])
        self.assertEqual(rows[1]["prompt"], [say("user", "q")])
        self.assertEqual((counts.pairs, counts.cut, counts.too_long, counts.bad, counts.empty), (3, 1, 1, 1, 1))
        self.assertEqual(counts.as_json()["margins"], [[1.0, 1], [3.0, 1], [5.0, 1]])
        self.assertEqual(len(counts.left_out), 3)
        self.assertIn("margin    5        1", margin_histogram(counts))

    def test_no_completion_is_cut(self) -> None:
        counts, rows = self.prepare([row(chosen="a b c d e f g h i")])
        self.assertEqual(rows[0]["chosen"][0]["content"], "a b c d e f g h i")
        self.assertEqual(counts.completion_tokens_lost, 0)

    def test_couples_are_known(self) -> None:
        a, b = row(), row(chosen="no", rejected="yes yes", prompt=[say("user", "other")])
        _, rows = self.prepare([a, b, a, b, b])
        self.assertEqual([r["follows"] for r in rows], [False, True, False, True, False])

    def test_bad_rows_name_file_and_line(self) -> None:
        for bad in ("{", row(margin="2"), row(margin=None)):
            with self.subTest(bad=bad), self.assertRaisesRegex(RowError, r"train.jsonl:2: .*skip_bad"):
                self.prepare([row(), bad])

    def test_missing_file(self) -> None:
        with self.assertRaisesRegex(RowError, "nowhere.jsonl: No such file"), tempfile.TemporaryDirectory() as name:
            prepare(Path(name) / "nowhere.jsonl", Path(name) / "t.jsonl", count=count, max_length=10)


if __name__ == "__main__":
    unittest.main()
