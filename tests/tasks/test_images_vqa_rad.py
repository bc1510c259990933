"""315 radiology pictures through every type of task that is made of pictures; numbers printed, and checked where others can."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from corpora import Collection
from corpora.caption_folder import open_captions
from corpora.caption_samples import halves
from corpora.captions import CaptionedImages
from corpora.workspace import Workspace
from medir.report import results_text
from retrieval.encoders.resolve import resolve_encoder
from retrieval.vectors import embed
from retrieval.vectors.images import embed_images
from tasks.asked import ask
from tasks.captioned import captioned
from tasks.result import Result

pytest.importorskip("PIL")
pytest.importorskip("sklearn")
pytest.importorskip("sentence_transformers")
pytest.importorskip("efficientnet_lite_pytorch")

pytestmark = pytest.mark.slow

BACKBONE = "efficientnet-lite0"
ORGANS = ("ABD", "CHEST", "HEAD")
NAMES = {"ABD": "abdomen", "CHEST": "chest", "HEAD": "head"}
PARTS = 90


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One data folder for the whole file, so that every picture is embedded once."""
    return Workspace(tmp_path_factory.mktemp("kept"))


@pytest.fixture(scope="module")
def captions(shared: Path, place: Workspace) -> CaptionedImages:
    return open_captions(shared / "data" / "vqa-rad", None, place)


@pytest.fixture(scope="module")
def vectors(captions: CaptionedImages, place: Workspace) -> NDArray[np.float64]:
    """What the backbone makes of the pictures, at length 1, float64 (n, d)."""
    encoder: Any = resolve_encoder(BACKBONE)
    made = embed_images(encoder, [images[0] for images in captions.images], "document", place, ids=captions.ids)
    assert not len(made.bad)
    return unit(made.vectors)


def unit(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    wide = rows.astype(np.float64)
    return wide / np.linalg.norm(wide, axis=1, keepdims=True)


def shown(result: Result, capsys: pytest.CaptureFixture[str]) -> None:
    """Print the result as the command prints it."""
    with capsys.disabled():
        sys.stdout.write(f"\n{results_text([result], {}, 'table', slices=True)}\n")


def run(captions: CaptionedImages, kind: str, system: str, place: Workspace, **options: Any) -> Result:
    measures = options.pop("measures", ())
    return ask(captions, kind, measures=measures, k=len(captions), options=options).evaluate(system, place)


def test_image_to_image_by_organ(
    captions: CaptionedImages, vectors: NDArray[np.float64], place: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    pytrec_eval = pytest.importorskip("pytrec_eval")
    result = run(captions, "image-to-image", f"dense:{BACKBONE}", place, label="organ", measures=["P@1", "P@10", "AP", "nDCG@10"])
    shown(result, capsys)
    assert set(result.slices["organ"]) == set(ORGANS)
    assert result.notes["coarse_labels"] == 3
    of = captioned(captions, "image-to-image", {"label": "organ"})
    assert isinstance(of, Collection)
    cosines = vectors @ vectors.T
    documents = frozenset(of.corpus.ids.to_pylist())
    run_of: dict[str, dict[str, float]] = {}
    for row, query in enumerate(captions.ids):
        shown_docs = documents - of.qrels.ignored.get(query, frozenset())
        run_of[query] = {doc: float(cosines[row, at]) for at, doc in enumerate(captions.ids) if doc in shown_docs}
    grades = {query: dict(judged) for query, judged in of.qrels.grades.items()}
    found = pytrec_eval.RelevanceEvaluator(grades, {"map", "P_1", "P_10", "ndcg_cut_10"}).evaluate(run_of)
    for ours, theirs in {"AP": "map", "P@1": "P_1", "P@10": "P_10", "nDCG@10": "ndcg_cut_10"}.items():
        expected = np.mean([values[theirs] for values in found.values()])
        assert result.measures[ours].mean == pytest.approx(expected, abs=2e-4), ours  # near ties, float32 against float64


def test_text_to_image_through_captions(captions: CaptionedImages, place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(captions, "question-to-image", "dense:minilm", place)
    shown(result, capsys)
    of, encoder = captioned(captions, "question-to-image", {}), resolve_encoder("minilm")
    assert isinstance(of, Collection)
    asked = unit(embed(encoder, of.queries.texts, "query", place).vectors)
    texts = of.corpus.texts(of.card.text_rule, np.arange(len(of.corpus))).to_pylist()
    cosines = asked @ unit(embed(encoder, texts, "document", place).vectors).T
    ids = of.corpus.ids.to_pylist()
    right = [ids[best] in of.qrels.relevant(query) for query, best in zip(of.queries.ids, cosines.argmax(axis=1), strict=True)]
    at_one = "Success@1" if "Success@1" in result.measures else "R@1"
    assert result.measures[at_one].mean == pytest.approx(np.mean(right))


def test_organs_are_classified_and_clustered(
    captions: CaptionedImages, place: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    classified = run(captions, "classification", f"dense:{BACKBONE}", place, label="organ")
    shown(classified, capsys)
    majority = max(np.mean([row["organ"] == organ for row in captions.metadata]) for organ in ORGANS)
    assert classified.measures["accuracy"].low > majority
    clustered = run(captions, "clustering", f"dense:{BACKBONE}", place, label="organ")
    shown(clustered, capsys)
    assert clustered.notes["labels"] == 3
    assert (classified.unit, clustered.queries) == ("images", len(captions) - clustered.notes["unlabelled_images"])
    labelled = [row for row, about in enumerate(captions.metadata) if about["organ"] in ORGANS]
    learnt, asked = halves(captions.take(labelled))
    assert classified.queries == len(asked)
    assert not {images[0].sha256 for images in learnt.images} & {images[0].sha256 for images in asked.images}


def test_a_clip_of_random_weights_goes_the_whole_way(
    captions: CaptionedImages, place: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    from tests.tasks.random_clip import NAME, random_clip

    folder, few = random_clip(tmp_path), captions.take(range(PARTS))
    templates = ("a {label} radiograph", "a scan of the {label}")
    result = run(few, "zero-shot", f"dense:{folder}", place, label="organ", templates=templates, names=NAMES)
    shown(result, capsys)
    assert NAME in result.system
    ranked = run(few, "text-to-image", f"dense:{folder}", place)
    shown(ranked, capsys)
    assert NAME in ranked.system
    guess = zero_shot_by_the_library(folder, few, templates)
    gold = [str(row["organ"]) for row in few.metadata]
    assert result.measures["accuracy"].mean == pytest.approx(metrics.accuracy_score(gold, guess))


def zero_shot_by_the_library(folder: Path, captions: CaptionedImages, templates: tuple[str, ...]) -> list[str]:
    """The labels by sentence-transformers and NumPy alone, pictures opened by Pillow."""
    from PIL import Image
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    classes = []
    for organ in ORGANS:
        mean = unit(model.encode([one.format(label=NAMES[organ]) for one in templates])).mean(axis=0)
        classes.append(mean / np.linalg.norm(mean))
    opened = [Image.open(images[0].path).convert("RGB") for images in captions.images]
    pictures = unit(model.encode(opened, batch_size=8))
    return [ORGANS[best] for best in (pictures @ np.stack(classes).T).argmax(axis=1)]
