"""VQA-RAD as a task of questions, by the command: replies whose worth is known, and passages found by text, picture and both."""

from __future__ import annotations

import base64
import io
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.medir.test_qa_command import medir, replies, write
from tests.medir.test_qa_command import rows as asked
from tests.retrieval.generators.faulty_server import always, served
from tests.shared_data import rows
from tests.tasks.qa import look_and_words

Image = pytest.importorskip("PIL.Image")
ENCODER = f"dense:{look_and_words.__file__}:LookAndWords"
PICTURES = 24
CONTEXTS = (
    "none",
    "bm25",
    f"{ENCODER}(queries=text)",
    f"{ENCODER}(queries=image)",
    f"{ENCODER}(queries=sum)",
    f"rrf({ENCODER}(queries=text), {ENCODER}(queries=image))",
)


@pytest.fixture(scope="module")
def vqa(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first pictures that the test split asks about, all their questions, and their captions."""
    source, folder = shared / "data" / "vqa-rad", tmp_path_factory.mktemp("vqa")
    every = list(rows(source / "questions.jsonl"))
    chosen = list(dict.fromkeys(row["image"] for row in every if row["split"] == "test"))[:PICTURES]
    (folder / "images").mkdir()
    for name in chosen:
        shutil.copy(source / name, folder / name)
    write(folder / "questions.jsonl", [row for row in every if row["image"] in chosen])
    write(folder / "captions.jsonl", [row for row in rows(source / "captions.jsonl") if row["image"] in chosen])
    return folder


def asked_about(folder: Path) -> list[dict[str, Any]]:
    return [row for row in rows(folder / "questions.jsonl") if row["split"] == "test"]


def gold(row: dict[str, Any]) -> str:
    """A or B where the data says that the question is closed and its answer yes or no; else nothing."""
    return {"yes": "A", "no": "B"}.get(row["answer_text"].strip().lower(), "") if row["answer_type"] == "CLOSED" else ""


def made_up(folder: Path) -> tuple[dict[str, str], Counter[str]]:
    """Replies of which some are wrong, every seventh unreadable, and the rest right; and how many of each are to closed ones."""
    texts, counts = {}, Counter[str]()
    for number, row in enumerate(asked_about(folder)):
        letter = gold(row)
        what = "unreadable" if number % 7 == 0 else "wrong" if number % 3 == 0 else "right"
        other = {"A": "B", "B": "A"}.get(letter, "")
        says = {"right": f"Answer: {letter}", "wrong": f"The answer is ({other}).", "unreadable": "Hard to tell from this image."}
        texts[row["id"]] = says[what] if letter else (f"The {row['answer_text'].upper()}." if what == "right" else "a giraffe")
        counts[what if letter else f"{what} text"] += 1
    return texts, counts


def test_the_folders_kinds_are_those_of_the_data(vqa: Path, tmp_path: Path) -> None:
    texts, counts = made_up(vqa)
    [row] = asked("--data", str(vqa), "--split", "test", "--llm", replies(tmp_path / "r.jsonl", texts))
    closed, every = counts["right"] + counts["wrong"] + counts["unreadable"], len(asked_about(vqa))
    assert row["kinds"] == {"yes-no": closed, "free": every - closed}
    assert 0 < closed < every
    assert row["accuracy"] == pytest.approx(counts["right"] / closed)
    assert row["read"] == pytest.approx(1 - counts["unreadable"] / closed)
    assert sum(row["failures"].values()) == counts["unreadable"]
    texts_right = counts["right text"] / (every - closed)
    assert row["exact"] == pytest.approx(texts_right)
    assert row["token_f1"] == pytest.approx(texts_right)
    for field in ("organ", "question_type", "answer_type"):
        wanted = Counter(one[field] for one in asked_about(vqa) if gold(one))
        assert {name: cell["queries"] for name, cell in row["slices"][field].items() if cell["queries"]} == wanted
    assert row["slices"]["modality"]["text+image"]["queries"] == closed
    assert row["slices"]["answer_type"]["OPEN"]["queries"] == 0
    assert row["slices"]["answer_type"]["OPEN"]["free_questions"] == sum(one["answer_type"] == "OPEN" for one in asked_about(vqa))


def test_text_picture_and_both_stand_in_one_table(vqa: Path, tmp_path: Path) -> None:
    texts, _ = made_up(vqa)
    contexts = [word for context in CONTEXTS for word in ("--context", context)]
    words = ("--data", str(vqa), "--corpus", str(vqa), "--split", "test", "--kind", "yes-no", "--limit", "15", "--show", "both")
    words = (*words, "--k", "2", *contexts, "--llm", replies(tmp_path / "r.jsonl", texts))
    found = asked(*words)
    assert [row["n"] for row in found] == [15] * len(CONTEXTS)
    says = {"A": ("Answer: A", "The answer is (A)."), "B": ("Answer: B", "The answer is (B).")}
    closed = [texts[one["id"]] in says[letter] for one in asked_about(vqa) if (letter := gold(one))]
    assert all(row["accuracy"] == pytest.approx(sum(closed[:15]) / 15) for row in found)
    for row in found[1:]:
        assert row["notes"]["own_image_left_out_questions"] == 15
        assert row["notes"]["images_shown"] == sum(map(len, passages(row).values())) > 20
    shown = {row["context"]: passages(row) for row in found}
    own = {one["id"]: Path(one["image"]).stem for one in asked_about(vqa)}
    captions = {row["id"]: Path(row["image"]).stem for row in rows(vqa / "captions.jsonl")}
    assert len({json.dumps(one) for one in shown.values()}) >= 4
    for some in shown.values():
        assert all(captions[document] != own[question] for question, documents in some.items() for document in documents)
    table = medir("qa", *words, "--slices")
    assert table.returncode == 0, table.stderr
    assert "modality" in table.stdout
    assert "text+image   15" in table.stdout


def passages(row: dict[str, Any]) -> dict[str, list[str]]:
    """The documents that each question of a result was shown."""
    return {one["question_id"]: one["passages"] for one in rows(Path(row["out"]) / "answers.jsonl")}


def test_the_picture_most_like_the_questions_is_what_numpy_finds(vqa: Path, tmp_path: Path) -> None:
    texts, _ = made_up(vqa)
    words = ("--data", str(vqa), "--corpus", str(vqa), "--split", "test", "--limit", "10", "--k", "1")
    [row] = asked(*words, "--context", CONTEXTS[3], "--llm", replies(tmp_path / "r.jsonl", texts))
    files = {one["id"]: vqa / one["image"] for one in rows(vqa / "captions.jsonl")}
    model = look_and_words.LookAndWords()
    raw = model.encode_images([model.prepared(Image.open(file).convert("RGB")) for file in files.values()], "document")
    unit = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    names, own = list(files), {one["id"]: Path(one["image"]) for one in asked_about(vqa)}
    for question, (document,) in passages(row).items():
        place = next(at for at, name in enumerate(names) if files[name].name == own[question].name)
        scores = unit @ unit[place]
        scores[place] = -2
        assert scores[names.index(document)] == pytest.approx(scores.max(), abs=1e-5)


def test_an_endpoint_sees_the_pixels_of_the_question_and_of_what_was_found(vqa: Path) -> None:
    words = ("--data", str(vqa), "--corpus", str(vqa), "--split", "test", "--kind", "yes-no", "--limit", "3", "--show", "image")
    with served(always("says:A")) as books:
        [row] = asked(*words, "--k", "1", "--context", CONTEXTS[3], "--llm", f"openai:vlm@{books.url}")
    captions = {one["id"]: one["image"] for one in rows(vqa / "captions.jsonl")}
    questions, found = {one["id"]: one for one in asked_about(vqa)}, passages(row)
    assert len(books.bodies) == 3
    for body in books.bodies:
        text, *parts = body["messages"][-1]["content"]
        (name,) = [one for one in found if questions[one]["question"] in text["text"] and fits(questions[one], parts[0], vqa)]
        assert "image 1 = the question; image 2 = passage [1]." in text["text"]
        for part, file in zip(parts, (questions[name]["image"], captions[found[name][0]]), strict=True):
            assert np.array_equal(pixels(part), np.asarray(Image.open(vqa / file).convert("RGB")))


def pixels(part: dict[str, Any]) -> np.ndarray:
    data = part["image_url"]["url"].partition(";base64,")[2]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def fits(question: dict[str, Any], part: dict[str, Any], folder: Path) -> bool:
    return bool(np.array_equal(pixels(part), np.asarray(Image.open(folder / question["image"]).convert("RGB"))))


def test_a_dry_run_shows_the_first_prompt_with_its_pictures(vqa: Path, tmp_path: Path) -> None:
    texts, _ = made_up(vqa)
    first = next(one for one in asked_about(vqa) if gold(one))
    llm = replies(tmp_path / "r.jsonl", texts)
    done = medir("qa", "--data", str(vqa), "--split", "test", "--kind", "yes-no", "--llm", llm, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert f"Question: {first['question']}" in done.stdout
    assert f"image 1: {Path(first['image']).name}" in done.stdout
