"""Trains by an engine of rpo_engines as a user would, but for the adapter's first numbers, which are read from a file.

Usage: engine_curve.py trl|llamafactory ADAPTER TRAIN.yaml...   (ADAPTER: a PEFT folder of the shape that each TRAIN.yaml asks for)

Two engines that draw an adapter each draw another one; from the same one their steps can be compared.
"""

import sys

from safetensors.torch import load_file


def take(model, adapter):
    from peft import set_peft_model_state_dict

    outcome = set_peft_model_state_dict(model, load_file(f"{adapter}/adapter_model.safetensors"))
    assert not outcome.unexpected_keys, outcome.unexpected_keys
    missing = [name for name in outcome.missing_keys if "lora_" in name]
    assert not missing, missing


def trl(adapter, configs):
    import rpo_engines.trl.trainer as trainer
    from rpo_engines.trl.run import main

    stock = trainer.RpoTrainer

    class FromFile(stock):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            take(self.model, adapter)

    trainer.RpoTrainer = FromFile
    return max(main([config]) for config in configs)


def llamafactory(adapter, configs):
    from rpo_engines.llamafactory.audio_stub import stand_in_for_torchaudio

    stand_in_for_torchaudio()
    import rpo_engines.llamafactory.patches as patches
    from rpo_engines.llamafactory.__main__ import main

    stock = patches.MarginDPOTrainer

    class FromFile(stock):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            take(self.model, adapter)

    patches.MarginDPOTrainer = FromFile
    return max(main([config]) for config in configs)


if __name__ == "__main__":
    engine, adapter, *configs = sys.argv[1:]
    sys.exit({"trl": trl, "llamafactory": llamafactory}[engine](adapter, configs))
