"""mteb's names of scores and medir's names of measures."""

from __future__ import annotations

import re

from corpora import UsageError

RANKED = {"ndcg": "nDCG", "map": "AP", "recall": "R", "precision": "P", "mrr": "RR", "hit_rate": "Success"}


def measure_of(score: str) -> str:
    """The measure that an mteb retrieval score is: `ndcg_at_10` is `nDCG@10`. Raises UsageError for one that medir has not."""
    name, _, depth = score.rpartition("_at_")
    if name not in RANKED or not depth.isdigit():
        raise UsageError(f"mteb's score {score!r} is none of medir's measures", mend="run it in mteb")
    return f"{RANKED[name]}@{depth}"


def score_of(measure: str) -> str:
    """The mteb name of a measure of retrieval; the measure's own name where mteb has none."""
    found = re.fullmatch(r"(\w+)@(\d+)", measure)
    names = {ours: theirs for theirs, ours in RANKED.items()}
    return f"{names[found[1]]}_at_{found[2]}" if found and found[1] in names else measure
