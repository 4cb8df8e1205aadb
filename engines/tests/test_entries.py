import os
import subprocess
import sys
import unittest
from pathlib import Path

from rpo_engines import events

SOURCES = Path(events.__file__).parents[1]


class WithoutPackages(unittest.TestCase):
    def test_each_entry_says_what_to_install(self) -> None:
        for engine in ("trl", "llamafactory"):
            with self.subTest(engine=engine):
                # -S: an interpreter with nothing installed.
                ended = subprocess.run(
                    [sys.executable, "-S", "-m", f"rpo_engines.{engine}", "train.yaml"],
                    env={**os.environ, "PYTHONPATH": str(SOURCES)},
                    capture_output=True,
                    text=True,
                    check=False,
                )
                self.assertEqual(ended.returncode, events.EXIT_INPUT, ended.stderr)
                self.assertIn(f"rpo-engines[{engine}]", ended.stderr)
                self.assertNotIn("Traceback", ended.stderr)


if __name__ == "__main__":
    unittest.main()
