"""RPO on TRL: a subclass of its DPOTrainer (:mod:`.trainer`), and a training from a configuration file (``python -m
rpo_engines.trl CONFIG.yaml``, also under torchrun or accelerate launch). Importing this package alone imports nothing of TRL."""
