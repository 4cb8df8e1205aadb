#!/usr/bin/env bash
# Starts the training in this folder; written by rpo train.
set -euo pipefail
cd "$(dirname "$0")"
export PYTHONPATH='/opt/rpo kit/engines/src'"${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONUNBUFFERED=1
# Memory that grows in place leaves fewer holes in it.
export PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True
exec '/envs/it'\''s/bin/python' -m torch.distributed.run --standalone --nproc-per-node 8 --shutdown-timeout 600 -m rpo_engines.llamafactory train.yaml
