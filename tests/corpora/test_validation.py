"""Validation finds what was planted, in its number, with examples; ceilings agree with pytrec_eval."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter

import numpy as np
import pytest
from folders import DOCUMENTS, QRELS, QUERIES, write_folder

from corpora.ceilings import ceilings
from corpora.errors import InputError
from corpora.validation import validate
from corpora.workspace import Workspace


def report_on(tmp_path, files):
    report = validate(write_folder(tmp_path / "data", files), Workspace(tmp_path / "home"))
    assert not (tmp_path / "home").exists()
    return report


def found(part) -> dict[str, int]:
    return {finding.name: finding.count for finding in part.findings}


def example(part, name: str) -> tuple[str, ...]:
    return next(finding.examples for finding in part.findings if finding.name == name)


def test_a_sound_folder_has_no_findings(tmp_path):
    report = report_on(tmp_path, {})
    assert (report.documents, report.queries, report.findings, report.refused) == (2, 2, (), False)
    (split,) = report.splits
    assert (split.split, split.queries, split.judgements, split.findings) == ("test", 2, 2, ())
    assert split.ceilings == {"nDCG@10": 1.0, "R@100": 1.0}
    assert json.loads(json.dumps(report.as_dict()))["splits"][0]["ceilings"]["R@100"] == 1.0
    assert ("split test", "best nDCG@10 within reach", "1.0000", "", "") in report.rows()
    assert len({len(row) for row in report.rows()}) == 1


def test_what_was_planted_is_found(tmp_path):
    documents = [{"_id": f"d{number}", "title": f"title {number}", "text": f"text {number}"} for number in range(20)]
    documents += [documents[3], documents[4], documents[4], {**documents[5], "text": "differs"}]
    documents += [{"_id": "e1", "text": ""}, {"_id": "e2", "title": None, "text": None}, {"_id": "e3", "title": "t", "text": ""}]
    documents += [{"_id": f"s{number}", "text": "shared"} for number in range(7)] + [{"_id": "s8", "text": "text 9"}]
    queries = [{"_id": f"q{number}", "text": f"question {number}"} for number in range(6)] + [{"_id": "q0", "text": "question 0"}]
    queries += [
        {"_id": "d7", "text": "title 7"},
        {"_id": "q8", "text": "title 8 text 8"},
        {"_id": "q9", "text": "shared"},
        {"_id": "q10", "text": ""},
    ]
    judged = [
        "q0\td0\t1",
        "q1\td1\t0",
        "q2\tgone\t2",
        "q2\td2\t1",
        "q3\talso gone\t1",
        "q4\td4\t1",
        "q4\td4\t1",
        "lost\td0\t1",
        "lost\td1\t1",
    ]
    report = report_on(
        tmp_path,
        {
            "corpus.jsonl": "\ufeff" + "".join(json.dumps(one) + "\n" for one in documents) + "not json\n",
            "queries.jsonl": "".join(json.dumps(one) + "\n" for one in queries),
            "qrels/test.tsv": "query-id\tcorpus-id\tscore\n" + "\n".join(judged) + "\n",
        },
    )
    assert (report.documents, report.queries, report.refused) == (31, 10, True)
    assert found(report) == {
        "unreadable": 1,
        "differing_duplicates": 1,
        "merged_duplicates": 3,
        "empty_documents": 2,
        "empty_texts": 1,
        "equal_texts": 9,
        "repeated_texts": 7,
        "empty_queries": 1,
        "queries_with_document_id": 1,
        "queries_with_document_text": 3,
        "merged_duplicate_queries": 1,
        "byte_order_marks": 1,
    }
    assert example(report, "unreadable")[0].startswith(f"{tmp_path / 'data' / 'corpus.jsonl'}:36: not JSON")
    assert example(report, "differing_duplicates") == ("d5",)
    assert sorted(example(report, "merged_duplicates")) == ["d3", "d4", "d4"]
    assert example(report, "empty_documents") == ("e1", "e2")
    assert example(report, "equal_texts") == ("7 documents: s0, s1, s2, ...", "2 documents: d9, s8")
    assert example(report, "queries_with_document_id") == ("d7",)
    assert example(report, "queries_with_document_text") == ("d7", "q8", "q9")
    (split,) = report.splits
    assert (split.queries, split.judgements) == (5, 8)
    assert found(split) == {
        "dangling_judgements": 4,
        "unknown_queries": 1,
        "unjudged_queries": 5,
        "judged_without_relevant": 1,
        "merged_judgements": 1,
    }
    assert "document 'gone' (for query 'q2')" in example(split, "dangling_judgements")
    two_of_one = (1 / 1) / (2 / 1 + 1 / np.log2(3))
    assert split.ceilings["nDCG@10"] == pytest.approx((1 + two_of_one + 0 + 1) / 4, abs=1e-12)
    assert split.ceilings["R@100"] == pytest.approx((1 + 0.5 + 0 + 1) / 4, abs=1e-12)


def test_it_reads_on_after_every_fault(tmp_path):
    cut = gzip.compress("".join(f'{{"_id": "c{n}", "text": "{random.Random(n).random()}"}}\n' for n in range(3000)).encode())
    report = report_on(
        tmp_path,
        {
            "corpus.jsonl": None,
            "corpus-0.jsonl": DOCUMENTS + '{"_id": "", "text": "a"}\n{"_id": "x"}\n{"_id": "d3", "text": "a"}\n',
            "corpus-1.jsonl.gz": cut[:-9000],
            "corpus-2.tsv": b"id\ttext\nt1\ta\nt2\t\xff\nt3\tb\tc\nt4\td\n",
            "queries.jsonl": QUERIES + "[]\n",
            "qrels/test.tsv": QRELS + "q1\td1\t2\nq1\td2\tmany\n",
            "qrels/dev.csv": 'query-id,corpus-id,score\nq1,"d1,1\n',
            "card.toml": "name = \n",
        },
    )
    assert found(report)["unreadable"] == 7
    assert 1000 < report.documents < 3000
    by_split = {split.split: split for split in report.splits}
    assert found(by_split["test"]) == {"unreadable": 2}
    assert found(by_split["dev"])["unreadable"] == 2
    assert by_split["dev"].ceilings == {}
    assert report.refused


def test_a_folder_of_documents_alone(tmp_path):
    report = report_on(tmp_path, {"queries.jsonl": None, "qrels/test.tsv": None})
    assert (example(report, "missing"), report.splits, report.documents) == (("queries", "judgements"), (), 2)
    with pytest.raises(InputError, match="no corpus"):
        report_on(tmp_path / "none", {"corpus.jsonl": None})


def test_ceilings_are_what_pytrec_eval_gives_the_ideal_ranking():
    pytrec_eval = pytest.importorskip("pytrec_eval")
    chance = random.Random(0)
    for _ in range(50):
        grades = {
            f"q{query}": {f"d{doc}": chance.randint(-1, 3) for doc in range(chance.randint(1, 150))}
            for query in range(chance.randint(1, 6))
        }
        unknown = {f"d{doc}" for doc in range(150) if chance.random() < 0.3}
        run = {q: {doc: float(grade) for doc, grade in docs.items() if doc not in unknown} for q, docs in grades.items()}
        scored = pytrec_eval.RelevanceEvaluator(grades, {"ndcg_cut_10", "recall_100"}).evaluate(run)
        counted = [q for q, docs in grades.items() if max(docs.values()) > 0]
        best = ceilings(grades, grades, unknown)
        for name, theirs in (("nDCG@10", "ndcg_cut_10"), ("R@100", "recall_100")):
            if counted:
                expected = sum(scored.get(q, {}).get(theirs, 0.0) for q in counted) / len(counted)
                assert best[name] == pytest.approx(expected, abs=1e-9)
            else:
                assert best == {}


def test_shared_data_is_as_its_readme_says(shared, tmp_path):
    folder = shared / "data" / "medquad-liveqa"
    report = validate(folder, Workspace(tmp_path))
    lines = gzip.decompress((folder / "corpus.jsonl.gz").read_bytes()).splitlines()
    texts = Counter(json.loads(line)["text"] for line in lines)
    assert report.documents == 16_427
    assert found(report)["repeated_texts"] == 599 == 16_427 - len(texts)
    assert found(report)["equal_texts"] == sum(count for count in texts.values() if count > 1)
    assert example(report, "equal_texts")[0].startswith("348 documents: ")
    judged = next(split for split in report.splits if split.split == "judged")
    assert found(judged) == {"unjudged_queries": 4_000, "judged_without_relevant": 26}
    assert not report.refused
