#!/usr/bin/env bash
# Starts the training in this folder, once on each of 4 machines; written by rpo train.
#   NODE_RANK=0 MASTER_ADDR=host-of-machine-0 ./run.sh    (on machine 0; NODE_RANK=1 on the next, and so on)
# All machines need this folder, the data set and the model under the same paths.
set -euo pipefail
cd "$(dirname "$0")"
export PYTHONPATH='/opt/rpo kit/engines/src'"${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONUNBUFFERED=1
# Memory that grows in place leaves fewer holes in it.
export PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True
: "${NODE_RANK:?the number of this machine, 0 to 3}"
: "${MASTER_ADDR:?the address of machine 0}"
: "${MASTER_PORT:=29500}"
exec '/envs/it'\''s/bin/python' -m torch.distributed.run --nnodes 4 --node-rank "$NODE_RANK" --master-addr "$MASTER_ADDR" --master-port "$MASTER_PORT" --nproc-per-node 8 --shutdown-timeout 600 -m rpo_engines.trl train.yaml
