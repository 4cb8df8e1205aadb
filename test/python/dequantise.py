"""Turns blocks of GGUF's formats into fp32 with llama.cpp's own Python package, for tests to compare with.

Two uses, both with a JSON list of jobs on standard input:
  {"type": "Q4_K", "bytes": FILE, "values": FILE}   the blocks in the first file, as fp32 into the second
  {"gguf": FILE, "tensor": NAME, "values": FILE}    a tensor of a GGUF file, as fp32 in the file's own order of rows
"""

import json
import sys

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader
from gguf.quants import dequantize

readers: dict[str, GGUFReader] = {}

for job in json.load(sys.stdin):
    if "gguf" in job:
        reader = readers.get(job["gguf"]) or GGUFReader(job["gguf"])
        readers[job["gguf"]] = reader
        tensor = next(tensor for tensor in reader.tensors if tensor.name == job["tensor"])
        values = dequantize(tensor.data, tensor.tensor_type)
    else:
        blocks = np.fromfile(job["bytes"], dtype=np.uint8)
        kind = GGMLQuantizationType[job["type"]]
        with np.errstate(all="ignore"):  # random blocks hold infinities and no-numbers
            values = dequantize(blocks.reshape(1, -1) if blocks.size else blocks, kind)
    np.ascontiguousarray(values, dtype="<f4").tofile(job["values"])
