"""Asks a server of `rpo serve` through the official `openai` client, and writes down what the client made of the answers.

usage: check_serve.py OUT.json BASE_URL KEY MODEL ADAPTER
"""

import json
import sys

import openai

out, base_url, key, model, adapter = sys.argv[1:]
# Retries would ask again at 429 and 5xx: the first answer is the one to look at.
client = openai.OpenAI(base_url=base_url, api_key=key, max_retries=0)
messages = [{"role": "user", "content": "hen"}]
asked = {"model": model, "messages": messages, "max_tokens": 8, "seed": 5}


def failure(call):
    try:
        call()
    except openai.APIStatusError as error:
        return {"kind": type(error).__name__, "status": error.status_code, "code": error.code, "param": error.param}
    return None


whole = client.chat.completions.create(**asked, n=3)
streamed = ["", "", ""]
reasons = [None, None, None]
usage = None
for chunk in client.chat.completions.create(**asked, n=3, stream=True, stream_options={"include_usage": True}):
    usage = chunk.usage or usage
    for choice in chunk.choices:
        streamed[choice.index] += choice.delta.content or ""
        reasons[choice.index] = choice.finish_reason or reasons[choice.index]
scored = client.chat.completions.create(**asked, logprobs=True, top_logprobs=2).choices[0]
schema = {"type": "object", "properties": {"verdict": {"enum": ["pass", "fail"]}}, "required": ["verdict"]}
held = client.chat.completions.create(
    **{**asked, "max_tokens": 60},
    response_format={"type": "json_schema", "json_schema": {"name": "verdict", "schema": schema, "strict": True}},
)
stranger = openai.OpenAI(base_url=base_url, api_key="wrong", max_retries=0)

with open(out, "w", encoding="utf-8") as file:
    json.dump(
        {
            "models": [one.id for one in client.models.list()],
            "model": client.models.retrieve(adapter).id,
            "texts": [choice.message.content for choice in whole.choices],
            "usage": whole.usage.model_dump(exclude_none=True),
            "streamed": streamed,
            "reasons": [choice.finish_reason for choice in whole.choices],
            "streamedReasons": reasons,
            "streamedUsage": usage.model_dump(exclude_none=True),
            "tokens": [one.token for one in scored.logprobs.content],
            "logprobs": [one.logprob for one in scored.logprobs.content],
            "tops": [len(one.top_logprobs) for one in scored.logprobs.content],
            "scoredText": scored.message.content,
            "held": held.choices[0].message.content,
            "adapted": client.chat.completions.create(**{**asked, "model": adapter}).choices[0].message.content,
            "unknown": failure(lambda: client.chat.completions.create(**{**asked, "model": "nobody"})),
            "stranger": failure(lambda: stranger.models.list()),
            "long": failure(
                lambda: client.chat.completions.create(
                    **{**asked, "messages": [{"role": "user", "content": "hen " * 5000}]}
                )
            ),
        },
        file,
    )
