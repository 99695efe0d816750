"""The scikit-learn side of speed.ts: python scikit_learn.py FOLDER ROWS COLUMNS RUNS -> JSON with values and milliseconds."""

import json
import sys
import time

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, hamming_loss, roc_auc_score

folder, rows, columns, runs = sys.argv[1], *map(int, sys.argv[2:5])
gold = np.fromfile(f"{folder}/gold", dtype=np.uint8).reshape(rows, columns)
predicted = np.fromfile(f"{folder}/predicted", dtype=np.uint8).reshape(rows, columns)
truth = np.fromfile(f"{folder}/truth", dtype=np.uint8)
scores = np.fromfile(f"{folder}/scores", dtype=np.float64)


def counting(gold, predicted):
    return [
        f1_score(gold, predicted, average="micro"),
        f1_score(gold, predicted, average="macro"),
        accuracy_score(gold, predicted),
        hamming_loss(gold, predicted),
    ]


def best(work):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        value = work()
        times.append(1000 * (time.perf_counter() - start))
    return {"value": value, "milliseconds": min(times)}


wide = gold.astype(np.int64), predicted.astype(np.int64)  # NumPy's own integers, which most people have
print(json.dumps({
    "counting": best(lambda: counting(gold, predicted)),
    "countingInt64": best(lambda: counting(*wide)),
    "rocAuc": best(lambda: roc_auc_score(truth, scores)),
}))
