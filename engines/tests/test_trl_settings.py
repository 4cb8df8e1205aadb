import json
import tempfile
import unittest
from pathlib import Path

from rpo_engines.trl.run import RunError, division, finished_adapter, in_cache, last_checkpoint, take_up
from rpo_engines.trl.settings import SettingsError, deciding, read_settings, settings_of

LEAST = {"model": "owner/name", "dataset": "data", "out": "run"}
HERE = Path("/somewhere")


class Values(unittest.TestCase):
    def test_defaults_and_paths(self) -> None:
        settings = settings_of(LEAST, HERE)
        self.assertEqual((settings.dataset, settings.out, settings.model), ("/somewhere/data", "/somewhere/run", "owner/name"))
        self.assertEqual((settings.beta, settings.gamma_outside), (0.1, 0.05))
        self.assertEqual(settings_of({**LEAST, "learning_rate": "1e-4"}, HERE).learning_rate, 1e-4)

    def test_gamma_of_each_method(self) -> None:
        self.assertEqual(settings_of({**LEAST, "method": "dpo", "gamma": 1}, HERE).gamma_outside, 0)
        self.assertAlmostEqual(settings_of({**LEAST, "reference_compat": True}, HERE).gamma_outside, 0.005)

    def test_refusals_name_the_setting(self) -> None:
        for change, named in [
            ({"lerning_rate": 1}, "did you mean learning_rate"),
            ({"model": None}, "model: is missing"),
            ({"beta": 0}, "beta: 0.0 must be above 0"),
            ({"beta": ".nan"}, "beta"),
            ({"gamma": -0.1}, "gamma"),
            ({"label_smoothing": 0.6}, "label_smoothing: 0.6 must be at most 0.5"),
            ({"nll": -1}, "nll: -1.0 must be at least 0"),
            ({"trainer": {"nll": 1}}, "trainer.nll"),
            ({"batch": 1.5}, "batch: 1.5 must be a whole number"),
            ({"lora": "yes"}, "true or false"),
            ({"schedule": "sine"}, "one of cosine"),
            ({"targets": ["lm_head"]}, "targets"),
            ({"dropout": 1.0}, "below 1"),
            ({"epochs": 1, "steps": 2}, "not both"),
            ({"gamma": 1, "reference_compat": True}, "not both"),
            ({"trainer": {"loss_type": "hinge"}}, "trainer.loss_type"),
            ({"trainer": []}, "a mapping"),
        ]:
            with self.subTest(change=change), self.assertRaisesRegex(SettingsError, named):
                settings_of({**LEAST, **change}, HERE)

    def test_file_is_named(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "c.yaml"
            for text in ("model: [", "- 1", "beta: 1"):
                file.write_text(text, encoding="utf-8")
                with self.subTest(text=text), self.assertRaisesRegex(SettingsError, "c.yaml"):
                    read_settings(file)
            with self.assertRaisesRegex(SettingsError, "missing.yaml: No such file"):
                read_settings(Path(folder) / "missing.yaml")


class Run(unittest.TestCase):
    def test_division_of_a_step(self) -> None:
        settings = settings_of({**LEAST, "batch": 8, "device_batch": 2}, HERE)
        self.assertEqual(division(settings, 2).accumulation, 2)
        with self.assertRaisesRegex(RunError, "a multiple of 6"):
            division(settings, 3)

    def test_last_checkpoint_is_the_newest_whole_one(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.assertIsNone(last_checkpoint(folder))
            for step in (2, 10, 12):
                (folder / f"checkpoint-{step}").mkdir()
                if step < 12:
                    (folder / f"checkpoint-{step}" / "trainer_state.json").write_text("{}", encoding="utf-8")
            self.assertEqual(last_checkpoint(folder), folder / "checkpoint-10")

    def test_a_finished_training_is_known(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            out, settings = Path(name), settings_of(LEAST, HERE)
            self.assertIsNone(finished_adapter(out, settings))
            summary = {"steps": 6, "adapter": "adapter", "asked": {"keep": "last"}}
            (out / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
            self.assertIsNone(finished_adapter(out, settings))
            (out / "adapter").mkdir()
            self.assertEqual(finished_adapter(out, settings), (6, out / "adapter"))
            self.assertIsNone(finished_adapter(out, settings_of({**LEAST, "keep": "best"}, HERE)))
            (out / "summary.json").write_text("[]", encoding="utf-8")
            self.assertIsNone(finished_adapter(out, settings))

    def test_equal_rows_have_one_place_in_the_cache(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            here, cache = Path(name), Path(name) / "cache"
            places = []
            for folder, text in [("a", "1\n"), ("b", "1\n"), ("c", "2\n")]:
                (here / folder).mkdir()
                (here / folder / "train.jsonl").write_text(text, encoding="utf-8")
                places.append(in_cache(here / folder / "train.jsonl", cache))
                self.assertEqual(places[-1].read_text(encoding="utf-8"), text)
            self.assertEqual(places[0], places[1])
            self.assertNotEqual(places[0], places[2])
            self.assertEqual(list(cache.rglob("*.part")), [])

    def test_another_training_is_refused_with_what_differs(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            out, rows = Path(name), {"train": Path(name) / "train.jsonl"}
            rows["train"].write_text("{}\n", encoding="utf-8")
            settings = settings_of(LEAST, HERE)
            take_up(out, settings, rows, first=True)
            take_up(out, settings_of({**LEAST, "save_every": 3, "keep": "best"}, HERE), rows, first=True)
            with self.assertRaisesRegex(RunError, "settings.beta, settings.gamma"):
                take_up(out, settings_of({**LEAST, "beta": 0.2, "gamma": 0.1}, HERE), rows, first=True)
            rows["train"].write_text("{} \n", encoding="utf-8")
            with self.assertRaisesRegex(RunError, "rows.train"):
                take_up(out, settings, rows, first=True)

    def test_what_decides(self) -> None:
        self.assertEqual(deciding(settings_of(LEAST, HERE))["epochs"], 3)
        self.assertNotIn("out", deciding(settings_of(LEAST, HERE)))
        self.assertNotIn("nll", deciding(settings_of(LEAST, HERE)))
        self.assertEqual(deciding(settings_of({**LEAST, "nll": 0.3}, HERE))["nll"], 0.3)


if __name__ == "__main__":
    unittest.main()
