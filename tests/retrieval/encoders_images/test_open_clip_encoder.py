"""open_clip: a tiny random architecture from a folder, beside open_clip's own functions. Skipped where it cannot be imported."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpora import InputError, SurroundingsError, UsageError
from retrieval.encoders.images.open_clip import open_clip_encoder, open_clip_folder
from retrieval.encoders.images.open_clip_model import open_clip_library
from retrieval.encoders.images.opening import folder_encoder

pytest.importorskip("PIL")

from retrieval.encoders.images.canaries import canary_pictures

TEXTS = ["the scan", "a chest x ray with fever", "heart failure " * 60]


@pytest.fixture(scope="module")
def library() -> Any:
    try:
        return open_clip_library()
    except SurroundingsError as problem:
        pytest.skip(f"{problem}: {problem.__cause__}")


@pytest.fixture(scope="module")
def folder(library: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP of open_clip, 12 dimensions, pictures of 32 pixels, 77 tokens, saved as its authors save theirs."""
    import torch
    from safetensors.torch import save_file

    place = tmp_path_factory.mktemp("open-clip") / "clip-random"
    place.mkdir()
    config = {
        "embed_dim": 12,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "patch_size": 8},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 2},
    }
    torch.manual_seed(0)
    model = library.CLIP(**config)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, place / "open_clip_model.safetensors")
    pictures = {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.25, 0.3], "interpolation": "bicubic", "resize_mode": "shortest"}
    (place / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": pictures}))
    return place


def unit(rows: Any) -> np.ndarray:
    values = rows.double().numpy()
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def test_vectors_are_open_clips_own(library: Any, folder: Path) -> None:
    import torch

    model, preprocess = library.create_model_from_pretrained(f"local-dir:{folder}")
    tokenizer = library.get_tokenizer(f"local-dir:{folder}")
    with torch.inference_mode():
        seen = unit(model.encode_image(torch.stack([preprocess(picture) for picture in canary_pictures()])))
        read = unit(model.encode_text(tokenizer(TEXTS)))
    encoder = open_clip_encoder(str(folder))
    fed = [encoder.prepared(picture) for picture in canary_pictures()]
    np.testing.assert_allclose(encoder.encode_images(fed, "document"), seen, rtol=0, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(TEXTS, "query"), read, rtol=0, atol=1e-5)
    alone = np.concatenate([encoder.encode_images([one], "document") for one in fed])
    np.testing.assert_allclose(alone, seen, rtol=0, atol=1e-5)
    assert encoder.dim == 12


def test_texts_are_counted_and_cut(folder: Path) -> None:
    encoder = open_clip_encoder(str(folder))
    lengths = encoder.lengths(TEXTS, "query").tolist()
    assert encoder.longest == 77
    assert lengths == [4, 8, 122]
    assert encoder.truncated(TEXTS, "query") == (1, 45)
    assert np.count_nonzero(encoder.echo(TEXTS, "query")["ids"]) == 4


def test_a_tokenizer_of_transformers_in_the_folder(library: Any, folder: Path, tiny: Any, tmp_path: Path) -> None:
    place = tmp_path / "hf-random"
    shutil.copytree(folder, place)
    told = json.loads((place / "open_clip_config.json").read_text())
    told["model_cfg"]["text_cfg"] |= {"hf_tokenizer_name": "its own", "context_length": 77}
    (place / "open_clip_config.json").write_text(json.dumps(told))
    tiny.tokenizer(77).save_pretrained(place)
    encoder = open_clip_encoder(str(place))
    assert encoder.lengths(["the scan", "a chest x ray " * 50], "query").tolist() == [4, 202]
    assert encoder.encode(["the scan"], "query").shape == (1, 12)


def test_identity_moves_with_files_and_options(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = open_clip_encoder(str(folder)).identity()
    other = tmp_path / "clip-random"
    shutil.copytree(folder, other)
    assert open_clip_encoder(str(other)).identity() == own
    told = json.loads((other / "open_clip_config.json").read_text())
    told["model_cfg"]["vision_cfg"]["image_size"] = 40
    (other / "open_clip_config.json").write_text(json.dumps(told))
    padded = open_clip_encoder(str(folder), crop="pad").identity()
    assert len({own, open_clip_encoder(str(other)).identity(), padded}) == 3
    monkeypatch.setattr("retrieval.encoders.images.open_clip.DECODING", 99)
    assert open_clip_encoder(str(folder)).identity() != own


def test_a_folder_is_told_by_its_files(folder: Path) -> None:
    assert type(folder_encoder(folder, {})).__name__ == "OpenClipEncoder"


def test_weights_of_a_file_for_a_built_in_name(library: Any, folder: Path) -> None:
    encoder = open_clip_encoder("ViT-B-32", pretrained=str(folder / "open_clip_model.safetensors"))
    assert len(encoder.identity()) == 64
    with pytest.raises(InputError, match="cannot be loaded"):
        assert encoder.dim
    with pytest.raises(UsageError, match="no weights 'nothing'"):
        open_clip_encoder("ViT-B-32", pretrained="nothing").identity()
    with pytest.raises(UsageError, match="no model 'ViT-B-31'"):
        open_clip_encoder("ViT-B-31", pretrained="openai").identity()


def test_refusals_need_no_open_clip(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="would be a random one"):
        open_clip_encoder("ViT-B-32")
    with pytest.raises(InputError, match=r"no open_clip_config\.json"):
        open_clip_folder(tmp_path, {})
    (tmp_path / "open_clip_config.json").write_text("{}")
    with pytest.raises(UsageError, match="holds its weights"):
        open_clip_folder(tmp_path, {"pretrained": "openai"})
    with pytest.raises(UsageError, match="no option 'colour'"):
        open_clip_folder(tmp_path, {"colour": "grey"})


def test_without_open_clip_the_extra_is_named(folder_free: Path) -> None:
    try:
        open_clip_library()
    except SurroundingsError:
        with pytest.raises(SurroundingsError, match=r"medir\[open-clip\]"):
            assert open_clip_folder(folder_free, {}).dim
    else:
        pytest.skip("open_clip is installed")


@pytest.fixture
def folder_free(tmp_path: Path) -> Path:
    (tmp_path / "open_clip_config.json").write_text("{}")
    return tmp_path
