import contextlib
import errno
import io
import json
import unittest

from rpo_engines import events
from rpo_engines.llamafactory.__main__ import explain, main


class OutOfMemoryError(RuntimeError):
    """Named as torch's, which need not be imported here."""


class Explain(unittest.TestCase):
    def test_tells_what_to_do(self) -> None:
        kind, text, code = explain(OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.\nMore."))
        self.assertEqual((kind, code), ("memory", events.EXIT_MEMORY))
        self.assertIn("per_device_train_batch_size", text)
        self.assertNotIn("More.", text)
        kind, text, code = explain(OSError(errno.ENOSPC, "No space left on device"))
        self.assertEqual((kind, code), ("failure", 1))
        self.assertIn("the disk is full", text)
        _, text, _ = explain(RuntimeError("[pair.cc:537] Read error: Connection reset by peer"))
        self.assertIn("another process of the training has ended", text)
        self.assertEqual(explain(KeyError("x")), ("failure", "KeyError: 'x'", 1))


class Main(unittest.TestCase):
    def run_main(self, *arguments: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments)
        return code, out.getvalue(), err.getvalue()

    def test_wants_a_yaml_file(self) -> None:
        for arguments in ((), ("train.json",), ("--help",)):
            with self.subTest(arguments=arguments):
                code, _, said = self.run_main(*arguments)
                self.assertEqual(code, events.EXIT_INPUT)
                self.assertIn("usage:", said)

    def test_an_error_is_an_event_and_the_last_line(self) -> None:
        code, told, said = self.run_main("missing.yaml")
        self.assertEqual(code, events.EXIT_INPUT)
        event = json.loads(told.strip().splitlines()[-1])
        self.assertEqual((event["event"], event["kind"]), ("error", "input"))
        self.assertIn("missing.yaml", event["text"])
        self.assertEqual(said.strip().splitlines()[-1], f"rpo-engines: {event['text']}")


if __name__ == "__main__":
    unittest.main()
