"""CLIP and SigLIP folders: what transformers and sentence-transformers themselves make of the same texts and pictures."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpora import InputError, UsageError
from retrieval.encoders import resolve_encoder
from retrieval.encoders.images.folders import folder_kind
from retrieval.encoders.protocol import modalities_of, reads_images, reads_joint

pytest.importorskip("sentence_transformers")
pytest.importorskip("PIL")

from retrieval.encoders.images.canaries import canary_pictures

TEXTS = ["the scan", "a chest x ray with fever", "no heart and lung"]
LONG = "a chest x ray " * 50


def unit(made: Any) -> np.ndarray:
    rows = np.asarray(made.detach() if hasattr(made, "detach") else made, np.float64)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def features(output: Any) -> Any:
    return getattr(output, "pooler_output", output)


def pictures_of(encoder: Any) -> np.ndarray:
    return encoder.encode_images([encoder.prepared(picture) for picture in canary_pictures()], "document")


def test_clip_gives_what_transformers_gives(clip: Path) -> None:
    from transformers import AutoProcessor, CLIPModel

    encoder: Any = resolve_encoder(str(clip))
    model, processor = CLIPModel.from_pretrained(clip).eval(), AutoProcessor.from_pretrained(clip, backend="pil")
    seen = features(model.get_image_features(**processor(images=list(canary_pictures()), return_tensors="pt")))
    read = features(model.get_text_features(**processor(text=[*TEXTS, LONG], return_tensors="pt", padding=True, truncation=True)))
    np.testing.assert_allclose(pictures_of(encoder), unit(seen), rtol=0, atol=1e-5)
    np.testing.assert_allclose(encoder.encode([*TEXTS, LONG], "query"), unit(read), rtol=0, atol=1e-5)
    assert encoder.dim == 12
    assert modalities_of(encoder) == {"text", "image"}
    assert not reads_joint(encoder)


def test_clip_gives_what_sentence_transformers_gives(clip: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    theirs: Any = SentenceTransformer(str(clip), device="cpu", local_files_only=True, processor_kwargs={"backend": "pil"})
    saved = tmp_path / "clip-saved-random"
    theirs.save(str(saved))
    assert folder_kind(saved) == "towers"
    encoder: Any = resolve_encoder(str(saved))
    np.testing.assert_allclose(pictures_of(encoder), unit(theirs.encode(list(canary_pictures()))), rtol=0, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(TEXTS, "query"), unit(theirs.encode(TEXTS)), rtol=0, atol=1e-5)


def test_texts_are_counted_and_cut_at_77_tokens(clip: Path) -> None:
    encoder: Any = resolve_encoder(str(clip))
    assert encoder.longest == 77
    assert encoder.lengths(["the scan", LONG], "query").tolist() == [4, 202]
    assert encoder.truncated(["the scan", LONG], "query") == (1, 125)
    assert encoder.echo(["the scan"], "query")["tokens"] == ["<s>", "the", "scan", "</s>"]


def test_siglip_texts_are_padded_to_their_full_length(siglip: Path) -> None:
    import torch
    from transformers import AutoTokenizer, SiglipModel

    encoder: Any = resolve_encoder(str(siglip))
    model, tokenizer = SiglipModel.from_pretrained(siglip).eval(), AutoTokenizer.from_pretrained(siglip)
    fed = tokenizer(TEXTS, padding="max_length", max_length=16, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        full, short = (unit(features(model.get_text_features(input_ids=ids))) for ids in (fed, fed[:, :8]))
    np.testing.assert_allclose(encoder.encode(TEXTS, "query"), full, rtol=0, atol=1e-5)
    assert np.abs(full - short).max() > 1e-3
    assert encoder.longest == 16


def test_a_text_that_looks_like_a_picture_is_a_text(clip: Path, tmp_path: Path) -> None:
    encoder: Any = resolve_encoder(str(clip))
    file = tmp_path / "scan.png"
    canary_pictures()[0].save(file)
    assert encoder.encode([str(file), "data:image/png;base64,AAAA"], "query").shape == (2, 12)


def test_batches_do_not_matter(clip: Path) -> None:
    encoder: Any = resolve_encoder(str(clip))
    fed = [encoder.prepared(picture) for picture in canary_pictures()]
    alone = np.concatenate([encoder.encode_images([one], "document") for one in fed])
    np.testing.assert_allclose(encoder.encode_images(fed, "document"), alone, rtol=0, atol=1e-6)


def test_identity_moves_with_whatever_moves_a_vector(clip: Path, tmp_path: Path) -> None:
    own = resolve_encoder(str(clip)).identity()
    other = tmp_path / "clip-random"
    shutil.copytree(clip, other)
    assert resolve_encoder(str(other)).identity() == own
    settings = other / "preprocessor_config.json"
    said = json.loads(settings.read_text())
    said["size"] = {"shortest_edge": 40}
    settings.write_text(json.dumps(said))
    told = [resolve_encoder(str(clip), {key: value}).identity() for key, value in (("crop", "pad"), ("mode", "grey"))]
    assert len({own, resolve_encoder(str(other)).identity(), *told}) == 4
    assert resolve_encoder(str(clip), {"images_a_batch": "3"}).identity() == own


def test_identity_moves_with_the_decoding_rules(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = resolve_encoder(str(clip)).identity()
    monkeypatch.setattr("retrieval.encoders.images.pictured.DECODING", 99)
    assert resolve_encoder(str(clip)).identity() != own


def test_crops_move_vectors(clip: Path) -> None:
    made = [pictures_of(resolve_encoder(str(clip), {"crop": crop})) for crop in ("own", "pad", "whole")]
    assert all(np.abs(one - other).max() > 1e-3 for one, other in ((made[0], made[1]), (made[0], made[2]), (made[1], made[2])))
    np.testing.assert_allclose(made[0][2], made[1][2], rtol=0, atol=1e-6)


def test_wrong_options_and_damage_are_told(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="crop=round is not known"):
        resolve_encoder(str(clip), {"crop": "round"})
    with pytest.raises(UsageError, match="names its own pooling"):
        resolve_encoder(str(clip), {"pooling": "mean"})
    with pytest.raises(UsageError, match="no option 'colour'"):
        resolve_encoder(str(clip), {"colour": "grey"})
    broken = tmp_path / "broken-random"
    shutil.copytree(clip, broken)
    (broken / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(InputError, match="cannot be loaded"):
        assert resolve_encoder(str(broken)).dim


def test_nothing_is_loaded_before_it_is_needed(clip: Path) -> None:
    encoder = resolve_encoder(str(clip))
    assert reads_images(encoder)
    assert encoder.identity()
    assert "_model" not in vars(encoder)
