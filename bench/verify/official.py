"""The official side of bench/verify.ts: verdicts of a suite's official program on rows, strict and loose, as its evaluation takes them.

Reads {instruction_id, kwargs, response} lines from the file named by argv[2]; writes the verdicts to argv[3], and prints one JSON object:
processor seconds of the start (imports and reading) and of the verdicts. argv[1] is "ifeval" (lm-evaluation-harness's copy of the official
instructions) or the path of Multi-IF's ifeval.py.
"""

import importlib.util
import json
import os
import sys
import time
import types

suite, rows_path, out_path = sys.argv[1:4]
MULTI_IF = suite != "ifeval"


def load_file(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def instructions():
    if MULTI_IF:
        return load_file("ifeval", suite).INSTRUCTION_DICT
    # By file: the package itself imports what evaluates models (torch, datasets).
    folder = os.path.join(os.path.dirname(importlib.util.find_spec("lm_eval").origin), "tasks", "ifeval")
    for name in ("lm_eval", "lm_eval.tasks", "lm_eval.tasks.ifeval"):
        sys.modules[name] = types.ModuleType(name)
    parts = {}
    for name in ("instructions_util", "instructions", "instructions_registry"):
        parts[name] = load_file(f"lm_eval.tasks.ifeval.{name}", os.path.join(folder, f"{name}.py"))
        setattr(sys.modules["lm_eval.tasks.ifeval"], name, parts[name])
    return parts["instructions_registry"].INSTRUCTION_DICT


def loose_variants(response):
    lines = response.split("\n")
    without_first = "\n".join(lines[1:]).strip()
    without_last = "\n".join(lines[:-1]).strip()
    without_both = "\n".join(lines[1:-1]).strip()
    plain = [response, without_first, without_last, without_both]
    return [response, response.replace("*", ""), *plain[1:], *(text.replace("*", "") for text in plain[1:])]


def verdict(judge):
    try:
        return bool(judge())
    except Exception as error:  # the program would break off here: that is its verdict
        return f"error:{type(error).__name__}"


def verdicts(registry, row):
    response = row["response"]

    def built():
        instruction = registry[row["instruction_id"]](row["instruction_id"])
        instruction.build_description(**{key: value for key, value in row["kwargs"].items() if value is not None})
        return instruction

    def strict():
        instruction = built()
        taken = response if MULTI_IF else response.strip()
        return taken and instruction.check_following(response)

    def loose():
        instruction = built()
        return any(text.strip() and instruction.check_following(text) for text in loose_variants(response))

    return {"strict": verdict(strict), "loose": verdict(loose)}


import langdetect  # noqa: E402

langdetect.DetectorFactory.seed = 0
registry = instructions()
with open(rows_path, encoding="utf-8") as file:
    rows = [json.loads(line) for line in file]
started = time.process_time()
found = [verdicts(registry, row) for row in rows]
seconds = time.process_time() - started
with open(out_path, "w", encoding="utf-8") as file:
    for row in found:
        file.write(json.dumps(row) + "\n")
print(json.dumps({"start": started, "verdicts": seconds}))
