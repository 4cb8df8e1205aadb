"""Log-probabilities that transformers gives completions, with a PEFT adapter where one is named, for the tests of adapters.

Reads JSON from standard input: {"jobs": [{"model": folder, "adapter": folder or null, "rows": [{"prompt": ids,
"completions": [ids, ...]}]}]}. Writes JSON: for each job its rows' sums of token log-probabilities, a number a completion.
Everything in fp32 unless a job says {"dtype": "float64"}; attention is the plain one, so that nothing but the model decides.
A job that says {"gelu": "ggml"} has the GELU of llama.cpp's CPU kernels.
"""

import json
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()


@torch.no_grad()
def logprob(model, prompt, completion):
    ids = torch.tensor([prompt + completion])
    logits = model(input_ids=ids, use_cache=False).logits[0, len(prompt) - 1 : -1]
    scores = torch.log_softmax(logits.double(), dim=-1)
    return scores.gather(1, ids[0, len(prompt) :, None]).sum().item()


class GgmlGelu(torch.nn.Module):
    """A table in half precision, by the input in half precision, between -10 and 10; beyond, nothing and the input itself."""

    def forward(self, x):
        table = torch.nn.functional.gelu(x.half().float(), approximate="tanh").half().to(x.dtype)
        return torch.where(x <= -10, torch.zeros_like(x), torch.where(x >= 10, x, table))


def run(job):
    model = AutoModelForCausalLM.from_pretrained(
        job["model"], dtype=getattr(torch, job.get("dtype", "float32")), attn_implementation="eager"
    )
    if job.get("adapter"):
        model = PeftModel.from_pretrained(model, job["adapter"])
    if job.get("gelu") == "ggml":
        for module in model.modules():
            if hasattr(module, "act_fn"):
                module.act_fn = GgmlGelu()
    model.eval()
    return [[logprob(model, row["prompt"], c) for c in row["completions"]] for row in job["rows"]]


def main():
    torch.set_num_threads(1)
    json.dump([run(job) for job in json.load(sys.stdin)["jobs"]], sys.stdout)


if __name__ == "__main__":
    main()
