"""RPO on LLaMA-Factory as it is installed: ``python -m rpo_engines.llamafactory TRAIN.yaml``, under torchrun or alone.

LLaMA-Factory drops a row's margin three times (its converter, its pairwise processor, its pairwise collator); subclasses of
these carry it, and a subclass of its DPO trainer raises the reference by it (:mod:`rpo_engines.margin`). They take the stock
classes' places in the running process only, in each rank: ``llamafactory-cli train`` starts ranks anew, without them.
Importing this module imports nothing of LLaMA-Factory.
"""
