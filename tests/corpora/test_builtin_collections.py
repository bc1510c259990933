"""The collections as built from the packaged data: counts, judgements, splits, and known examples."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from corpora.builtin import BUILTINS as ALL
from corpora.builtin.hierarchy import hierarchy_grades
from corpora.builtin.overlap import fold
from corpora.builtin.source import card_and_recipe, packaged_bytes
from corpora.collection import Collection
from corpora.registry import Registry
from corpora.workspace import Workspace

BUILTINS = {name: target for name, target in ALL.items() if name != "icd10cm-hierarchy"}  # that one has a test of its own

Get = Callable[[str, str], Collection]


@pytest.fixture(scope="module")
def get(tmp_path_factory: pytest.TempPathFactory) -> Get:
    """Loads each split of each built-in once; skips where its package is absent."""
    workspace, loaded = Workspace(Path(tmp_path_factory.mktemp("builtin"))), {}

    def load(name: str, split: str) -> Collection:
        module = card_and_recipe(name)[1].module
        if importlib.util.find_spec(module) is None:
            pytest.skip(f'{module} is not installed: pip install "medir[demo]"')
        if (name, split) not in loaded:
            loaded[name, split] = Registry("collection", BUILTINS).get(name)(split, workspace)
        return loaded[name, split]

    return load


def query(collection: Collection, text: str) -> str:
    return collection.queries.ids[collection.queries.texts.index(text)]


@pytest.mark.parametrize(
    ("name", "documents", "queries"),
    [("icd10cm", 46881, (8862, 3666, 12528)), ("hpo-lay", 19034, (2011, 852, 6165)), ("hpo-lay-loose", 19034, (440, 109, 929))],
)
def test_counts(get, name, documents, queries):
    for split, expected in zip(("test", "dev", "all"), queries, strict=True):
        collection = get(name, split)
        assert collection.split == split
        assert (len(collection.corpus), len(collection.queries)) == (documents, expected)
        assert set(collection.qrels.grades) == set(collection.queries.ids)


@pytest.mark.parametrize("name", BUILTINS)
def test_splits_share_no_query_and_no_group(get, name):
    test, dev, every = (get(name, split).queries for split in ("test", "dev", "all"))
    assert not set(test.ids) & set(dev.ids)
    assert not set(test.group) & set(dev.group)
    assert set(test.ids) | set(dev.ids) <= set(every.ids)
    placed = {*test.ids, *dev.ids}
    rest = {group for name, group in zip(every.ids, every.group, strict=True) if name not in placed}
    assert not rest & {*test.group, *dev.group}


@pytest.mark.parametrize("name", BUILTINS)
def test_no_document_is_right_on_both_sides(get, name):
    right = [{doc for judged in get(name, split).qrels.grades.values() for doc in judged} for split in ("test", "dev")]
    assert not right[0] & right[1]


@pytest.mark.parametrize("name", BUILTINS)
def test_judgements_name_documents_and_ignore_none_that_is_right(get, name):
    collection = get(name, "all")
    known = set(collection.corpus.ids.to_pylist())
    for asked, judged in collection.qrels.grades.items():
        ignored = collection.qrels.ignored.get(asked, frozenset())
        assert judged
        assert judged.keys() | ignored <= known
        assert set(judged.values()) == {1}
        assert not judged.keys() & ignored


@pytest.mark.parametrize("name", BUILTINS)
def test_every_slice_is_on_every_query(get, name):
    collection = get(name, "all")
    for slices in collection.queries.metadata:
        assert all(slices[name] for name in collection.card.slices)
    assert {slices["overlap"] for slices in collection.queries.metadata} == {"none", "some", "high"}


@pytest.mark.parametrize("name", BUILTINS)
def test_queries_are_told_apart_by_text_and_equal_no_title(get, name):
    collection = get(name, "all")
    texts = [fold(text) for text in collection.queries.texts]
    assert max(Counter(texts).values()) == 1
    assert not {fold(title) for title in collection.corpus.table.column("title").to_pylist()} & set(texts)


@pytest.mark.parametrize(
    ("name", "text", "expected", "digest"),
    [
        (
            "icd10cm",
            "Typhoid endocarditis",
            "A01.02-0684aa03",
            "460c0ab93e1796e659623bc3790a6424fd83fc6c4c089c2d92e8131f7c6e8984",
        ),
        (
            "hpo-lay",
            "Undescended testes",
            "HP:0000028-e7372a15",
            "54277ba94f2446ca2142eb25d9ef8878ef42df2d01c15175439b20db986a00d1",
        ),
        (
            "hpo-lay-loose",
            "Cystic kidneys",
            "HP:0000107-e68356bc",
            "37b37fd41fcd76ba2c9b30000544b5e420821ae5e7be6a391ae616e163ae9f0c",
        ),
    ],
)
def test_ids_are_fixed(get, name, text, expected, digest):
    collection = get(name, "all")
    assert query(collection, text) == expected
    assert hashlib.sha256("\n".join(sorted(collection.queries.ids)).encode()).hexdigest() == digest


@pytest.fixture(scope="module")
def tabular(get: Get) -> dict[str, tuple[str, list[str], list[str]]]:
    """Title, ancestors (nearest first) and inclusion terms of every code, read by another parser than the builder's."""
    get("icd10cm", "all")
    found: dict[str, tuple[str, list[str], list[str]]] = {}

    def walk(diag: ET.Element, above: list[str]) -> None:
        code, title = diag.findtext("name", ""), diag.findtext("desc", "")
        found[code] = (title, above, [note.text or "" for note in diag.findall("inclusionTerm/note")])
        for child in diag.findall("diag"):
            walk(child, [code, *above])

    for top in ET.fromstring(packaged_bytes(card_and_recipe("icd10cm")[1])).findall("chapter/section/diag"):
        walk(top, [])
    return found


def test_icd_documents_equal_another_reading_of_the_xml(get, tabular):
    rows = get("icd10cm", "test").corpus.table.select(["id", "title", "text"]).to_pylist()
    expected = [(code, title, "; ".join(tabular[a][0] for a in above)) for code, (title, above, _) in tabular.items()]
    assert [(row["id"], row["title"], row["text"]) for row in rows] == expected


def test_icd_judgements_equal_another_reading_of_the_xml(get, tabular):
    collection = get("icd10cm", "all")
    under, same, below = defaultdict(set), defaultdict(set), defaultdict(set)
    for code, (title, above, terms) in tabular.items():
        same[fold(title)].add(code)
        for ancestor in above:
            below[ancestor].add(code)
        for term in terms:
            under[fold(term)].add(code)
    for name, text in zip(collection.queries.ids, collection.queries.texts, strict=True):
        codes = under.pop(fold(text))
        right = {other for code in codes for other in same[fold(tabular[code][0])]}
        assert set(collection.qrels.grades[name]) == right
        assert collection.qrels.ignored.get(name, frozenset()) == {other for code in codes for other in below[code]} - right
    assert len(under) == 5
    assert all(term in same for term in under)


def test_icd_texts_are_titles_and_hold_no_query(get):
    collection = get("icd10cm", "all")
    table = collection.corpus.table
    pieces = {fold(piece) for text in table.column("text").to_pylist() for piece in text.split("; ")}
    assert not pieces & {fold(text) for text in collection.queries.texts}


def test_icd_known_judgements(get):
    collection = get("icd10cm", "all")
    endocarditis = query(collection, "Typhoid endocarditis")
    assert collection.qrels.grades[endocarditis] == {"A01.02": 1}
    assert endocarditis not in collection.qrels.ignored
    infection = query(collection, "Infection due to Salmonella typhi")
    assert collection.qrels.grades[infection] == {"A01.0": 1}
    assert collection.qrels.ignored[infection] == {f"A01.0{last}" for last in "0123459"}
    assert set(collection.qrels.grades[query(collection, "Eosinophilic granuloma")]) == {"C96.6", "K13.4"}


def test_icd_equal_titles_are_one_class(get):
    collection = get("icd10cm", "all")
    crisis = query(collection, "Sickle-cell thalassemia with (painful) crisis NOS")
    assert collection.qrels.grades[crisis] == {"D57.41": 1, "D57.419": 1}
    assert collection.qrels.ignored[crisis] == {f"D57.41{last}" for last in "12348"}


def test_icd_splits_are_by_chapter(get):
    chapters = [{slices["chapter"] for slices in get("icd10cm", split).queries.metadata} for split in ("test", "dev")]
    assert chapters[1] == {"03", "06", "09", "12", "15", "18", "21"}
    assert chapters[0] == {f"{number:02}" for number in range(1, 23)} - chapters[1]


def test_icd_hierarchy_is_a_second_judgement(get):
    collection = get("icd10cm", "dev")
    graded = hierarchy_grades(collection)
    assert not graded.ignored
    assert set(graded.grades) == set(collection.queries.ids)
    for name, judged in collection.qrels.grades.items():
        assert {code for code, grade in graded.grades[name].items() if grade == 3} == set(judged)
    collection = get("icd10cm", "test")
    grades = hierarchy_grades(collection).grades[query(collection, "Typhoid endocarditis")]
    assert {grade: sorted(c for c in grades if grades[c] == grade) for grade in (3, 2, 1)} == {
        3: ["A01.02"],
        2: ["A01.0", "A01.00", "A01.01", "A01.03", "A01.04", "A01.05", "A01.09"],
        1: ["A01", "A01.1", "A01.2", "A01.3", "A01.4"],
    }


def test_hpo_known_judgement_and_version(get):
    collection = get("hpo-lay", "all")
    asked = query(collection, "Undescended testes")
    assert set(collection.qrels.grades[asked]) == {"HP:0000028"}
    assert "version 2025-01-16" in collection.card.attribution


def test_hpo_test_terms_lie_in_one_branch(get):
    for name in ("hpo-lay", "hpo-lay-loose"):
        table = get(name, "test").corpus.table
        inside = {
            i: json.loads(m)["branches"] for i, m in zip(table["id"].to_pylist(), table["metadata"].to_pylist(), strict=True)
        }
        dev = card_and_recipe(name)[1].dev
        for split, in_dev in (("test", False), ("dev", True)):
            for judged in get(name, split).qrels.grades.values():
                assert all(len(inside[term]) == 1 and (inside[term][0] in dev) is in_dev for term in judged)


def test_hpo_collections_share_their_documents(get):
    assert get("hpo-lay", "test").corpus.fingerprint == get("hpo-lay-loose", "dev").corpus.fingerprint
    assert {slices["relation"] for slices in get("hpo-lay-loose", "test").queries.metadata} == {"broad", "narrow", "related"}
    assert {slices["relation"] for slices in get("hpo-lay", "all").queries.metadata} == {"exact"}


def test_hierarchy_is_the_same_queries_and_documents_under_its_own_name(get: Get, tmp_path: Path) -> None:
    binary = get("icd10cm", "test")
    graded = Registry("collection", ALL).get("icd10cm-hierarchy")("test", Workspace(tmp_path))
    assert graded.name == "icd10cm-hierarchy"
    assert graded.queries.ids == binary.queries.ids
    assert graded.corpus.fingerprint == binary.corpus.fingerprint
    assert all(
        {c for c, g in graded.qrels.grades[q].items() if g == 3} == set(binary.qrels.grades[q]) for q in binary.queries.ids
    )
