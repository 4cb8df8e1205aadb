import tempfile
import unittest
from pathlib import Path

from rpo_engines.llamafactory.settings import SettingsError, read_yaml, split_settings
from rpo_engines.margin import MarginError

CONFIG = {"rpo_method": "rpo", "rpo_gamma": 0.05, "stage": "dpo", "output_dir": "out", "pref_beta": 0.1, "dataset": "rpo_margin"}


class SplitSettings(unittest.TestCase):
    def test_takes_our_keys_out(self) -> None:
        settings, rest = split_settings(CONFIG, {})
        self.assertEqual((settings.method, settings.gamma, settings.end_at_turn), ("rpo", 0.05, True))
        self.assertEqual(settings.metrics, Path("out/metrics.jsonl"))
        self.assertEqual(rest, {key: value for key, value in CONFIG.items() if not key.startswith("rpo_")})
        settings, _ = split_settings({**CONFIG, "rpo_metrics": "m.jsonl", "rpo_end_at_turn": False}, {})
        self.assertEqual((settings.metrics, settings.end_at_turn), (Path("m.jsonl"), False))

    def test_other_methods_have_no_gamma(self) -> None:
        for method, stage in (("dpo", "dpo"), ("kto", "kto"), ("sft", "sft")):
            without = {**CONFIG, "rpo_method": method, "stage": stage}
            with self.subTest(method=method):
                with self.assertRaisesRegex(SettingsError, "rpo_gamma"):
                    split_settings(without, {})
                del without["rpo_gamma"]
                self.assertEqual(split_settings(without, {})[0].gamma, 0)

    def test_refuses_what_would_not_be_rpo(self) -> None:
        for change, named in [
            ({"pref_loss": "hinge"}, "hinge"),
            ({"pref_loss": "kto_pair"}, "kto_pair"),
            ({"dpo_label_smoothing": 0.6}, "smoothing"),
            ({"pref_beta": 0}, "beta"),
            ({"pref_bco_weight": 0.5}, "pref_bco_weight"),
            ({"ld_alpha": 0.5}, "ld_alpha"),
            ({"ref_model": "m"}, "ref_model"),
            ({"streaming": True}, "streaming"),
            ({"packing": True}, "packing"),
            ({"use_ray": True}, "use_ray"),
            ({"adapter_name_or_path": "a"}, "create_new_adapter"),
            ({"stage": "sft"}, "stage"),
            ({"rpo_method": "ipo"}, "rpo_method"),
            ({"rpo_gamma": None}, "rpo_gamma"),
            ({"rpo_gamma": "0.05"}, "rpo_gamma"),
            ({"rpo_gamma": True}, "rpo_gamma"),
            ({"rpo_gamma": float("nan")}, "rpo_gamma"),
            ({"rpo_beta": 0.1}, "rpo_beta"),
            ({"rpo_end_at_turn": "yes"}, "rpo_end_at_turn"),
            ({"output_dir": None}, "output_dir"),
        ]:
            with self.subTest(change=change), self.assertRaisesRegex((SettingsError, MarginError), named):
                split_settings({**CONFIG, **change}, {})
        with self.assertRaisesRegex(SettingsError, "USE_MCA"):
            split_settings(CONFIG, {"USE_MCA": "1"})

    def test_takes_what_the_loss_keeps_its_margin_under(self) -> None:
        for change in ({"adapter_name_or_path": "a", "create_new_adapter": True}, {"pref_ftx": 1.0}, {"dpo_label_smoothing": 0.1}, {"streaming": False}):
            with self.subTest(change=change):
                split_settings({**CONFIG, **change}, {"USE_RAY": "0"})


class ReadYaml(unittest.TestCase):
    def test_reads_as_llamafactory_does(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "train.yaml"
            file.write_text("learning_rate: 1e-4\nrpo_gamma: 0.05\n", encoding="utf-8")
            self.assertEqual(read_yaml(file, ["rpo_gamma=0.1"]), {"learning_rate": 1e-4, "rpo_gamma": 0.1})
            file.write_text("- a list\n", encoding="utf-8")
            with self.assertRaisesRegex(SettingsError, "mapping"):
                read_yaml(file)
            with self.assertRaisesRegex(SettingsError, "missing.yaml"):
                read_yaml(Path(folder) / "missing.yaml")


if __name__ == "__main__":
    unittest.main()
