"""The rules that join texts to a query, over any queries and texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora import ImageRef, Part, Queries, UsageError
from retrieval.augment.join import DENSE, LEXICAL, Joining, joined, shorthand

WORDS = st.text("abc de", min_size=1).filter(str.strip)
TEXTS = st.lists(WORDS, min_size=1, max_size=4).map(tuple)
RULES = st.builds(Joining, st.sampled_from(LEXICAL), st.sampled_from(DENSE), st.integers(1, 4))


def lexical(parts: tuple[Part, ...]) -> str:
    return Queries(("q",), (parts,)).text(0)


@given(WORDS, TEXTS, RULES)
def test_weights_sum_to_one_and_every_text_is_there(query: str, texts: tuple[str, ...], how: Joining) -> None:
    parts = how.parts((Part(text=query),), texts)
    for reader in ("lexical", "dense"):
        read = [part for part in parts if part.is_for(reader)]
        assert all(any(text in part.text for part in read) for text in texts)
    assert sum(part.weight for part in parts if part.is_for("dense")) == pytest.approx(1)
    assert {part.unit for part in parts if part.is_for("dense")} == {how.dense == "mean-unit"}


@given(WORDS, TEXTS, RULES)
def test_each_reader_gets_its_own_rule_whatever_the_other_s(query: str, texts: tuple[str, ...], how: Joining) -> None:
    own = (Part(text=query),)
    parts = how.parts(own, texts)
    same = Joining(how.lexical, how.lexical, how.times).parts(own, texts)
    assert lexical(parts) == lexical(same)
    alike = Joining(shorthand(how.dense)[0], how.dense, how.times).parts(own, texts)
    dense = [(part.text, part.role, part.weight) for part in parts if part.is_for("dense")]
    assert dense == [(part.text, part.role, part.weight) for part in alike]


@given(WORDS, RULES)
def test_a_query_without_texts_stays(query: str, how: Joining) -> None:
    own = (Part(text=query, weight=0.3),)
    assert how.parts(own, ()) == own


STRINGS = {
    "append": "q a b",
    "alone": "a b",
    "repeat": "q q q a b",
    "repeat-glued": "qqq a b",
    "separator": "q|a|b",
    "interleave": "q a q b",
}


@pytest.mark.parametrize(("rule", "expected"), list(STRINGS.items()))
def test_what_a_lexical_retriever_searches_for(rule: str, expected: str) -> None:
    how = Joining(rule, "mean", times=3, separator="|")
    assert lexical(how.parts((Part(text="q"),), ("a", "b"))) == expected
    assert set(STRINGS) == set(LEXICAL)


def test_one_string_has_the_query_s_role_and_a_text_that_stands_alone_none() -> None:
    own, texts = (Part(text="q"),), ("a", "b")
    for rule in DENSE:
        roles = [part.role for part in Joining(shorthand(rule)[0], rule).parts(own, texts)]
        assert roles == {"mean": ["query", "plain", "plain"], "mean-unit": ["query", "plain", "plain"]}.get(
            rule, ["plain", "plain"] if rule == "alone" else ["query"]
        )
    assert Joining(text_role="document").parts(own, texts)[1].role == "document"


def test_parts_that_are_no_text_stay_beside_one_string_and_share_in_a_mean() -> None:
    ready = Part(vector=np.ones(2, np.float32))
    joined_up = Joining("append", "append").parts((Part(text="q"), ready), ("a",))
    assert [(part.text, part.vector is ready.vector, part.weight) for part in joined_up] == [("", True, 1), ("q a", False, 1)]
    shared = Joining().parts((ready,), ("a",))
    assert [part.weight for part in shared] == [0.5, 0.5]


def test_parts_of_one_reader_stay_so_and_are_joined_within_it() -> None:
    own = (Part(text="words", reader="lexical"), Part(text="sense", reader="dense"))
    parts = Joining("append", "append").parts(own, ("t",))
    assert [(part.text, part.reader) for part in parts] == [("words t", "lexical"), ("sense t", "dense")]


def test_queries_are_joined_row_by_row() -> None:
    queries = joined(Queries.of_texts(["1", "2"], ["a", "b"]), (("x",), ()), Joining())
    assert [queries.text(row) for row in range(2)] == ["a x", "b"]


def test_an_unknown_rule_is_told_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="interleave"):
        shorthand("sum")


@pytest.mark.parametrize("rule", DENSE)
def test_a_picture_of_the_query_stays_whatever_the_rule(rule: str) -> None:
    scan = ImageRef("scan.png")
    parts = Joining(shorthand(rule)[0], rule).parts((Part(text="q"), Part(image=scan)), ("a", "b"))
    assert scan in [part.image for part in parts if part.is_for("dense")]
