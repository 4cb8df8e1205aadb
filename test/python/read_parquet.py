"""Reads exported Parquet files with `datasets` and with pandas.

usage: read_parquet.py OUT.json CACHE METHOD=FOLDER ...

For each method: rows and column types by `datasets`, rows by pandas.
"""

import json
import sys

import numpy
import pandas
from datasets import load_dataset


def plain(value):
    """pandas gives nested lists as NumPy arrays and numbers as NumPy scalars."""
    if isinstance(value, numpy.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, numpy.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def read(folder, cache):
    files = {"train": f"{folder}/train.parquet", "validation": f"{folder}/validation.parquet"}
    data = load_dataset("parquet", data_files=files, cache_dir=cache)
    return {
        "datasets": {split: list(data[split]) for split in data},
        "features": {name: str(feature) for name, feature in data["train"].features.items()},
        "pandas": {
            split: [
                {name: plain(value) for name, value in row.items()}
                for row in pandas.read_parquet(path).to_dict(orient="records")
            ]
            for split, path in files.items()
        },
    }


def main(out, cache, *sets):
    result = {method: read(folder, cache) for method, folder in (item.split("=", 1) for item in sets)}
    with open(out, "w", encoding="utf-8") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
