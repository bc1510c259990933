"""The builders on small inputs worked by hand, and what they say when the data is not the card's."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace

import pytest

from corpora.builtin import BUILTINS as ALL
from corpora.builtin import hpo_lay, icd10cm
from corpora.builtin.collect import assert_counts
from corpora.builtin.hpo_obo import branches_of, read_terms, read_version
from corpora.builtin.icd10cm_tabular import read_entries
from corpora.builtin.overlap import overlap
from corpora.builtin.source import card_and_recipe, packaged_bytes
from corpora.builtin.splits import Asked, linked, sided
from corpora.errors import InputError, SurroundingsError, UsageError
from corpora.registry import Registry
from corpora.workspace import Workspace

BUILTINS = {name: target for name, target in ALL.items() if name != "icd10cm-hierarchy"}  # that one has a test of its own

XML = b"""<ICD10CM.tabular><chapter><name>1</name><desc>Chapter one</desc>
<section id="A00-A09"><desc>A section</desc><inclusionTerm><note>of a section</note></inclusionTerm>
<diag><name>A01</name><desc>Fever</desc><includes><note>not a term</note></includes>
  <inclusionTerm><note>Hot  state</note><note>Shared</note><note>CHILL</note></inclusionTerm>
  <diag><name>A01.0</name><desc>Fever, unspecified</desc><inclusionTerm><note>Fever NOS</note></inclusionTerm></diag>
  <diag><name>A01.1</name><desc>fever</desc></diag>
</diag></section></chapter>
<chapter><name>3</name><desc>Chapter three</desc><section id="D50-D59"><desc>Another</desc>
<diag><name>D50</name><desc>Chill &amp; ague</desc><inclusionTerm><note>Ague</note><note>shared</note></inclusionTerm></diag>
<diag><name>D51</name><desc>Chill</desc></diag>
</section></chapter></ICD10CM.tabular>"""

OBO = """format-version: 1.2
data-version: hp/releases/2025-01-16

[Term]
id: HP:0000118
name: Phenotypic abnormality

[Term]
id: HP:1
name: Eye branch
is_a: HP:0000118 ! Phenotypic abnormality

[Term]
id: HP:2
name: Ear branch
is_a: HP:0000118 ! Phenotypic abnormality

[Term]
id: HP:3
name: Ectopia
def: "A \\"moved\\" lens\\, for one." [PMID:1]
synonym: "Moved lens" EXACT layperson [PMID:1]
synonym: "ectopia" EXACT layperson []
synonym: "Moved thing" BROAD layperson []
synonym: "Ectopia lentis" EXACT []
is_a: HP:1 {source="x"} ! Eye branch

[Term]
id: HP:4
name: Both
synonym: "Eye and ear" EXACT layperson []
is_a: HP:3
is_a: HP:2

[Term]
id: HP:5
name: Gone
synonym: "Old" EXACT layperson []
is_obsolete: true

[Typedef]
id: part_of
"""


def test_icd_documents_and_queries_by_hand():
    entries = read_entries(XML)
    rows = {row["id"]: row for batch in icd10cm.documents(entries) for row in batch.to_pylist()}
    assert [*rows] == ["A01", "A01.0", "A01.1", "D50", "D51"]
    assert rows["A01.0"]["text"] == "Fever"
    assert rows["A01"]["text"] == ""
    assert rows["D50"]["title"] == "Chill & ague"
    asked, counted = icd10cm.ask(entries, frozenset(["03"]))
    assert counted == {"terms": 6, "repeats_merged": 1, "equal_to_title_dropped": 1}
    found = {ask.text: ask for ask in asked}
    assert [*found] == ["Hot state", "Shared", "Fever NOS", "Ague"]
    hot = found["Hot state"]
    assert (hot.relevant, hot.ignored, hot.side) == ({"A01", "A01.1"}, {"A01.0"}, "test")
    assert (found["Shared"].relevant, found["Shared"].side) == ({"A01", "A01.1", "D50"}, "")
    assert (found["Fever NOS"].relevant, found["Fever NOS"].ignored) == ({"A01.0"}, frozenset())
    assert found["Fever NOS"].metadata == {"chapter": "01", "target": "unspecified", "leaf": "yes", "overlap": "high"}


def test_a_group_on_both_sides_is_in_neither_split():
    sides = sided(icd10cm.ask(read_entries(XML), frozenset(["03"]))[0])
    assert sides.groups == ("A01", "A01", "A01.0", "A01")
    assert sides.sides == ("", "", "test", "")
    assert [sides.take(split)[0].texts for split in ("test", "dev")] == [["Fever NOS"], []]
    assert len(sides.take("all")[0]) == 4


def test_hpo_documents_and_queries_by_hand():
    terms = read_terms(OBO)
    branches = branches_of(terms, hpo_lay.ROOT)
    assert read_version(OBO) == "2025-01-16"
    assert [term.id for term in terms] == ["HP:0000118", "HP:1", "HP:2", "HP:3", "HP:4"]
    assert terms[3].definition == 'A "moved" lens, for one.'
    assert (branches["HP:0000118"], branches["HP:1"], branches["HP:4"]) == (set(), {"HP:1"}, {"HP:1", "HP:2"})
    rows = [row for batch in hpo_lay.documents(terms, branches) for row in batch.to_pylist()]
    assert [row["title"] for row in rows][3:] == ["Ectopia", "Both"]
    asked, counted = hpo_lay.ask(terms, branches, ("exact",), frozenset(["HP:1"]))
    assert counted == {"terms": 3, "repeats_merged": 0, "equal_to_title_dropped": 1}
    assert [(ask.text, ask.relevant, ask.side) for ask in asked] == [
        ("Moved lens", {"HP:3"}, "dev"),
        ("Eye and ear", {"HP:4"}, ""),
    ]
    assert [ask.metadata["branch"] for ask in asked] == ["Eye branch", "several branches"]
    loose, _ = hpo_lay.ask(terms, branches, ("broad", "narrow", "related"), frozenset())
    assert [(ask.text, ask.metadata["relation"], ask.side) for ask in loose] == [("Moved thing", "broad", "test")]


def test_ids_come_from_content_alone():
    asked = Asked("Hot  State", ("A01",), frozenset(["A01"]), frozenset(), "test", {})
    assert asked.id == replace(asked, text="hot state", side="dev").id != replace(asked, text="hot states").id
    assert re.fullmatch(r"A01-[0-9a-f]{8}", asked.id)


def test_linked_sets_share_the_least_name():
    assert linked([["b", "c"], ["d"], ["c", "a"], ["e", "d"]]) == {"a": "a", "b": "a", "c": "a", "d": "d", "e": "d"}


@pytest.mark.parametrize(
    ("query", "titles", "stratum"),
    [
        ("Typhoid endocarditis", ["Typhoid fever with heart involvement"], "some"),
        ("Cholera NOS", ["Cholera, unspecified"], "high"),
        ("Fear of spiders", ["Arachnophobia"], "none"),
        ("of the", ["of the"], "none"),
        ("one two three", ["three", "TWO, one"], "high"),
        ("one two three", [], "none"),
    ],
)
def test_overlap_strata(query, titles, stratum):
    assert overlap(query, titles) == stratum


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Other cholera, unspecified", "other"),
        ("Typhoid fever, unspecified", "unspecified"),
        ("Tuberculosis of other sites", "other"),
        ("Headache, not elsewhere classified", "other"),
        ("Pain other than headache", "specific"),
        ("Mantle cell lymphoma", "specific"),
        ("Mother's distress", "specific"),
    ],
)
def test_targets(title, kind):
    assert icd10cm.target(title) == kind


@pytest.mark.parametrize("name", BUILTINS)
def test_an_unknown_split_lists_the_known_ones(name, tmp_path):
    load = Registry("collection", BUILTINS).get(name)
    with pytest.raises(UsageError) as caught:
        load("train", Workspace(tmp_path))
    assert str(caught.value) == f"{name} has no split 'train'\nuse one of: test, dev, all"


@pytest.mark.parametrize("name", BUILTINS)
def test_without_the_package_the_extra_is_named(name, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None)
    with pytest.raises(SurroundingsError, match=re.escape('pip install "medir[demo]"')):
        Registry("collection", BUILTINS).get(name)("test", Workspace(tmp_path))


@pytest.mark.parametrize("name", BUILTINS)
def test_cards_are_complete(name):
    card, recipe = card_and_recipe(name)
    for text in (card.name, card.language, card.source, card.revision, card.licence, card.attribution, card.citation, card.note):
        assert text
    assert card.name == name
    assert card.main in card.measures
    assert card.trained_on == ("SapBERT", "CODER", "BioLORD")
    assert all(known in card.note for known in card.trained_on)
    assert card.counts["queries"] == sum(card.counts[f"queries_{side}"] for side in ("test", "dev", "only_in_all"))
    assert re.fullmatch("[0-9a-f]{64}", recipe.sha256)


def test_another_file_than_the_card_s_is_refused(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "__init__.py").write_text("raise AssertionError('never imported')")
    monkeypatch.syspath_prepend(tmp_path)
    recipe = replace(card_and_recipe("icd10cm")[1], module="elsewhere", file="some.xml")
    with pytest.raises(InputError, match="has no such file"):
        packaged_bytes(recipe)
    (tmp_path / "elsewhere" / "some.xml").write_text("<x/>")
    with pytest.raises(InputError, match=re.escape(recipe.requirement)):
        packaged_bytes(recipe)


def test_a_count_that_differs_is_named():
    card, _ = card_and_recipe("icd10cm")
    assert_counts(card, card.counts)
    with pytest.raises(InputError, match="12,528 for 'queries', but 12,527 were built"):
        assert_counts(card, {**card.counts, "queries": 12527})
