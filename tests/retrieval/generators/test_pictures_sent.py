"""Pictures for models behind endpoints: what is sent is what was seen, and what cannot be sent is told before."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpora import ImageRef, InputError
from corpora.images import ImageFault
from corpora.workspace import Workspace
from retrieval.generators import make_generator
from retrieval.generators.ask import ask
from retrieval.generators.estimate import tokens_of
from retrieval.generators.keys import request_key
from retrieval.generators.pictures import LONGEST_SIDE, PICTURE_TOKENS, checked, sent
from retrieval.generators.protocol import Message, Request
from retrieval.generators.turns import turns
from tests.retrieval.generators.faulty_server import always, served

Image = pytest.importorskip("PIL.Image")
SEED = np.random.default_rng(7)
RGB = SEED.integers(0, 256, (12, 16, 3), dtype=np.uint8)


def saved(path: Path, pixels: Any = RGB, **more: Any) -> ImageRef:
    Image.fromarray(pixels).save(path, **more)
    return ImageRef(str(path))


def seen(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def request(*images: ImageRef, text: str = "what?") -> Request:
    return Request("q", (Message("system", "you"), Message("user", text, images)))


@pytest.mark.parametrize(("name", "kind"), [("a.png", "image/png"), ("a.jpg", "image/jpeg"), ("really_a_png.txt", "image/png")])
def test_a_plain_file_is_sent_as_it_is_by_its_content(tmp_path: Path, name: str, kind: str) -> None:
    image = saved(tmp_path / name, format="JPEG" if name.endswith("jpg") else "PNG")
    found = sent(image)
    assert (found.kind, found.content) == (kind, (tmp_path / name).read_bytes())


def test_other_files_frames_and_depths_are_sent_as_png(tmp_path: Path) -> None:
    frames = [Image.fromarray(RGB), Image.fromarray(RGB[::-1].copy())]
    frames[0].save(tmp_path / "two.tiff", save_all=True, append_images=frames[1:])
    saved(tmp_path / "deep.png", SEED.integers(0, 1 << 16, (5, 6)).astype(np.uint16))
    for frame in (0, 1):
        found = sent(ImageRef(str(tmp_path / "two.tiff"), frame))
        assert found.kind == "image/png"
        assert np.array_equal(seen(found.content), np.asarray(frames[frame]))
    deep = sent(ImageRef(str(tmp_path / "deep.png")))
    assert Image.open(io.BytesIO(deep.content)).mode == "RGB"
    assert deep.content != (tmp_path / "deep.png").read_bytes()


def test_a_very_large_picture_is_scaled_and_says_so(tmp_path: Path) -> None:
    image = saved(tmp_path / "wide.png", np.zeros((3, 2 * LONGEST_SIDE, 3), np.uint8))
    assert checked(image).scaled
    assert seen(sent(image).content).shape == (2, LONGEST_SIDE, 3)
    exact = saved(tmp_path / "exact.png", np.zeros((3, LONGEST_SIDE, 3), np.uint8))
    assert not checked(exact).scaled
    assert sent(exact).content == (tmp_path / "exact.png").read_bytes()


def test_what_cannot_be_sent_is_told(tmp_path: Path) -> None:
    whole = saved(tmp_path / "whole.png", SEED.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    (tmp_path / "torn.png").write_bytes(Path(whole.path).read_bytes()[:2000])
    (tmp_path / "note.png").write_text("no picture")
    for name in ("torn.png", "note.png", "gone.png"):
        assert checked(ImageRef(str(tmp_path / name))).fault, name
    assert not checked(whole).fault
    for name in ("note.png", "gone.png"):
        with pytest.raises(ImageFault):
            sent(ImageRef(str(tmp_path / name)))


def test_keys_hang_on_the_pixels_the_frame_and_the_rules_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, same, other = saved(tmp_path / "1.png"), saved(tmp_path / "2.png"), saved(tmp_path / "3.png", RGB[::-1].copy())
    keys = [request_key({}, request(image)) for image in (one, same, other, ImageRef(one.path, 1))]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert request_key({}, request(ImageRef("nowhere", 0, "ab"))) != request_key({}, request(ImageRef("nowhere", 0, "cd")))
    text = request_key({}, request())
    monkeypatch.setattr("retrieval.generators.pictures.LONGEST_SIDE", 100)
    assert request_key({}, request(one)) != keys[0]
    assert request_key({}, request()) == text
    assert tokens_of(request(one, other)) - tokens_of(request()) == 2 * PICTURE_TOKENS


def test_a_server_gets_the_pictures_behind_the_text_in_their_order(tmp_path: Path) -> None:
    Image.fromarray(RGB[::-1].copy()).save(tmp_path / "b.tiff")
    images = (saved(tmp_path / "a.png"), ImageRef(str(tmp_path / "b.tiff")))
    with served(always("says:A")) as books:
        given = ask(make_generator(f"openai:m@{books.url}"), [request(*images)], Workspace())
        again = ask(make_generator(f"openai:m@{books.url}"), [request(*images)], Workspace())
    assert [one.text for one in given.found.values()] == ["A"] == [one.text for one in again.found.values()]
    assert len(books.bodies) == 1
    text, *parts = books.bodies[0]["messages"][1]["content"]
    assert text == {"type": "text", "text": "what?"}
    assert books.bodies[0]["messages"][0]["content"] == "you"
    for part, wanted in zip(parts, (RGB, RGB[::-1]), strict=True):
        head, _, data = part["image_url"]["url"].partition(",")
        assert (part["type"], head) == ("image_url", "data:image/png;base64")
        assert np.array_equal(seen(base64.b64decode(data, validate=True)), wanted)


def test_a_local_model_refuses_pictures() -> None:
    with pytest.raises(InputError, match="takes no images"):
        turns(request(ImageRef("a.png")).messages, "hf:folder")
