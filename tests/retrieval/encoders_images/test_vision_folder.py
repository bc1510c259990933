"""Vision backbones of transformers, and the scaling of our own ones beside Pillow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpora import InputError, UsageError
from retrieval.encoders import resolve_encoder
from retrieval.encoders.images.folders import folder_kind
from retrieval.encoders.images.scaling import Scaling
from retrieval.encoders.protocol import modalities_of

pytest.importorskip("PIL")

from retrieval.encoders.images.canaries import canary_pictures


def unit(rows: Any) -> np.ndarray:
    return np.asarray(rows, np.float64) / np.linalg.norm(np.asarray(rows, np.float64), axis=1, keepdims=True)


@pytest.mark.parametrize("which", ["vit", "dinov2"])
def test_pooled_output_is_transformers_own(which: str, request: pytest.FixtureRequest) -> None:
    import torch
    from transformers import AutoImageProcessor, AutoModel

    folder: Path = request.getfixturevalue(which)
    assert folder_kind(folder) == "backbone"
    encoder: Any = resolve_encoder(str(folder))
    model, processor = AutoModel.from_pretrained(folder).eval(), AutoImageProcessor.from_pretrained(folder, backend="pil")
    with torch.inference_mode():
        output = model(**processor(list(canary_pictures()), return_tensors="pt"))
    for pooling, theirs in (
        ("own", output.pooler_output),
        ("cls", output.last_hidden_state[:, 0]),
        ("mean", output.last_hidden_state.mean(1)),
    ):
        encoder = resolve_encoder(str(folder), {"pooling": pooling})
        ours = encoder.encode_images([encoder.prepared(picture) for picture in canary_pictures()], "document")
        np.testing.assert_allclose(ours, unit(theirs), rtol=0, atol=1e-5)
    assert modalities_of(encoder) == {"image"}


def test_size_and_crop_are_part_of_the_identity(vit: Path, dinov2: Path) -> None:
    asked = [{}, {"size": "48"}, {"crop": "pad"}, {"crop": "whole"}, {"mode": "grey"}, {"pooling": "mean"}, {"similarity": "dot"}]
    assert len({resolve_encoder(str(dinov2), options).identity() for options in asked}) == len(asked)
    bigger: Any = resolve_encoder(str(vit), {"size": "48"})
    assert bigger.prepared(canary_pictures()[0]).shape == (3, 48, 48)
    assert bigger.encode_images([bigger.prepared(canary_pictures()[0])], "document").shape == (1, 16)
    assert "_model" not in vars(resolve_encoder(str(vit)))


def test_a_text_is_refused_with_what_to_do(vit: Path) -> None:
    with pytest.raises(InputError, match=r"reads pictures alone, and was given text \('q1'\)") as told:
        resolve_encoder(str(vit)).encode(["fever"], "query", ["q1"])
    assert "queries=image" in str(told.value)
    with pytest.raises(UsageError, match="no option 'pretrained'"):
        resolve_encoder(str(vit), {"pretrained": "x"})
    with pytest.raises(UsageError, match="size=0"):
        resolve_encoder(str(vit), {"size": "0"})


def test_scaling_is_pillows_crop_and_resize() -> None:
    from PIL import Image

    wide = canary_pictures()[0]
    scaling = Scaling(24, mean=(127.0,) * 3, deviation=(128.0,) * 3)
    cut = wide.crop((11, 3, 53, 45)).resize((24, 24), Image.Resampling.BICUBIC)
    expected = (np.asarray(cut, np.float64).transpose(2, 0, 1) - 127) / 128
    np.testing.assert_allclose(scaling(wide), expected, rtol=0, atol=1e-6)
    whole = Scaling(24, "whole")(wide)
    np.testing.assert_allclose(
        whole, np.asarray(wide.resize((24, 24), Image.Resampling.BICUBIC), np.float64).transpose(2, 0, 1) / 127.5 - 1, atol=1e-6
    )
    padded = Scaling(64, "pad")(wide)
    assert padded.shape == (3, 64, 64)
    assert (padded[:, :8] == -1).all()
    assert (padded[:, 56:] == -1).all()
    grey = Scaling(24, mode="grey")(wide)
    assert np.array_equal(grey[0], grey[1])
