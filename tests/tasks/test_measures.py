"""Names of measures, hand-worked values, and what a mean leaves out."""

from __future__ import annotations

import subprocess
import sys
from math import log2, nan

import numpy as np
import pyarrow as pa
import pytest

from corpora import InputError, Qrels, SurroundingsError, UsageError
from retrieval import Run
from tasks.measures import Measure, Scores, parse_measure, parse_measures, score


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("nDCG@10", "nDCG@10"), ("ndcg@10", "nDCG@10"), ("NDCG", "nDCG"), ("R@100", "R@100"), ("recall@100", "R@100"),
        ("AP", "AP"), ("MAP", "AP"), ("map@10", "AP@10"), ("MRR@10", "RR@10"), ("rr", "RR"),
        ("P(rel=2)@10", "P(rel=2)@10"), ("precision ( rel = 2 ) @ 10", "P(rel=2)@10"), ("P(rel=1)@5", "P@5"),
        ("Success@1", "Success@1"), ("Judged@10", "Judged@10"), ("Rprec", "Rprec"), ("bpref", "Bpref"),
        ("ERR@10", "ERR@10"), ("RBP(rel=1,p=0.5)", "RBP(p=0.5,rel=1)"), ("RBP(p=0.8)", "RBP"),
        ("IPrec@0.5", "IPrec(recall=0.5)"), ("ndcg(dcg='exp-log2')@5", "nDCG(dcg='exp-log2')@5"),
    ],
)  # fmt: skip
def test_a_measure_prints_as_it_parses(text: str, canonical: str) -> None:
    measure = parse_measure(text)
    assert str(measure) == canonical
    assert parse_measure(canonical) == measure
    assert len({measure, parse_measure(canonical)}) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nDCQ@10", "nDCG@10"), ("recal@100", "R@100"), ("wrong", "Known"), ("", "cannot be read"), ("P", "P@10"),
        ("R@0", "at least 1"), ("Rprec@5", "no depth"), ("nDCG(rel=2)@10", "no rel"), ("P(rel=0)@10", "at least 1"),
        ("P(level=2)@10", "level"), ("NumRet", "count"), ("nDCG(gains={1:2})", "gains"), ("P@10 AP", "cannot be read"),
        ("ERR@-1", "cannot be read"),
    ],
)  # fmt: skip
def test_a_bad_name_says_what_is_near(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says.replace("(", r"\(")):
        parse_measure(text)


def test_a_list_of_measures_keeps_commas_inside_parentheses() -> None:
    names = parse_measures("nDCG@10, R@100,RBP(p=0.5,rel=1),ndcg@10")
    assert list(map(str, names)) == ["nDCG@10", "R@100", "RBP(p=0.5,rel=1)"]


def test_common_names_import_no_engine() -> None:
    code = (
        "import sys; from tasks.measures import parse_measure, score; import tasks.statistics\n"
        "[parse_measure(name) for name in 'nDCG@10 R@100 AP RR@10 P(rel=2)@10 Success@1 Judged@10 Bpref'.split()]\n"
        "assert not {'pytrec_eval', 'ir_measures', 'scipy', 'pandas', 'torch', 'faiss', 'numba'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


GRADES = {"q": {"a": 2, "b": 1, "c": 0, "d": -1, "e": 1}}
RANKING = {"q": {"d": 6.0, "x": 5.0, "a": 4.0, "c": 3.0, "b": 2.0}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nDCG", (2 / log2(4) + 1 / log2(6)) / (2 + 1 / log2(3) + 1 / log2(4))),
        ("nDCG@3", (2 / log2(4)) / (2 + 1 / log2(3) + 1 / log2(4))),
        ("nDCG@1", 0.0),
        ("AP", (1 / 3 + 2 / 5) / 3),
        ("AP@3", (1 / 3) / 3),
        ("AP(rel=2)", 1 / 3),
        ("RR", 1 / 3),
        ("RR@3", 1 / 3),
        ("RR@2", 0.0),
        ("P@5", 2 / 5),
        ("P@10", 2 / 10),
        ("P(rel=2)@5", 1 / 5),
        ("R@3", 1 / 3),
        ("R@100", 2 / 3),
        ("Success@3", 1.0),
        ("Success@2", 0.0),
        ("Rprec", 1 / 3),
        ("Bpref", (1 + (1 - 1 / 1)) / 3),
        ("Judged@2", 1 / 2),
        ("Judged@3", 2 / 3),
        ("Judged@10", 4 / 5),
        ("P(rel=9)@5", 0.0),
        ("Bpref(rel=9)", 0.0),
        ("Bpref(rel=1000000000000)", 0.0),
    ],
)
def test_values_worked_by_hand(name: str, value: float) -> None:
    measure = parse_measure(name)
    assert score(Run.from_rankings(RANKING), Qrels(GRADES), [measure]).mean(measure) == pytest.approx(value, abs=1e-12)


def test_what_the_mean_leaves_out_is_counted() -> None:
    rankings = {"answered": {"a": 1.0}, "empty": {}, "nothing": {"a": 1.0}, "negative": {"a": 1.0}, "unjudged": {"a": 1.0}}
    grades = {"answered": {"a": 1}, "empty": {"a": 2}, "nothing": {"a": 0}, "negative": {"a": -1}, "absent": {"a": 1}, "none": {}}
    measures = parse_measures("nDCG@10,RR@10,Judged@10")
    scores = score(Run.from_rankings(rankings), Qrels(grades), measures)
    assert scores.queries == ("answered", "empty")
    assert all(scores.values[m].tolist() == [1.0, 0.0] and scores.values[m].dtype == np.float64 for m in measures)
    assert scores.notes == {
        "judged_without_relevant": 2, "unjudged_queries": 1, "absent_queries": 1, "unanswered": 1, "tied_queries": 0,
    }  # fmt: skip


def test_rel_above_1_does_not_change_who_is_averaged() -> None:
    strict, usual = parse_measures("P(rel=2)@1,P@1")
    scores = score(Run.from_rankings({"p": {"a": 1.0}, "q": {"b": 1.0}}), Qrels({"p": {"a": 1}, "q": {"b": 2}}), [strict, usual])
    assert (scores.mean(strict), scores.mean(usual)) == (0.5, 1.0)


def test_ties_are_counted_where_they_decide() -> None:
    def tied(*values: float) -> int:
        run = Run.from_rankings({"q": {f"d{place:02d}": value for place, value in enumerate(values)}})
        return score(run, Qrels({"q": {"d00": 1}}), [Measure("AP")], tie_depth=3).tied_queries

    assert tied(4, 3, 2, 1) == 0
    assert tied(4, 3, 3, 1) == 1
    assert tied(4, 3, 2, 2) == 1  # across the cut
    assert tied(5, 4, 3, 1, 1) == 0  # below it
    assert tied(1, 1 + 1e-9, 0) == 1  # equal as float32
    assert tied(7) == 0


def test_equal_scores_are_ordered_by_id_descending() -> None:
    grades, rr = {"q": {"10": 1}}, Measure("RR")
    assert score(Run.from_rankings({"q": {"10": 1.0, "9": 1.0}}), Qrels(grades), [rr]).mean(rr) == 0.5


def test_ignored_documents_take_no_rank() -> None:
    qrels = Qrels({"q": {"b": 1, "a": 1}}, {"q": frozenset("a")})
    measures = parse_measures("RR,P@1,Judged@10")
    scores = score(Run.from_rankings({"q": {"a": 3.0, "b": 2.0, "c": 1.0}}), qrels, measures)
    assert [scores.mean(m) for m in measures] == [1.0, 1.0, 0.5]


def test_no_averaged_query_is_an_error_of_the_mean_only() -> None:
    measures = parse_measures("nDCG@10,Judged@10,ERR@10")
    for run in (Run.from_rankings({}), Run.from_rankings({"q": {"a": 1.0}}), Run.from_rankings({"q": {}})):
        scores = score(run, Qrels({"other": {"a": 1}}), measures)
        assert len(scores) == scores.tie_rate == 0
        assert all(len(values) == 0 for values in scores.values.values())
        with pytest.raises(InputError, match="no query"):
            scores.mean(measures[0])


def test_all_rankings_empty_count_0() -> None:
    measures = parse_measures("nDCG@10,Judged@10,P(judged_only=True)@3")
    scores = score(Run.from_rankings({"q": {}, "p": {}}), Qrels({"q": {"a": 1}, "p": {"b": 1}}), measures)
    assert scores.unanswered == 2
    assert all(scores.mean(m) == 0 for m in measures)


@pytest.mark.parametrize("values", [[1.0, 2.0], [2.0, nan], [nan, nan]])
def test_a_run_out_of_order_is_refused(values: list[float]) -> None:
    run = Run(("empty", "q"), np.array([0, 0, 2]), pa.array(["b", "a"]), np.array(values, np.float32))
    with pytest.raises(InputError, match="'q', rank 1: the run is not sorted"):
        score(run, Qrels({"q": {"a": 1}}), [Measure("AP")])


def test_ties_out_of_order_and_repeated_documents_are_refused() -> None:
    ones, qrels = np.ones(2, np.float32), Qrels({"q": {"a": 1}})
    with pytest.raises(InputError, match="not sorted"):
        score(Run(("q",), np.array([0, 2]), pa.array(["a", "b"]), ones), qrels, [Measure("AP")])
    with pytest.raises(InputError, match="'a': the run ranks a document twice"):
        score(Run(("q",), np.array([0, 2]), pa.array(["a", "a"]), ones), qrels, [Measure("AP")])


def test_a_grade_that_trec_eval_could_not_hold_is_refused() -> None:
    with pytest.raises(InputError, match="query 'q', document 'a': grade 1000000"):
        score(Run.from_rankings({"q": {"a": 1.0}}), Qrels({"q": {"a": 1_000_000}}), [Measure("AP")])


def test_a_missing_engine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import ir_measures

    monkeypatch.setattr(ir_measures.cwl_eval, "is_available", lambda: False)
    with pytest.raises(SurroundingsError, match="cwl_eval"):
        score(Run.from_rankings(RANKING), Qrels(GRADES), [parse_measure("BPM(max_rel=2)@10")])


def test_ids_may_hold_anything() -> None:
    odd = ["a b", "a\x00b", "a\x00c", "文献", "\U0001f9ec", ""]
    run = Run.from_rankings({"q\x00": {doc: float(-place) for place, doc in enumerate(odd)}, "q": {"a": 1.0}})
    ap = Measure("AP")
    scores = score(run, Qrels({"q\x00": {odd[1]: 1, "": 1}, "q": {"a": 1}}), [ap])
    assert scores.values[ap].tolist() == pytest.approx([(1 / 2 + 2 / 6) / 2, 1.0])


def test_values_follow_the_query_order_of_the_run() -> None:
    ranks = {f"q{number}": number % 7 for number in range(50)}
    run = Run.from_rankings({q: {f"d{place}": -place for place in range(8)} for q in ranks})
    rr = Measure("RR", 10)
    scores: Scores = score(run, Qrels({q: {f"d{rank}": 1} for q, rank in reversed(ranks.items())}), [rr])
    assert scores.queries == tuple(ranks)
    assert scores.values[rr].tolist() == [1 / (rank + 1) for rank in ranks.values()]
