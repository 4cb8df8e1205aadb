"""Checks exported fine-tuning files against the message types of the `openai` package.

usage: check_openai.py OUT.json FILE ...

For each file: its examples as the types read them back, or the first thing wrong. The frames around the messages
(`input`, `preferred_output` …) are not in the package; they are spelled here after the API reference, and allow no field
more. So that an empty check cannot pass, the script also says what it makes of examples that are wrong.
"""

import json
import sys
from typing import Literal

from openai.types.chat import (
    ChatCompletionAssistantMessageParam,
    ChatCompletionFunctionToolParam,
    ChatCompletionMessageParam,
)
from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

EXACT = ConfigDict(extra="forbid", strict=True)


class Input(TypedDict):
    __pydantic_config__ = EXACT
    messages: list[ChatCompletionMessageParam]
    tools: list[ChatCompletionFunctionToolParam]
    parallel_tool_calls: bool


class Preference(TypedDict):
    __pydantic_config__ = EXACT
    input: Input
    preferred_output: list[ChatCompletionAssistantMessageParam]
    non_preferred_output: list[ChatCompletionAssistantMessageParam]


class Supervised(TypedDict):
    __pydantic_config__ = EXACT
    messages: list[ChatCompletionMessageParam]


# Every message of ours is plain text of one of three roles and has no field more: narrower than the package's types.
class Plain(TypedDict):
    __pydantic_config__ = EXACT
    role: Literal["system", "user", "assistant"]
    content: str


PREFERENCE = TypeAdapter(Preference)
SUPERVISED = TypeAdapter(Supervised)
PLAIN = TypeAdapter(list[Plain])


def check(example):
    if "input" in example:
        PREFERENCE.validate_python(example)
        parts = [example["input"]["messages"], example["preferred_output"], example["non_preferred_output"]]
    else:
        SUPERVISED.validate_python(example)
        parts = [example["messages"]]
    for messages in parts:
        PLAIN.validate_python(messages)


def verdict(example):
    try:
        check(example)
    except ValidationError as error:
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return "ok"


USER = {"role": "user", "content": "hi"}
SAID = {"role": "assistant", "content": "hello"}
FRAME = {"messages": [USER], "tools": [], "parallel_tool_calls": True}
WRONG = {
    "unknown field": {"input": FRAME, "preferred_output": [SAID], "non_preferred_output": [SAID], "margin": 1},
    "user as output": {"input": FRAME, "preferred_output": [USER], "non_preferred_output": [SAID]},
    "unknown role": {"messages": [{"role": "human", "content": "hi"}, SAID]},
    "no content": {"messages": [{"role": "user"}, SAID]},
}


def main(out, *paths):
    files = {}
    for path in paths:
        with open(path, encoding="utf-8", errors="strict") as file:
            examples = [json.loads(line) for line in file]
        files[path] = {"examples": examples, "verdicts": [verdict(example) for example in examples]}
    wrong = {name: verdict(example) for name, example in WRONG.items()}
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"files": files, "wrong": wrong}, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
