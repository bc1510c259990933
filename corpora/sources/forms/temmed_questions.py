"""The questions of TemMed-Bench on two or six pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...collection import Card
from ...errors import InputError
from ...questions import Question, Questions
from ...workspace import Workspace
from ..tables import FilesSource
from .temmed import Bench, Pair, claims_of_item, jpg_of

TEST, ASKED = "TestSet_VQA_ReportGeneration.json", "TestSet_SelectedVQA_2000.json"
CHOSEN = "TestSet_ImagePairSelection.json"
_BOTH = "fetch both files at one revision"
_TWO = "Two chest X-rays of one patient: the first from the last visit, the second from the current one."
_SIX = "Three pairs of chest X-rays, A, B and C in this order; of each pair the first is from the last visit, the second current."


def open_temmed_questions(folder: Path, source: FilesSource, card: Card, split: str, workspace: Workspace) -> Questions:
    """The questions of a task (`part`): `vqa` (yes or no on two pictures), `selection` (which of three pairs fits a statement,
    six pictures), or `report` (the report of the current of two pictures, as free text).

    Those of which a picture is faulty are left out and counted (`questions_without_images`). `group` is the item of the test set.
    """
    bench = Bench(folder, source, workspace)
    if source.part not in _TASKS:
        raise InputError(f"it has no part {source.part!r}", where=card.name, mend=f"use one of: {', '.join(_TASKS)}")
    tests = bench.items(TEST)
    where = str(bench.index(TEST))
    bench.gallery.look(claim for number, item in enumerate(tests) for claim in claims_of_item(item, f"{where}, item {number}"))
    pairs = [bench.pair(item, f"{where}, item {number}") for number, item in enumerate(tests)]
    asked = list(_TASKS[source.part](bench, tests, pairs))
    found = tuple(one for one in asked if one.images)
    notes = {**bench.gallery.counts, "questions_without_images": len(asked) - len(found)}
    return Questions(card, split, found, notes={name: count for name, count in notes.items() if count})


def _at(tests: list[Mapping[str, Any]], number: Any, where: str) -> int:
    if type(number) is not int or not 0 <= number < len(tests):
        raise InputError(f"there is no item {number!r} in {TEST}", where=where, mend=_BOTH)
    return number


def _vqa(bench: Bench, tests: list[Mapping[str, Any]], pairs: list[Pair]) -> Iterator[Question]:
    for number, chosen in enumerate(bench.items(ASKED)):
        where = f"{bench.index(ASKED)}, item {number}"
        item, place = _at(tests, chosen.get("img_id"), where), chosen.get("question_id")
        listed = tests[item].get("VQA_Final")
        if not isinstance(listed, list) or type(place) is not int or not 0 <= place < len(listed):
            raise InputError(f"item {item} of {TEST} has no question {place!r}", where=where, mend=_BOTH)
        asked, answer = listed[place]["VQA_question"], str(listed[place]["VQA_answer"]).strip().lower()
        if answer not in ("yes", "no"):
            raise InputError(f"the answer {answer!r} is neither yes nor no", where=where, mend="fetch the file again")
        letter, options = "A" if answer == "yes" else "B", {"A": "yes", "B": "no"}
        text, refs = f"{_TWO} {asked}", tests[item].get("reference_images", [])
        more = {"reference_images": refs} if refs else {}
        yield Question(f"{item}-{place}", text, "yes-no", options, (letter,), group=str(item), metadata=more, images=pairs[item])


def _selection(bench: Bench, tests: list[Mapping[str, Any]], pairs: list[Pair]) -> Iterator[Question]:
    for number, chosen in enumerate(bench.items(CHOSEN)):
        where = f"{bench.index(CHOSEN)}, item {number}"
        given, right = chosen.get("option"), chosen.get("right_option")
        if not isinstance(given, dict) or right not in given:
            raise InputError("the item has no options, or no right one", where=where, mend="fetch the file again")
        three = [pairs[_at(tests, item, where)] for item in given.values()]
        images = tuple(image for pair in three for image in pair) if all(three) else ()
        text = f"{_SIX} Which pair shows this change? {chosen.get('condition_change', '')}"
        options = {letter: f"pair {letter}" for letter in given}
        yield Question(str(number), text, "choice", options, (str(right),), images=images)


def _report(bench: Bench, tests: list[Mapping[str, Any]], pairs: list[Pair]) -> Iterator[Question]:
    texts = bench.reports({jpg_of(item["image_path"]) for item in tests})
    for number, item in enumerate(tests):
        answer = texts.get(jpg_of(item["image_path"]), "")
        text = f"{_TWO} Write the report on how the patient's condition changed."
        yield Question(str(number), text, "free", answers=(answer,) if answer else (), group=str(number), images=pairs[number])


_TASKS: Mapping[str, Callable[[Bench, list[Mapping[str, Any]], list[Pair]], Iterator[Question]]] = {
    "vqa": _vqa,
    "selection": _selection,
    "report": _report,
}
