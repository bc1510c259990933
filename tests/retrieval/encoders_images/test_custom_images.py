"""A user's class that reads pictures: taken, refused with reasons, and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpora import InputError
from retrieval.contracts import check_encoder
from retrieval.encoders import resolve_encoder
from retrieval.encoders.protocol import modalities_of, reads_images, reads_joint

pytest.importorskip("PIL")

from retrieval.encoders.images.canaries import canary_pictures

HEAD = """
import hashlib
import numpy as np

def of(thing):
    raw = thing.encode() if isinstance(thing, str) else thing.tobytes() + str(thing.size).encode()
    return np.frombuffer(hashlib.sha256(raw).digest(), np.uint8).astype(np.float32) - 127.3

class Model:
    name, dim, similarity = "hashes", 32, "cosine"
"""
TEXTS = """
    def encode_queries(self, texts):
        return np.array([of(text) for text in texts], np.float32).reshape(-1, 32)
    encode_documents = encode_queries
"""
IMAGES = """
    def encode_images(self, images):
        return np.array([of(image) for image in images], np.float32).reshape(-1, 32)
"""
JOINT = """
    def encode_joint(self, texts, images):
        return np.array([of(t) + sum(of(i) for i in own) for t, own in zip(texts, images)], np.float32).reshape(-1, 32)
"""
BOTH = '    modalities = ("text", "image")\n'
ALONE = '    modalities = ("image",)\n'


def written(place: Path, *parts: str) -> str:
    file = place / "made.py"
    file.write_text(HEAD + "".join(parts))
    return f"{file}:Model"


def test_pictures_alone(tmp_path: Path) -> None:
    encoder: Any = resolve_encoder(written(tmp_path, ALONE, IMAGES))
    assert modalities_of(encoder) == {"image"}
    assert not reads_joint(encoder)
    fed = [encoder.prepared(picture) for picture in canary_pictures()]
    made = encoder.encode_images(fed, "document")
    assert made.shape == (3, 32)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-6)
    assert len(encoder.identity()) == 64
    with pytest.raises(InputError, match="reads pictures alone"):
        encoder.encode(["fever"], "query")
    assert all(finding.ok for finding in check_encoder(written(tmp_path, ALONE, IMAGES)))


def test_texts_and_pictures_and_both(tmp_path: Path) -> None:
    encoder: Any = resolve_encoder(written(tmp_path, BOTH, TEXTS, IMAGES, JOINT))
    assert reads_images(encoder)
    assert reads_joint(encoder)
    fed = [encoder.prepared(picture) for picture in canary_pictures()]
    both = encoder.encode_joint(["a", "b"], [fed[:1], fed[1:]], "query")
    assert both.shape == (2, 32)
    findings = check_encoder(written(tmp_path, BOTH, TEXTS, IMAGES, JOINT))
    assert all(finding.ok for finding in findings)
    assert {"encode_queries", "encode_images", "encode_joint"} <= {finding.name.split(":")[0] for finding in findings}


def test_the_identity_moves_with_what_pictures_become(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = written(tmp_path, ALONE, IMAGES)
    own = resolve_encoder(target).identity()
    assert resolve_encoder(target).identity() == own
    monkeypatch.setattr("retrieval.encoders.images.custom.DECODING", 99)
    assert resolve_encoder(target).identity() != own


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((TEXTS, IMAGES), "no `modalities` that name 'image'"),
        ((BOTH, TEXTS), "no 'encode_images'"),
        ((BOTH, IMAGES), "no 'encode_queries'"),
        (('    modalities = "image"\n', IMAGES), "`modalities` is 'image'"),
        (('    modalities = ("video",)\n', IMAGES), r"`modalities` is \('video',\)"),
        ((ALONE, IMAGES, JOINT), "'encode_joint', and `modalities`"),
        ((ALONE, "    encode_images = 3\n"), "'encode_images' is not a method"),
    ],
)
def test_refusals(parts: tuple[str, ...], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        resolve_encoder(written(tmp_path, *parts))
    assert not check_encoder(written(tmp_path, *parts))[0].ok


def faults(place: Path, body: str) -> str:
    place = place / str(len(list(place.iterdir())))  # a file of its own: modules are imported once
    place.mkdir()
    method = f"    def encode_images(self, images):\n        made = np.array([of(i) for i in images], np.float32)\n{body}"
    return " | ".join(f.reason for f in check_encoder(written(place, ALONE, method)) if not f.ok)


def test_what_is_wrong_with_its_vectors_is_found(tmp_path: Path) -> None:
    assert "for 4 pictures, not (4, 32)" in faults(tmp_path, "        return made[:, :31]\n")
    assert "float64, not float32" in faults(tmp_path, "        return made.astype(float)\n")
    assert "NaN or infinity for picture '1'" in faults(tmp_path, "        made[1:] = np.nan\n        return made\n")
    assert "wrong order" in faults(tmp_path, "        return made.reshape(-1, 32)[::-1]\n")
    assert "change with the batch" in faults(
        tmp_path, "        return made.reshape(-1, 32) + len(images) * np.arange(32, dtype='f')\n"
    )
    assert "raised ValueError" in faults(tmp_path, "        raise ValueError('no')\n")
    same = "        return np.ones((len(images), 32), np.float32)\n"
    assert "different pictures have the same vector: 0 and 1" in faults(tmp_path, same)
