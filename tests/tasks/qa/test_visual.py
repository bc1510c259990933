"""Questions about pictures, and passages with pictures: what the model is shown, in which order, and what is left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from corpora import Card, Corpus, ImageRef, UsageError, corpus_of
from corpora.images import pinned
from corpora.images.column import encoded_images
from corpora.questions import Question, Questions
from corpora.reading.questions import questions_of
from corpora.workspace import Workspace
from retrieval.generators.pictures import PICTURE_TOKENS
from retrieval.run import Run
from tasks.qa.answerer import Answerer
from tasks.qa.contexts import make_context
from tasks.qa.contexts.own_images import OWN_IMAGE, without_own_images
from tasks.qa.figures.slices import with_free
from tasks.qa.passages import Passage
from tasks.qa.prompting import FixedShots, Prompting
from tasks.qa.prompting.templates import PICTURE_WORD
from tasks.qa.readers import make_reader
from tasks.qa.task import make_qa_task
from tests.retrieval.generators.stand_ins import Echo
from tests.tasks.qa import look_and_words

Image = pytest.importorskip("PIL.Image")
COLOURS = {"red": (200, 0, 0), "green": (0, 200, 0), "blue": (0, 0, 200), "grey": (9, 9, 9)}
ENCODER = f"dense:{look_and_words.__file__}:LookAndWords"


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, ImageRef]:
    for number, (name, colour) in enumerate(COLOURS.items()):
        pixels = np.zeros((8, 8, 3), np.uint8)
        pixels[number : number + 4] = colour
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    (tmp_path / "torn.png").write_bytes((tmp_path / "red.png").read_bytes()[:45])
    return {name: pinned(ImageRef(str(tmp_path / f"{name}.png"))) for name in [*COLOURS, "torn"]}


def passages(pictures: dict[str, ImageRef]) -> tuple[Passage, ...]:
    return (
        Passage("d1", "", "first", (pictures["green"], pictures["blue"])),
        Passage("d2", "", "second"),
        Passage("d3", "", "third", (pictures["grey"],)),
    )


def asking(pictures: dict[str, ImageRef], *names: str) -> Question:
    return Question("q1", "Is it red?", "yes-no", {"A": "yes", "B": "no"}, ("A",), images=tuple(pictures[name] for name in names))


def corpus(pictures: dict[str, ImageRef]) -> Corpus:
    encoded = [encoded_images([pictures[name]]) for name in COLOURS]
    columns = {"id": list(COLOURS), "text": [f"a {name} field" for name in COLOURS]}
    return corpus_of(pa.table({**columns, "images": [one for one, _ in encoded], "files": [one for _, one in encoded]}))


def named(images: tuple[ImageRef, ...]) -> list[str]:
    return [Path(image.path).stem for image in images]


def test_the_questions_picture_comes_first_and_each_says_whose_it_is(pictures: dict[str, ImageRef]) -> None:
    found = Prompting(show="both").messages(asking(pictures, "red"), passages(pictures))
    said = found.messages[-1]
    assert named(said.images) == ["red", "green", "blue", "grey"]
    assert "[1] first (image 2, image 3)\n[2] second\n[3] third (image 4)\n" in said.text
    assert "image 1 = the question; image 2 = passage [1]; image 3 = passage [1]; image 4 = passage [3]." in said.text
    assert (found.images_shown, found.images_dropped, found.shown) == (3, 0, ("d1", "d2", "d3"))
    turned = Prompting(show="both", order="reversed").messages(asking(pictures, "red"), passages(pictures)).messages[-1]
    assert named(turned.images) == ["red", "grey", "green", "blue"]
    assert "[1] third (image 2)\n[2] second\n[3] first (image 3, image 4)\n" in turned.text


def test_text_alone_is_shown_unless_it_is_said(pictures: dict[str, ImageRef]) -> None:
    found = Prompting().messages(asking(pictures), passages(pictures))
    bare = Prompting().messages(asking(pictures), [replace(one, images=()) for one in passages(pictures)])
    assert found == bare
    assert not found.messages[-1].images
    assert named(Prompting().messages(asking(pictures, "red"), passages(pictures)).messages[-1].images) == ["red"]
    assert "show" not in Prompting().identity("en", ("choice",))
    identities = [Prompting(show="both", most_images=n).identity("en", ("choice",)) for n in (1, 2)]
    assert identities[0] != identities[1]


def test_pictures_alone_leave_out_passages_without(pictures: dict[str, ImageRef]) -> None:
    found = Prompting(show="image", most_images=2).messages(asking(pictures), passages(pictures))
    said = found.messages[-1]
    assert named(said.images) == ["green", "blue"]
    assert "first" not in said.text
    assert "[1] (image 1, image 2)\n" in said.text
    assert (found.shown, found.dropped, found.images_shown, found.images_dropped) == (("d1",), 2, 2, 1)


@pytest.mark.parametrize(("budget", "shown"), [(0, 3), (10, 0), (PICTURE_TOKENS + 10, 1), (2 * PICTURE_TOKENS + 10, 2)])
def test_a_budget_holds_texts_first_then_pictures(pictures: dict[str, ImageRef], budget: int, shown: int) -> None:
    found = Prompting(show="both", budget=budget).messages(asking(pictures, "red"), passages(pictures))
    assert (found.images_shown, found.images_dropped) == (shown, 3 - shown)
    assert len(found.messages[-1].images) == 1 + shown


def test_what_cannot_be_decoded_is_left_out_and_named(pictures: dict[str, ImageRef]) -> None:
    torn = replace(asking(pictures, "torn"), id="q2")
    questions = Questions(Card("made"), "test", (asking(pictures, "red"), torn))
    answerer = Answerer(Echo(), make_context("none", corpus=None, card=None), Prompting(), make_reader())
    result = make_qa_task(questions).evaluate(answerer, Workspace()).result
    assert result.notes["undecodable_images_questions"] == 1
    (fault,) = result.details["faulty_images"]
    assert fault.startswith("question 'q2': torn.png: ")
    sent = {request.query: request.messages[-1] for request in answerer.generator.asked}  # type: ignore[attr-defined]
    assert (len(sent["q1"].images), len(sent["q2"].images)) == (1, 0)
    assert "image" not in sent["q2"].text
    assert result.prompts["asked"][-1]["images"] == [{"file": "red.png", "key": pictures["red"].key}]


@pytest.mark.parametrize("spec", ["bm25", "random", f"{ENCODER}(queries=image)", f"{ENCODER}(queries=sum)"])
def test_a_questions_own_picture_is_no_evidence(pictures: dict[str, ImageRef], spec: str) -> None:
    there = corpus(pictures)
    one = replace(asking(pictures, "red"), text="a red field")
    questions = Questions(Card("made", language="en"), "test", (one, Question("q2", "a red field", "free")))
    found = make_context(spec, corpus=there, card=None).find(questions, 4, Workspace())
    assert found.notes[OWN_IMAGE] == 1
    assert "red" not in [passage.id for passage in found.passages[0]]
    assert "red" in [passage.id for passage in found.passages[1]] or "image)" in spec
    assert all(named(passage.images) == [passage.id] for own in found.passages for passage in own)


def test_a_run_of_a_file_loses_the_own_picture_too(pictures: dict[str, ImageRef], tmp_path: Path) -> None:
    run = Run(("q1",), np.array([0, 2]), pa.array(["red", "blue"]), np.array([2, 1], np.float32))
    run.write(tmp_path / "run.trec")
    questions = Questions(Card("made"), "test", (asking(pictures, "red"),))
    found = make_context(f"run:{tmp_path / 'run.trec'}", corpus=corpus(pictures), card=None).find(questions, 2, Workspace())
    assert [passage.id for passage in found.passages[0]] == ["blue"]
    assert found.notes[OWN_IMAGE] == 1


def test_frames_of_one_file_are_other_pictures(pictures: dict[str, ImageRef]) -> None:
    other = replace(asking(pictures, "red"), images=(replace(pictures["red"], frame=1),))
    questions = Questions(Card("made"), "test", (other,))
    assert without_own_images(questions, corpus(pictures)) == (questions, {})


def record(name: str, answer: str, **more: str) -> tuple[str, dict[str, str]]:
    return f"f:{name}", {"id": name, "question": "?", "answer_text": answer, **more}


def test_closed_yes_and_no_become_letters_and_nothing_else_does() -> None:
    rows = [
        record("1", "yes", answer_type="CLOSED"),
        record("2", " No. ", answer_type="closed"),
        record("3", "PA", answer_type="CLOSED"),
        record("4", "no", answer_type="OPEN"),
        record("5", "yes"),
        record("6", "yes", answer_type="CLOSED", kind="free"),
    ]
    found = [one.question for one in questions_of(rows)]
    assert [one.kind for one in found] == ["yes-no", "yes-no", "free", "free", "free", "free"]
    assert [one.answers for one in found] == [("A",), ("B",), ("PA",), ("no",), ("yes",), ("yes",)]
    assert found[0].options == {"A": "yes", "B": "no"}


def test_a_set_of_some_kinds_counts_the_others(pictures: dict[str, ImageRef]) -> None:
    free = [Question(f"f{number}", "?", "free", answers=("x",)) for number in range(3)]
    questions = Questions(Card("made"), "test", (*free, asking(pictures, "red")))
    task = make_qa_task(questions, kinds=("free",), limit=2)
    assert task.questions.ids == ("f0", "f1")
    assert task.questions.notes == {"left_out_questions": 2}
    both = make_qa_task(questions)
    assert both.slices == ("modality",)
    assert [one.metadata["modality"] for one in both.questions.items] == ["text"] * 3 + ["text+image"]
    with pytest.raises(UsageError, match="unknown kind of questions 'closed'"):
        make_qa_task(questions, kinds=("closed",))
    with pytest.raises(UsageError, match="no question is of the kind numeric"):
        make_qa_task(questions, kinds=("numeric",))


def test_the_pictures_are_part_of_what_was_asked(pictures: dict[str, ImageRef]) -> None:
    made = [Questions(Card("made"), "test", (asking(pictures, *names),)) for names in ((), ("red",), ("blue",))]
    identities = [make_qa_task(one).identity for one in made]
    assert len({one["questions"] for one in identities}) == 3
    assert [("pictures" in one) for one in identities] == [False, True, True]


def test_the_words_about_pictures_are_part_of_what_was_asked(
    pictures: dict[str, ImageRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    def identities(*names: str) -> list[object]:
        task = make_qa_task(Questions(Card("q"), "test", (asking(pictures, *names),)))
        return [task.identity, *(Prompting(show=show).identity("en", ("yes-no",)) for show in ("text", "both"))]

    before = [*identities("red"), identities()[0]]
    monkeypatch.setitem(PICTURE_WORD, "en", "figure {}")
    after = [*identities("red"), identities()[0]]
    assert [one == two for one, two in zip(before, after, strict=True)] == [False, True, False, True]


def test_the_pictures_of_examples_are_part_of_what_was_asked(pictures: dict[str, ImageRef]) -> None:
    digests = {FixedShots((asking(pictures, *names),)).digest for names in ((), ("red",), ("blue",))}
    assert len(digests) == 3


def test_slices_hold_accuracies_and_matches_side_by_side() -> None:
    graded = {"organ": {"CHEST": {"queries": 4, "accuracy": 0.5}}}
    metadata = [{"organ": "CHEST"}, {"organ": "HEAD"}, {"organ": "HEAD"}]
    found = with_free(graded, {"exact": np.array([1.0, 0.0, 1.0])}, metadata, ("organ",))
    assert found["organ"]["CHEST"] == {"queries": 4, "accuracy": 0.5, "free_questions": 1, "exact": 1.0}
    assert found["organ"]["HEAD"] == {"queries": 0, "free_questions": 2, "exact": 0.5}
    alone = with_free({}, {"exact": np.array([1.0, 0.0, 1.0])}, metadata, ("organ",))
    assert alone["organ"]["HEAD"] == {"queries": 2, "exact": 0.5}
