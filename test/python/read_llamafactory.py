"""Reads exported sets with LLaMA-Factory's own loader, through dataset_info.json.

usage: read_llamafactory.py OUT.json CACHE METHOD=FOLDER ...

For each method: the rows as its converter aligned them (`aligned`: _prompt, _response, _system, …), and the texts that
its processor for that training stage tokenised (`encoded`), for the training entry and the `_validation` one. An RPO set
is also read through its `rpo_margin` entries, with a converter registered by LLaMA-Factory's public hook, to see that the
margin can be had from there.
"""

import importlib.machinery
import json
import sys
import types

# llamafactory imports torchaudio at load, only to decode audio columns, which we have none of; the real package brings CUDA.
torchaudio = types.ModuleType("torchaudio")
torchaudio.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
sys.modules["torchaudio"] = torchaudio

from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.data.converter import SharegptDatasetConverter, register_dataset_converter
from llamafactory.data.loader import _get_merged_dataset
from llamafactory.hparams import DataArguments, ModelArguments
from transformers import Seq2SeqTrainingArguments

from local_tokenizer import byte_tokenizer

# Stages as LLaMA-Factory's workflows pass them to get_dataset: DPO reads its data as reward modelling does.
STAGE = {"rpo": "rm", "dpo": "rm", "kto": "kto", "sft": "sft"}
IGNORE_INDEX = -100
NO_CUTOFF = 1 << 20


class MarginConverter(SharegptDatasetConverter):
    def __call__(self, example):
        return {**super().__call__(example), "_margin": example["margin"]}


register_dataset_converter("rpo_sharegpt", MarginConverter)


def arguments(folder, cache, train, validation):
    data = DataArguments(
        dataset=train,
        eval_dataset=validation,
        dataset_dir=folder,
        template="chatml",
        cutoff_len=NO_CUTOFF,
        overwrite_cache=True,
    )
    model = ModelArguments(model_name_or_path="none", cache_dir=cache)
    training = Seq2SeqTrainingArguments(output_dir=cache, report_to=[], use_cpu=True, disable_tqdm=True, log_level="error")
    return model, data, training


def texts(tokenizer, example):
    """What the example says, per column of token ids; of labels only what is learnt."""
    found = {}
    for name, value in example.items():
        if name.endswith("input_ids") or name.endswith("labels"):
            found[name] = tokenizer.decode([token for token in value if token != IGNORE_INDEX])
    if "kto_tags" in example:
        found["kto_tags"] = example["kto_tags"]
    return found


def read(method, folder, cache, entry):
    tokenizer = byte_tokenizer()
    model, data, training = arguments(folder, cache, entry, f"{entry}_validation")
    template = get_template_and_fix_tokenizer(tokenizer, data)
    stage = STAGE[method]
    aligned = {
        "train": list(_get_merged_dataset([entry], model, data, training, stage)),
        "validation": list(_get_merged_dataset([f"{entry}_validation"], model, data, training, stage)),
    }
    module = get_dataset(template, model, data, training, stage, tokenizer)
    encoded = {
        "train": [texts(tokenizer, example) for example in module["train_dataset"]],
        "validation": [texts(tokenizer, example) for example in module["eval_dataset"]],
    }
    return {"aligned": aligned, "encoded": encoded}


def main(out, cache, *sets):
    result = {}
    for method, folder in (item.split("=", 1) for item in sets):
        result[method] = read(method, folder, cache, method)
        if method == "rpo":
            result["rpo_margin"] = read(method, folder, cache, "rpo_margin")
    with open(out, "w", encoding="utf-8") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
