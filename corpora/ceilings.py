"""The best scores that a split's judgements leave reachable."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping

DEPTH, RECALL_DEPTH = 10, 100


def ceilings(grades: Mapping[str, Mapping[str, int]], queries: Collection[str], unknown: Collection[str]) -> dict[str, float]:
    """nDCG@10 and R@100 of the ideal ranking of the documents that are there, against everything judged relevant.

    `unknown` are the judged documents that the corpus lacks. As in scoring, the mean is over the queries that can be
    asked and have a relevant document (grade >= 1); empty where there is none. Gains are the grades, the discount of
    rank r is log2(r + 1) (Järvelin and Kekäläinen 2002, as trec_eval's ndcg_cut).
    """
    asked, absent = set(queries), set(unknown)
    judged = [documents for query, documents in grades.items() if query in asked and max(documents.values()) > 0]
    if not judged:
        return {}
    reachable = [[grade for document, grade in documents.items() if document not in absent] for documents in judged]
    best = [
        (_gain(there) / _gain(documents.values()), _recall(there, documents))
        for there, documents in zip(reachable, judged, strict=True)
    ]
    gain, recall = (math.fsum(values) / len(best) for values in zip(*best, strict=True))
    return {f"nDCG@{DEPTH}": gain, f"R@{RECALL_DEPTH}": recall}


def _gain(grades: Iterable[int]) -> float:
    ideal = sorted((grade for grade in grades if grade > 0), reverse=True)[:DEPTH]
    return math.fsum(grade / math.log2(rank + 1) for rank, grade in enumerate(ideal, 1))


def _recall(there: list[int], judged: Mapping[str, int]) -> float:
    return min(_relevant(there), RECALL_DEPTH) / _relevant(judged.values())


def _relevant(grades: Iterable[int]) -> int:
    return sum(grade > 0 for grade in grades)
