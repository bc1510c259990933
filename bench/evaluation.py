"""How long scoring takes once a run is there: `python -m bench.evaluation` prints one table."""

from __future__ import annotations

import time
from statistics import median

import numpy as np

from corpora import Qrels
from retrieval import Run
from tasks.measures import parse_measures, score
from tasks.statistics import bootstrap_intervals

QUERIES, K, ROUNDS = 1000, 1000, 3
MEASURES = "nDCG@10,R@100,R@1000,AP,RR@10,Judged@10"


def main() -> None:
    rng = np.random.default_rng(0)
    rankings = {
        f"q{q}": {f"d{d}": float(s) for d, s in zip(rng.permutation(5000)[:K], rng.random(K), strict=True)}
        for q in range(QUERIES)
    }
    qrels = Qrels(
        {
            query: {f"d{d}": int(g) for d, g in zip(rng.permutation(5000)[:20], rng.integers(0, 4, 20), strict=True)}
            for query in rankings
        }
    )
    run = Run.from_rankings(rankings)
    measures = parse_measures(MEASURES)
    seconds = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        scores = score(run, qrels, measures)
        scored = time.perf_counter()
        bootstrap_intervals(np.stack([scores.values[m] for m in measures]))
        seconds.append((scored - began, time.perf_counter() - scored))
    print("| queries | k | measures | scoring (s) | intervals, 10,000 resamples (s) |\n|---|---|---|---|---|")
    scored_in, drawn_in = (median(turn[side] for turn in seconds[1:]) for side in (0, 1))
    print(f"| {QUERIES:,} | {K:,} | {MEASURES} | {scored_in:.2f} | {drawn_in:.2f} |")


if __name__ == "__main__":
    main()
