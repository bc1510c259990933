"""Dense rankings over texts and pictures against a float64 computation in NumPy, straight from the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from colours import DIM, Colours, Decoder, Words, broken, corpus_with, counting, picture, picture_vector, text_vector, unit

from corpora import Corpus, ImageRef, InputError, Part, Queries, UsageError
from corpora.state import digest_json
from corpora.workspace import Workspace
from retrieval.systems import make_system

pytest.importorskip("PIL")
Item = tuple[str, list[ImageRef]]


@pytest.fixture
def decoder(monkeypatch: pytest.MonkeyPatch) -> Decoder:
    return counting(monkeypatch)


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    """Twenty documents: both, text alone, pictures alone; up to three pictures, and one with neither."""
    texts = ["" if number % 5 == 4 else f"finding {number}" for number in range(20)]
    counts = [0 if number % 4 == 3 else 1 + number % 3 for number in range(20)]
    made = [(text, [picture(tmp_path / "p", 3 * n + i) for i in range(counts[n])]) for n, text in enumerate(texts)]
    assert ("", []) in made
    return made


@pytest.fixture
def asked(tmp_path: Path) -> list[Item]:
    one, two = picture(tmp_path / "q", 90), picture(tmp_path / "q", 91)
    return [("fever", []), ("fever", [one]), ("", [two]), ("cough", [one, two])]


def corpus(items: list[Item], root: Path) -> Corpus:
    return corpus_with([(f"d{number:02d}", text, images) for number, (text, images) in enumerate(items)], root)


def queries(asked: list[Item]) -> Queries:
    parts = [(*([Part(text)] if text else []), *(Part(image=image) for image in images)) for text, images in asked]
    return Queries(tuple(f"q{number}" for number in range(len(asked))), tuple(parts))


def texts_of(item: Item) -> np.ndarray:
    return unit(text_vector(item[0])) if item[0] else np.zeros(DIM)


def pictures_of(item: Item) -> list[np.ndarray]:
    return [unit(picture_vector(image.path)) for image in item[1]]


def mean(item: Item) -> np.ndarray:
    return unit(np.mean(pictures_of(item), axis=0)) if item[1] else np.zeros(DIM)


def mean_of_raw(item: Item) -> np.ndarray:
    return unit(np.mean([picture_vector(image.path) for image in item[1]], axis=0)) if item[1] else np.zeros(DIM)


def first(item: Item) -> np.ndarray:
    return pictures_of(item)[0] if item[1] else np.zeros(DIM)


def each(item: Item) -> np.ndarray:
    return np.concatenate([*pictures_of(item), *[np.zeros(DIM)] * (3 - len(item[1]))])


def joint(item: Item) -> np.ndarray:
    if item[0] and item[1]:
        return unit(texts_of(item) - unit(np.mean([picture_vector(image.path) for image in item[1]], axis=0)))
    return texts_of(item) + mean(item)


def side_by_side(item: Item) -> np.ndarray:
    return np.concatenate([texts_of(item), mean(item)])


WAYS: list[tuple[str, Any, Any]] = [
    ("Colours", lambda item: unit(texts_of(item) + mean(item)), None),
    ("Colours(images=first)", lambda item: unit(texts_of(item) + first(item)), None),
    ("Colours(documents=sum, queries=sum)", lambda item: unit(texts_of(item) + mean(item)), None),
    ("Dot(documents=sum, queries=sum)", lambda item: texts_of(item) + mean_of_raw(item), None),
    ("Colours(documents=concat)", side_by_side, None),
    ("Colours(documents=image, queries=concat)", lambda item: np.concatenate([np.zeros(DIM), mean(item)]), side_by_side),
    ("Colours(images=each)", lambda item: np.concatenate([texts_of(item), each(item)]), None),
    ("Colours(documents=image, images=each, queries=image)", each, None),
    ("Pictures", mean, None),
    ("Colours(documents=text, queries=text)", texts_of, None),
    ("Colours(documents=image, queries=text)", mean, texts_of),
    ("Joined", joint, None),
]


@pytest.mark.parametrize(("spec", "of_document", "of_query"), WAYS, ids=[spec for spec, _, _ in WAYS])
def test_rankings_equal_numpy(
    tmp_path: Path, decoder: Decoder, items: list[Item], asked: list[Item], spec: str, of_document: Any, of_query: Any
) -> None:
    workspace = Workspace(tmp_path / "home")
    asked = [item for item in asked if item[1]] if spec == "Pictures" else asked
    system = make_system(f"dense:colours:{spec}")
    retriever = system.bind(corpus(items, tmp_path), workspace)
    run = retriever.retrieve(queries(asked), 20)
    documents = np.array([of_document(item) for item in items])
    vectors = np.array([(of_query or of_document)(item) for item in asked])
    scores = vectors @ documents.T
    real = np.flatnonzero(documents.any(axis=1))
    assert run.notes["vectorless_documents"] == 20 - len(real) > 0
    for row in range(len(asked)):
        names, values = run.of(row)
        if not vectors[row][documents.any(axis=0)].any():
            assert names == []
            continue
        np.testing.assert_allclose(values, [scores[row, int(name[1:])] for name in names], atol=2e-6)
        best = sorted(real.tolist(), key=lambda doc: (np.float32(round(scores[row, doc], 5)), doc), reverse=True)
        assert [f"d{doc:02d}" for doc in best] == sorted(names, key=lambda n: (round(float(scores[row, int(n[1:])]), 5), n))[::-1]
        assert len(names) == len(real)
    seen = len(decoder.seen)
    again = make_system(f"dense:colours:{spec}").bind(corpus(items, tmp_path), workspace).retrieve(queries(asked), 20)
    assert (again.docs, again.scores.tobytes(), again.notes) == (run.docs, run.scores.tobytes(), run.notes)
    assert len(decoder.seen) == seen, "a second run decodes nothing"


def test_a_query_that_shares_no_place_with_any_document_finds_nothing(tmp_path: Path, decoder: Decoder) -> None:
    image = picture(tmp_path / "p", 1)
    plain, pictured = corpus_with([("d1", "fever", [])]), corpus_with([("d1", "fever", [image])], tmp_path)
    asked = Queries(("text", "picture"), ((Part("fever"),), (Part(image=image),)))
    for held, options, empty in (
        (plain, "documents=concat", 1),
        (pictured, "documents=text, queries=concat", 1),
        (pictured, "documents=image, queries=concat", 0),
    ):
        run = make_system(f"dense:colours:Colours({options})").bind(held, Workspace(tmp_path / "home")).retrieve(asked, 1)
        assert [run.of(empty)[0], run.of(1 - empty)[0]] == [[], ["d1"]]
        assert run.notes["vectorless_queries"] == 1


def test_late_fusion_equals_numpy(tmp_path: Path, decoder: Decoder, items: list[Item], asked: list[Item]) -> None:
    fused = make_system("rrf(dense:colours:Colours(queries=text), dense:colours:Colours(queries=image))")
    run = fused.bind(corpus(items, tmp_path), Workspace(tmp_path / "home")).retrieve(queries(asked), 20)
    documents = np.array([unit(texts_of(item) + mean(item)) for item in items])
    for row, item in enumerate(asked):
        total: dict[str, float] = {}
        for side in (texts_of(item), mean(item)):
            if side.any():
                order = sorted(np.flatnonzero(documents.any(axis=1)), key=lambda doc: -(documents[doc] @ side))
                for rank, doc in enumerate(order, 1):
                    total[f"d{doc:02d}"] = total.get(f"d{doc:02d}", 0) + 1 / (60 + rank)
        names, values = run.of(row)
        np.testing.assert_allclose(values, [total[name] for name in names], atol=1e-6)
        assert set(names) == set(total)
    assert len(list((tmp_path / "home" / "indexes").iterdir())) == 1, "both read one index of documents"


def test_weights_and_roles_of_parts_hold(tmp_path: Path, decoder: Decoder, items: list[Item]) -> None:
    image = picture(tmp_path / "q", 90)
    parts = (Part("fever", weight=0.5), Part("a passage", role="document", weight=0.25), Part(image=image, weight=2.0))
    retriever = make_system("dense:colours:Colours").bind(corpus(items, tmp_path), Workspace(tmp_path / "home"))
    found = retriever.query_vectors(Queries(("q",), (parts,)))  # type: ignore[attr-defined]
    words = 0.5 * unit(text_vector("fever")) + 0.25 * unit(text_vector("a passage"))
    np.testing.assert_allclose(found.vectors[0], unit(words + 2 * unit(picture_vector(image.path))), atol=1e-6)


def test_a_querys_vector_does_not_depend_on_the_others(tmp_path: Path, decoder: Decoder, items: list[Item]) -> None:
    retriever: Any = make_system("dense:colours:Colours").bind(corpus(items, tmp_path), Workspace(tmp_path / "home"))
    words, image = (Part("fever", weight=0.5), Part("cough", weight=0.5)), (Part(image=picture(tmp_path / "q", 90)),)
    alone, beside = (retriever.query_vectors(Queries(("a", "b")[: len(own)], own)).vectors for own in ((words,), (words, image)))
    np.testing.assert_array_equal(alone[0], beside[0])


def test_bad_pictures_are_counted_and_named(tmp_path: Path, decoder: Decoder) -> None:
    good, bad = picture(tmp_path / "p", 1), broken(tmp_path / "p")
    rows = [("d1", "text", [good, bad]), ("d2", "", [bad]), ("d3", "more", [])]
    retriever: Any = make_system("dense:colours:Colours").bind(corpus_with(rows, tmp_path), Workspace(tmp_path / "home"))
    asked = Queries(("q1", "q2"), ((Part(image=bad),), (Part("text"), Part(image=bad))))
    run = retriever.retrieve(asked, 3)
    assert [run.of(0)[0], sorted(run.of(1)[0])] == [[], ["d1", "d3"]]
    told = {name: run.notes[name] for name in ("undecodable_images", "undecodable_images_in_queries", "vectorless_documents")}
    assert told == {"undecodable_images": 2, "undecodable_images_in_queries": 2, "vectorless_documents": 1}
    assert (run.notes["vectorless_queries"], run.notes["partless_queries"]) == (1, 0)
    assert retriever.faults == tuple(f"{name}: broken.png: the picture cannot be decoded" for name in ("d1", "d2"))
    assert retriever.faults_of(asked)[2:] == tuple(f"{name}: broken.png: the picture cannot be decoded" for name in ("q1", "q2"))
    only = retriever.retrieve(Queries.of_texts(["q"], ["text"]), 3, [np.array([1, 2])])
    assert only.of(0)[0] == ["d3"]
    assert retriever.retrieve(Queries.of_texts(["q"], ["text"]), 3, np.array([True, True, False])).of(0)[0] == ["d1"]


TEXT_ONLY = ["dense:colours:Words", "bm25"]


@pytest.mark.parametrize("spec", TEXT_ONLY)
def test_what_reads_text_alone_reads_the_caption(tmp_path: Path, decoder: Decoder, spec: str) -> None:
    image = picture(tmp_path / "p", 1)
    held = corpus_with([("d1", "fever", [image]), ("d2", "cough", []), ("d3", "", [image])], tmp_path)
    retriever = make_system(spec).bind(held, Workspace(tmp_path / "home"))
    run = retriever.retrieve(Queries(("q1", "q2"), ((Part("fever"), Part(image=image)), (Part("cough"),))), 3)
    assert [run.of(row)[0][0] for row in (0, 1)] == ["d1", "d2"]
    assert run.notes["image_parts_unread_queries"] == 1
    assert decoder.seen == []
    with pytest.raises(InputError, match="picture without text") as caught:
        retriever.retrieve(Queries(("q1",), ((Part(image=image),),)), 3)
    assert caught.value.where == "query 'q1'"


def test_what_cannot_be_read_is_an_error(tmp_path: Path, decoder: Decoder, items: list[Item]) -> None:
    plain = corpus_with([("d1", "fever", [])])
    with pytest.raises(InputError, match="no document has a picture"):
        make_system("dense:colours:Pictures").bind(plain, Workspace(tmp_path / "home"))
    retriever = make_system("dense:colours:Pictures").bind(corpus(items, tmp_path), Workspace(tmp_path / "home"))
    with pytest.raises(InputError, match="pictures reads pictures alone") as caught:
        retriever.retrieve(Queries.of_texts(["q7"], ["fever"]), 3)
    assert caught.value.where == "query 'q7'"
    wrong = (("Words(queries=image)", "does not read images"), ("Colours(documents=joint)", "makes no vector of a text"))
    for spec, told in wrong:
        with pytest.raises(UsageError, match=told):
            make_system(f"dense:colours:{spec}").bind(plain, Workspace(tmp_path / "home"))
    for options in ("documents=both", "documents=concat, queries=sum", "images=each, documents=sum", "images=last"):
        with pytest.raises(UsageError):
            make_system(f"dense:colours:Colours({options})")


def test_specs_and_identities_without_pictures_are_what_they_were(tmp_path: Path) -> None:
    assert make_system("dense:colours:Words(documents=auto, images=mean)").spec == "dense:colours:Words"
    told = "dense:colours:Colours(images=each, queries=image)"
    assert make_system("dense:colours:Colours(queries=image,documents=auto,images=each)").spec == told
    system, held = make_system("dense:colours:Words"), corpus_with([("d1", "fever", []), ("d2", "", [])])
    own = {"engine": "dense-1", "encoder": Words().identity(), "index": "Flat"}
    assert system.identity() == own
    assert make_system(told).identity() == {**own, "encoder": Colours().identity(), "images": "each", "queries": "image"}
    workspace = Workspace(tmp_path / "home")
    run = system.bind(held, workspace).retrieve(Queries.of_texts(["q"], ["fever"]), 2)
    assert [path.name for path in workspace.folder("indexes").iterdir()] == [digest_json([held.arrival, "joined", own])]
    assert sorted(run.of(0)[0]) == ["d1", "d2"], "an empty text is embedded where there are no pictures"
    assert run.notes == {"truncation_unknown": 1, "partless_queries": 0}


def test_the_echo_shows_files_and_options(tmp_path: Path, decoder: Decoder, items: list[Item], asked: list[Item]) -> None:
    held = corpus(items, tmp_path)
    retriever: Any = make_system("dense:colours:Colours").bind(held, Workspace(tmp_path / "home"))
    seen = len(decoder.seen)
    echo = retriever.echo(queries(asked), held)
    assert echo["query"] == {"text": "fever"}
    assert echo["query_picture"] == {"file": "q/090.png", "preprocessing": {"size": "as it is"}}
    assert echo["document_picture"]["file"] == "p/000.png"
    assert len(decoder.seen) == seen
