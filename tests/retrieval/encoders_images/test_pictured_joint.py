"""A model of messages: a text, a picture or both in one vector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpora import UsageError
from retrieval.encoders import resolve_encoder
from retrieval.encoders.images.folders import folder_kind
from retrieval.encoders.protocol import reads_joint

pytest.importorskip("sentence_transformers")
pytest.importorskip("PIL")

from retrieval.encoders.images.canaries import canary_pictures


@pytest.fixture(scope="module")
def saved(llava: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from sentence_transformers import SentenceTransformer

    place = tmp_path_factory.mktemp("joint") / "llava-saved-random"
    SentenceTransformer(str(llava), device="cpu", local_files_only=True, processor_kwargs={"backend": "pil"}).save(str(place))
    return place


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)


def test_texts_pictures_and_both_as_the_library_makes_them(saved: Path) -> None:
    from sentence_transformers import SentenceTransformer

    theirs: Any = SentenceTransformer(str(saved), device="cpu", local_files_only=True, processor_kwargs={"backend": "pil"})
    encoder: Any = resolve_encoder(str(saved))
    assert reads_joint(encoder)
    pictures = list(canary_pictures())
    fed = [encoder.prepared(picture) for picture in pictures]
    both = encoder.encode_joint(["chest scan", "fever", ""], [fed[:1], fed[1:], fed[2:]], "query")
    asked = [{"text": "chest scan", "image": pictures[0]}, {"text": "fever", "image": pictures[1:]}, {"image": pictures[2]}]
    np.testing.assert_allclose(both, unit(theirs.encode(asked, batch_size=3)), rtol=0, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_images(fed, "document"), unit(theirs.encode(pictures)), rtol=0, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(["fever"], "query"), unit(theirs.encode(["fever"])), rtol=0, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_joint(["fever"], [[]], "query"), encoder.encode(["fever"], "query"), atol=1e-6)
    assert np.abs(both[2] - encoder.encode_images(fed[2:], "query")[0]).max() < 1e-5
    assert np.abs(both[0] - encoder.encode(["chest scan"], "query")[0]).max() > 1e-3


def test_prompts_are_the_messages_own_and_batches_do_not_matter(saved: Path) -> None:
    plain: Any = resolve_encoder(str(saved))
    told: Any = resolve_encoder(str(saved), {"query_prompt": "fever of the heart"})
    fed = [plain.prepared(picture) for picture in canary_pictures()]
    assert np.abs(told.encode(["scan"], "query") - plain.encode(["scan"], "query")).max() > 1e-4
    assert told.identity() != plain.identity()
    many = plain.encode_joint(["scan", "the lung and heart", "a"], [fed[:1], fed[1:2], fed[2:]], "query")
    alone = np.concatenate([plain.encode_joint([text], [[one]], "query") for text, one in zip(["scan"], fed[:1], strict=True)])
    np.testing.assert_allclose(many[:1], alone, rtol=0, atol=1e-5)


def test_lengths_count_what_the_message_adds(saved: Path) -> None:
    encoder: Any = resolve_encoder(str(saved))
    ids = encoder._pictured.model.preprocess([{"text": "chest scan"}])["input_ids"]
    assert encoder.lengths(["chest scan"], "document").tolist() == [ids.shape[1]]


def test_a_bare_one_must_be_told_how_to_pool(llava: Path) -> None:
    assert folder_kind(llava) == "joint"
    with pytest.raises(UsageError, match="pooling=mean or"):
        resolve_encoder(str(llava))
    encoder: Any = resolve_encoder(str(llava), {"pooling": "lasttoken"})
    assert encoder.encode(["fever"], "query").shape == (1, 16)
