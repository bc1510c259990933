"""A folder as a collection: splits, dangling judgements, cards, keeping, and the shared data."""

from __future__ import annotations

import gzip
import json
from contextlib import contextmanager

import pytest
from folders import DOCUMENTS, QRELS, QUERIES, write_folder

from corpora import InputError, UsageError
from corpora.folder import open_folder_collection, open_folder_corpus
from corpora.workspace import Workspace


@pytest.fixture
def home(tmp_path) -> Workspace:
    return Workspace(tmp_path / "home")


def test_splits(tmp_path, home):
    folder = write_folder(tmp_path / "data", {"qrels/dev.tsv": QRELS.replace("q2\td2\t2\n", "")})
    assert open_folder_collection(folder, None, home).split == "test"
    dev = open_folder_collection(folder, "dev", home)
    assert (dev.queries.ids, dev.notes) == (("q1",), {"unjudged_queries": 1})
    with pytest.raises(UsageError, match="no split 'train'") as caught:
        open_folder_collection(folder, "train", home)
    assert "dev, test" in caught.value.mend
    (folder / "qrels" / "test.tsv").unlink()
    assert open_folder_collection(folder, None, home).split == "dev"


def many(judgements: int, dangling: int) -> dict[str, str]:
    queries = "".join(f'{{"_id": "q{number}", "text": "a"}}\n' for number in range(judgements))
    rows = "".join(f"q{number}\t{'nowhere' if number < dangling else 'd1'}\t1\n" for number in range(judgements))
    return {"queries.jsonl": queries, "qrels/test.tsv": "query-id\tcorpus-id\tscore\n" + rows}


def test_up_to_one_in_a_thousand_judgements_may_dangle(tmp_path, home):
    collection = open_folder_collection(write_folder(tmp_path / "a", many(2000, 2)), None, home)
    assert collection.notes == {"dangling_judgements": 2}
    assert collection.qrels.grades["q0"] == {"nowhere": 1}
    folder = write_folder(tmp_path / "b", many(2000, 3))
    with pytest.raises(InputError, match="3 of 2,000 judgements"):
        open_folder_collection(folder, None, home)
    assert open_folder_collection(folder, None, home, allow_dangling=True).notes == {"dangling_judgements": 3}


def test_judgements_of_unknown_queries_are_counted_and_left_out(tmp_path, home):
    folder = write_folder(tmp_path / "data", {"qrels/test.tsv": QRELS + "nobody\td1\t1\nnobody\td2\t1\n"})
    collection = open_folder_collection(folder, None, home, allow_dangling=True)
    assert collection.notes == {"dangling_judgements": 2, "unknown_queries": 1}
    assert set(collection.qrels.grades) == {"q1", "q2"}
    folder = write_folder(tmp_path / "none", {"qrels/test.tsv": "query-id\tcorpus-id\tscore\nnobody\td1\t1\n"})
    with pytest.raises(InputError, match="none of its queries"):
        open_folder_collection(folder, None, home, allow_dangling=True)


def test_repeats_are_merged_and_counted(tmp_path, home):
    files = {"corpus.jsonl": DOCUMENTS * 3, "queries.jsonl": QUERIES * 2, "qrels/test.tsv": QRELS + "q1\td1\t1\n"}
    collection = open_folder_collection(write_folder(tmp_path / "data", files), None, home)
    assert collection.describe() == {"documents": 2, "queries": 2, "judgements": 2}
    assert collection.notes == {"merged_duplicates": 4, "merged_duplicate_queries": 2, "merged_judgements": 1}


def test_without_a_card_the_folder_names_it_and_counting_tells_the_language(tmp_path, home):
    card = open_folder_collection(write_folder(tmp_path / "mine", {}), None, home).card
    assert (card.name, card.language) == ("mine", "unknown")
    text = "The effect of the drug on the patients was not what we had in mind, and this is why."
    folder = write_folder(
        tmp_path / "english", {"corpus.jsonl": json.dumps({"_id": "d1", "text": text}) + "\n" + DOCUMENTS.splitlines()[1]}
    )
    card = open_folder_collection(folder, None, home).card
    assert card.language == "en"
    assert "English stopwords" in card.note


def test_a_card_is_read_and_its_counts_are_checked(tmp_path, home):
    card = 'name = "named"\nlanguage = "de"\ndrop_same_id = true\n[counts]\ndocuments = 2\nqueries_test = 2\njudgements_dev = 7\n'
    folder = write_folder(tmp_path / "data", {"card.toml": card, "qrels/dev.tsv": QRELS})
    collection = open_folder_collection(folder, "test", home)
    assert (collection.name, collection.card.language) == ("named", "de")
    assert collection.qrels.ignored == {"q1": {"q1"}, "q2": {"q2"}}
    with pytest.raises(InputError, match="says 7 judgements_dev, the files 2"):
        open_folder_collection(folder, "dev", home)
    (folder / "card.toml").write_text('name = "named"\n[counts]\nsheep = 2\n')
    with pytest.raises(InputError, match="'sheep'"):
        open_folder_collection(folder, "test", home)


def test_the_corpus_is_kept_by_content(tmp_path, home):
    seen = []

    @contextmanager
    def progress(label, total, unit=""):
        seen.append(label.split()[0])
        done = []
        yield done.append
        assert sum(done) == total

    watched = Workspace(home.root, progress)
    folder = write_folder(tmp_path / "data", {})
    first, _, _ = open_folder_corpus(folder, watched)
    again, _, _ = open_folder_corpus(folder, watched)
    assert first.fingerprint == again.fingerprint
    assert seen == ["checking", "reading", "checking"]
    (folder / "corpus.jsonl").write_text(DOCUMENTS.replace("first", "other"))
    changed, _, _ = open_folder_corpus(folder, watched)
    assert changed.fingerprint != first.fingerprint
    assert seen[3:] == ["checking", "reading"]


def test_progress_reaches_its_total_in_a_packed_file(tmp_path, home):
    done = []

    @contextmanager
    def progress(label, total, unit=""):
        done.append(0)
        yield lambda amount: done.append(done.pop() + amount)
        assert done[-1] == total

    lines = "".join(f'{{"_id": "d{number}", "text": "text {number * 7919 % 1000}"}}\n' for number in range(20_000))
    folder = write_folder(tmp_path / "data", {"corpus.jsonl": None, "corpus.jsonl.gz": gzip.compress(lines.encode())})
    corpus, _, _ = open_folder_corpus(folder, Workspace(home.root, progress))
    assert len(corpus) == 20_000


COUNTS = {
    "medquad-liveqa": ("test", 16_427, 60, 392, "en"),
    "covid-qa": ("test", 2_457, 1_235, 1_264, "en"),
    "pubmedqa": ("test", 1_000, 1_000, 1_000, "en"),
    "meqsum": ("test", 994, 1_000, 1_000, "en"),
    "cmirb-medexam-zh": ("test", 612, 697, 697, "zh"),
    "cmirb-iiyipost-zh": ("test", 788, 789, 789, "zh"),
}


@pytest.mark.parametrize("name", COUNTS)
def test_shared_collections(shared, home, name):
    split, documents, queries, judgements, language = COUNTS[name]
    collection = open_folder_collection(shared / "data" / name, split, home)
    assert collection.describe() == {"documents": documents, "queries": queries, "judgements": judgements}
    assert collection.card.language == language
    assert set(collection.notes) <= {"unjudged_queries"}


def test_packed_and_unpacked_shards_hold_the_same_corpus(shared, home, tmp_path):
    source = shared / "data" / "covid-qa"
    unpacked = write_folder(tmp_path / "plain", {"corpus.jsonl": gzip.decompress((source / "corpus.jsonl.gz").read_bytes())})
    one, other = (open_folder_corpus(folder, home)[0] for folder in (source, unpacked))
    assert one.fingerprint == other.fingerprint
    lines = [json.loads(line) for line in (unpacked / "corpus.jsonl").read_text().splitlines()]
    assert one.table.column("text").to_pylist() == [line["text"] for line in lines]
