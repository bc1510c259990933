"""Every measure against the formulas written out in float64, and against other libraries, on random runs."""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
from collections.abc import Callable
from math import log2
from typing import Any

import pytest

from corpora import Qrels
from retrieval import Run
from tasks.measures import parse_measure, score

Rankings = dict[str, dict[str, float]]
Grades = dict[str, dict[str, int]]

NAMES = [
    "nDCG", "nDCG@1", "nDCG@3", "nDCG@10", "AP", "AP@3", "AP(rel=2)", "RR", "RR@1", "RR@3", "RR(rel=2)@10", "P@1", "P@5",
    "P(rel=2)@3", "R@1", "R@3", "R@10", "R(rel=3)@5", "Success@1", "Success@3", "Success(rel=3)@3", "Rprec", "Rprec(rel=2)",
    "Bpref", "Bpref(rel=2)", "Judged", "Judged@3", "Judged@10",
]  # fmt: skip


def random_case(rng: random.Random) -> tuple[Rankings, Grades]:
    """A run and judgements: ties, near-equal, huge and denormal scores, grades -2 to 4, empty and missing queries."""
    odd = ["1", "9", "10", "100", "a", "A", "aa", "é", "文献", "文", "\uffee", "\U0001f9ec"]
    docs = rng.sample(odd + [f"d{i}" for i in range(30)], 30)
    levels = rng.choice([[0.0], [1.0, 2.0], [-1.5, 0.0, 1e-42, 3e38], [rng.gauss(0, 1) for _ in range(8)]])
    near = rng.choice([0.0, 1e-9, 1e-6])

    def ranking() -> dict[str, float]:
        some = rng.sample(docs, rng.choice([0, 1, 3, 12, 30]))
        return {doc: rng.choice(levels) + near * rng.randint(-2, 2) for doc in some}

    def judgements() -> dict[str, int]:
        grades = rng.choice([[1], [0, 1], [-1, 0, 1, 2], [-2, -1], [0, 1, 2, 3, 4], [-2, 0, 4]])
        return {doc: rng.choice(grades) for doc in rng.sample(docs, rng.choice([0, 1, 5, 20]))}

    queries = [f"q{number}" for number in range(rng.randint(1, 4))]
    run = {query: ranking() for query in queries}
    grades = {query: judgements() for query in [*queries, "elsewhere"] if rng.random() < 0.9}
    return run, grades


def in_order(ranking: dict[str, float]) -> list[str]:
    single = lambda value: struct.unpack("<f", struct.pack("<f", value))[0]  # noqa: E731
    return sorted(ranking, key=lambda doc: (single(ranking[doc]), doc.encode()), reverse=True)


def ndcg(docs: list[str], own: dict[str, int], k: int, rel: int) -> float:
    def dcg(gains: list[int]) -> float:
        return sum(max(gain, 0) / log2(rank + 1) for rank, gain in enumerate(gains[:k], 1))

    return dcg([own.get(doc, 0) for doc in docs]) / dcg(sorted(own.values(), reverse=True))


def precisions(docs: list[str], own: dict[str, int], k: int, rel: int) -> list[float]:
    relevant = [own.get(doc, -9) >= rel for doc in docs]
    return [sum(relevant[:rank]) / rank for rank in range(1, min(k, len(docs)) + 1) if relevant[rank - 1]]


def hits(docs: list[str], own: dict[str, int], k: int, rel: int) -> int:
    return sum(own.get(doc, -9) >= rel for doc in docs[:k])


def all_relevant(own: dict[str, int], rel: int) -> int:
    return sum(grade >= rel for grade in own.values())


def bpref(docs: list[str], own: dict[str, int], k: int, rel: int) -> float:
    relevant, wrong = all_relevant(own, rel), sum(0 <= grade < rel for grade in own.values())
    total, above = 0.0, 0
    for doc in docs:
        if own.get(doc, -9) >= rel:
            total += 1 - (min(above, relevant) / min(wrong, relevant) if above else 0)
        above += 0 <= own.get(doc, -9) < rel
    return total / relevant


FORMULAS: dict[str, Callable[[list[str], dict[str, int], int, int], float]] = {
    "nDCG": ndcg,
    "AP": lambda docs, own, k, rel: sum(precisions(docs, own, k, rel)) / all_relevant(own, rel),
    "RR": lambda docs, own, k, rel: next((1 / r for r, doc in enumerate(docs[:k], 1) if own.get(doc, -9) >= rel), 0.0),
    "P": lambda docs, own, k, rel: hits(docs, own, k, rel) / k,
    "R": lambda docs, own, k, rel: hits(docs, own, k, rel) / all_relevant(own, rel),
    "Success": lambda docs, own, k, rel: float(hits(docs, own, k, rel) > 0),
    "Rprec": lambda docs, own, k, rel: hits(docs, own, all_relevant(own, rel), rel) / all_relevant(own, rel),
    "Bpref": bpref,
    "Judged": lambda docs, own, k, rel: sum(doc in own for doc in docs[:k]) / len(docs[:k]) if docs else 0.0,
}


def oracle(name: str, ranking: dict[str, float], own: dict[str, int]) -> float:
    measure = parse_measure(name)
    if all_relevant(own, measure.rel) == 0:
        return 0.0 if measure.name not in ("nDCG", "Judged") else pytest.fail("not averaged")
    return FORMULAS[measure.name](in_order(ranking), own, measure.cutoff or 10**6, measure.rel)


def test_2000_random_runs_against_the_formulas() -> None:
    rng, measures, averaged, tied = random.Random(1), [parse_measure(name) for name in NAMES], 0, 0
    for _ in range(2000):
        rankings, grades = random_case(rng)
        scores = score(Run.from_rankings(rankings), Qrels(grades), measures)
        assert scores.queries == tuple(q for q in rankings if max(grades.get(q, {}).values(), default=0) >= 1)
        assert len(scores) + scores.judged_without_relevant + scores.unjudged_queries == len(rankings)
        for name, measure in zip(NAMES, measures, strict=True):
            expected = [oracle(name, rankings[query], grades[query]) for query in scores.queries]
            assert scores.values[measure].tolist() == pytest.approx(expected, abs=1e-9), (name, rankings, grades)
        averaged, tied = averaged + len(scores), tied + scores.tied_queries
    assert averaged > 2000
    assert tied > 1000


TREC = {
    "nDCG": "ndcg", "nDCG@3": "ndcg_cut_3", "nDCG@10": "ndcg_cut_10", "AP": "map", "AP@3": "map_cut_3", "RR": "recip_rank",
    "P@5": "P_5", "R@3": "recall_3", "Success@3": "success_3", "Rprec": "Rprec", "Bpref": "bpref",
}  # fmt: skip


def test_ranks_in_place_of_scores_change_nothing_for_trec_eval() -> None:
    """pytrec_eval on the raw ids and scores, with its own order and ties."""
    import pytrec_eval

    rng, measures = random.Random(2), {name: parse_measure(name) for name in TREC}
    for _ in range(400):
        rankings, grades = random_case(rng)
        scores = score(Run.from_rankings(rankings), Qrels(grades), list(measures.values()))
        judged = {query: grades[query] for query in scores.queries}
        theirs = pytrec_eval.RelevanceEvaluator(judged, set(TREC.values())).evaluate({q: rankings[q] for q in scores.queries})
        for name, measure in measures.items():
            expected = [theirs[query][TREC[name]] for query in scores.queries]
            assert scores.values[measure].tolist() == pytest.approx(expected, abs=1e-9)


def merged_case(seed: int, number: int) -> tuple[Rankings, Grades]:
    """Many random queries as one run, untied (score = minus the rank), for libraries whose tie rule is another."""
    rng, run, qrels = random.Random(seed), {}, {}
    while len(run) < number:
        rankings, grades = random_case(rng)
        for query, ranking in rankings.items():
            if ranking and max(grades.get(query, {}).values(), default=0) >= 1:
                name = f"{len(run)}"
                run[name] = {doc: -float(rank) for rank, doc in enumerate(in_order(ranking), 1)}
                qrels[name] = grades[query]
    return run, qrels


def ours(run: Rankings, qrels: Grades, names: list[str]) -> dict[str, list[float]]:
    scores = score(Run.from_rankings(run), Qrels(qrels), [parse_measure(name) for name in names])
    assert scores.queries == tuple(run)
    return {name: scores.values[parse_measure(name)].tolist() for name in names}


RANX = {
    "nDCG": "ndcg", "nDCG@3": "ndcg@3", "nDCG@10": "ndcg@10", "AP": "map", "AP@3": "map@3", "RR": "mrr", "RR@3": "mrr@3",
    "P@5": "precision@5", "R@3": "recall@3", "R@10": "recall@10", "Success@1": "hit_rate@1", "Rprec": "r-precision",
}  # fmt: skip

ASK_RANX = """
import json, sys
from ranx import Qrels, Run, evaluate
run, qrels, names = json.load(sys.stdin)
kept = Run(run)
evaluate(Qrels(qrels), kept, names)
print(json.dumps({name: [float(kept.scores[name][query]) for query in run] for name in names}))
"""


def test_ranx_agrees() -> None:
    """ranx without its compiler (which takes a minute), grades below 0 as 0: it would subtract them from the gain."""
    pytest.importorskip("ranx")
    run, qrels = merged_case(3, 600)
    plain = {query: {doc: max(grade, 0) for doc, grade in own.items()} for query, own in qrels.items()}
    process = subprocess.run(
        [sys.executable, "-c", ASK_RANX],
        input=json.dumps([run, plain, list(RANX.values())]),
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = json.loads(process.stdout.splitlines()[-1])
    for name, values in ours(run, qrels, list(RANX)).items():
        assert values == pytest.approx(theirs[RANX[name]], abs=1e-9), name


def from_provider(provider: Any, name: str, run: Rankings, qrels: Grades) -> list[float]:
    import ir_measures

    found = {value.query_id: value.value for value in provider.iter_calc([ir_measures.parse_measure(name)], qrels, run)}
    return [float(found[query]) for query in run]


@pytest.mark.parametrize(
    ("provider", "names"),
    [
        ("msmarco", ["RR@3", "RR@10", "RR(rel=2)@10"]),
        ("judged", ["Judged", "Judged@3", "Judged@10"]),
        ("cwl_eval", ["P@5", "P(rel=2)@3", "RR"]),  # its AP divides by the relevant documents retrieved
    ],
)
def test_other_engines_of_ir_measures_agree(provider: str, names: list[str]) -> None:
    import ir_measures

    engine = ir_measures.providers.registry[provider]
    if not engine.is_available():
        pytest.skip(f"ir_measures' {provider} needs a package that is not installed: {engine.install_instructions()}")
    run, qrels = merged_case(4, 300)
    for name, values in ours(run, qrels, names).items():
        theirs = from_provider(engine, name, run, qrels)
        assert values == pytest.approx(theirs, abs=1e-9), name


def err(docs: list[str], own: dict[str, int], k: int) -> float:
    """Expected reciprocal rank (Chapelle et al., CIKM 2009), grades up to 4."""
    value, unsatisfied = 0.0, 1.0
    for rank, doc in enumerate(docs[:k], 1):
        stops = (2 ** max(own.get(doc, 0), 0) - 1) / 2**4
        value += unsatisfied * stops / rank
        unsatisfied *= 1 - stops
    return value


def rbp(docs: list[str], own: dict[str, int], p: float) -> float:
    """Rank-biased precision (Moffat and Zobel, TOIS 2008)."""
    return (1 - p) * sum(p**rank for rank, doc in enumerate(docs) if own.get(doc, 0) >= 1)


def test_what_ir_measures_serves_against_the_formulas() -> None:
    import ir_measures

    run, qrels = merged_case(5, 100)
    if ir_measures.gdeval.is_available():  # its script prints five decimals
        expected = [err(in_order(run[query]), qrels[query], 10) for query in run]
        assert ours(run, qrels, ["ERR@10"])["ERR@10"] == pytest.approx(expected, abs=6e-6)
    if ir_measures.cwl_eval.is_available():
        expected = [rbp(in_order(run[query]), qrels[query], 0.5) for query in run]
        assert ours(run, qrels, ["RBP(p=0.5,rel=1)"])["RBP(p=0.5,rel=1)"] == pytest.approx(expected, abs=1e-9)
    if not (ir_measures.gdeval.is_available() or ir_measures.cwl_eval.is_available()):
        pytest.skip("neither Perl nor cwl-eval is installed")
