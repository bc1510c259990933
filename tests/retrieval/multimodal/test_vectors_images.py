"""Pictures to vectors: in order, once, kept, a few at a time, and what is said of those that cannot be decoded."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from colours import Colours, Decoder, Joined, broken, corpus_with, counting, picture, picture_vector, slowly, text_vector, unit

from corpora import InputError
from corpora.images import ImageFault, ImageRef
from corpora.workspace import Workspace
from retrieval.vectors import embed, embed_images
from retrieval.vectors.images import embed_joint
from retrieval.vectors.picture_work import AHEAD, KINDS
from retrieval.vectors.pictures import CorpusPictures, Joint
from retrieval.vectors.texts import Some

pytest.importorskip("PIL")


@pytest.fixture
def decoder(monkeypatch: pytest.MonkeyPatch) -> Decoder:
    return counting(monkeypatch)


def expected(images: list[ImageRef]) -> np.ndarray:
    return np.array([unit(picture_vector(image.path)) for image in images])


def test_vectors_come_in_order_equal_pictures_once_and_never_again(tmp_path: Path, decoder: Decoder) -> None:
    images = [picture(tmp_path / "a", number % 11) for number in range(30)]
    images[20] = picture(tmp_path / "copies", 3)  # the same bytes elsewhere
    model = Colours()
    found = embed_images(model, images, "document", Workspace(tmp_path))
    np.testing.assert_allclose(found.vectors, expected(images), atol=1e-6)
    assert sorted(decoder.seen) == sorted({f"{number:03d}.png" for number in range(11)})
    assert (model.batches, found.faults, len(found.bad)) == ([4, 4, 3], (), 0)
    again = embed_images(Colours(), images[::-1], "document", Workspace(tmp_path), into=tmp_path / "v.f32")
    np.testing.assert_array_equal(again.vectors, found.vectors[::-1])
    assert len(decoder.seen) == 11


def test_a_role_and_a_text_of_the_same_words_share_nothing(tmp_path: Path, decoder: Decoder) -> None:
    image, workspace = picture(tmp_path / "a", 1), Workspace(tmp_path)
    embed_images(Colours(), [image], "document", workspace)
    embed_images(Colours(), [image], "query", workspace)
    assert len(decoder.seen) == 2
    text = embed(Colours(), [image.key], "document", workspace).vectors
    np.testing.assert_allclose(text[0], unit(text_vector(image.key)), atol=1e-6)


def test_what_cannot_be_decoded_is_zero_named_and_kept(tmp_path: Path, decoder: Decoder) -> None:
    images = [picture(tmp_path / "a", 1), broken(tmp_path / "a"), picture(tmp_path / "a", 2), broken(tmp_path / "b", "other.png")]
    for _ in range(2):
        found = embed_images(Colours(), images, "document", Workspace(tmp_path), ids=["d1", "d2", "d3", "d4"])
        assert found.faults == ("d2: broken.png: the picture cannot be decoded", "d4: other.png: the picture cannot be decoded")
        assert found.bad.tolist() == [1, 3]
        assert found.vectors.any(axis=1).tolist() == [True, False, True, False]
    assert len(decoder.seen) == 4


def test_twenty_faults_are_named_and_all_are_counted(tmp_path: Path, decoder: Decoder) -> None:
    images = [broken(tmp_path / "a", f"{number}.png") for number in range(25)]
    found = embed_images(Colours(), images, "document", Workspace(tmp_path))
    assert (len(found.faults), len(found.bad)) == (20, 25)


def test_the_numbers_of_faults_are_never_to_change() -> None:
    from corpora.images import FAULTS

    assert KINDS[:6] == ("missing", "not-an-image", "too-large", "no-pixels", "damaged", "no-such-frame")
    assert set(KINDS) == set(FAULTS)


def test_a_file_that_is_gone_or_has_changed_is_no_vector(tmp_path: Path, decoder: Decoder) -> None:
    first, second = picture(tmp_path / "a", 1), picture(tmp_path / "a", 2)
    Path(first.path).write_bytes(Path(second.path).read_bytes())
    with pytest.raises(InputError, match="has changed since its hash was taken"):
        embed_images(Colours(), [first], "document", Workspace(tmp_path))
    Path(first.path).unlink()
    with pytest.raises(ImageFault, match="no such file"):
        embed_images(Colours(), [first], "document", Workspace(tmp_path))
    with pytest.raises(ImageFault, match="no such file"):
        embed_images(Colours(), [ImageRef(first.path)], "document", Workspace(tmp_path))


class Raw(Colours):
    """Is fed the picture itself, so that it lives until it is embedded; slower than the decoder."""

    def prepared(self, picture: Any) -> Any:
        return picture

    def encode_images(self, prepared: Any, role: str, ids: Any = ()) -> np.ndarray:
        time.sleep(0.004)
        return super().encode_images([super(Raw, self).prepared(one) for one in prepared], role, ids)


class Twice(Raw):
    workers = 2


@pytest.mark.parametrize("model", [Raw(), Twice()])
def test_only_a_few_batches_are_held(tmp_path: Path, decoder: Decoder, model: Raw) -> None:
    images = [picture(tmp_path / "a", number) for number in range(100)]
    found = embed_images(model, images, "document", Workspace(tmp_path))
    np.testing.assert_allclose(found.vectors, expected(images), atol=1e-6)
    assert model.images_a_batch < decoder.most <= (AHEAD + model.workers + 2) * model.images_a_batch
    assert len(decoder.seen) == 100


def test_memory_does_not_grow_with_the_pictures(tmp_path: Path, decoder: Decoder) -> None:
    """Peak of what Python and NumPy allocate: 96 pictures of 192 KiB each would be 18 MiB."""
    import tracemalloc

    class Large(Colours):
        def prepared(self, picture: Any) -> Any:
            return np.asarray(picture, np.uint8).copy()

        def encode_images(self, prepared: Any, role: str, ids: Any = ()) -> np.ndarray:
            return super().encode_images([Colours.prepared(self, one) for one in prepared], role, ids)

    images = [picture(tmp_path / "a", number, 256) for number in range(96)]
    tracemalloc.start()
    embed_images(Large(), images, "document", Workspace(tmp_path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * 2**20, "as 7 batches of 4 pictures and their means in float64"


def test_decoding_and_embedding_overlap(tmp_path: Path, decoder: Decoder) -> None:
    class Slow(Colours):
        def encode_images(self, prepared: Any, role: str, ids: Any = ()) -> np.ndarray:
            time.sleep(0.04)
            return super().encode_images(prepared, role, ids)

    slowly(decoder, 0.02)
    images = [picture(tmp_path / "a", number) for number in range(40)]
    began = time.perf_counter()
    embed_images(Slow(), images, "document", Workspace(tmp_path))
    assert time.perf_counter() - began < 0.02 * 40 + 0.04 * 10, "one after the other it is 1.2 s"


def test_a_kill_keeps_every_finished_batch(tmp_path: Path, decoder: Decoder) -> None:
    class Stops(Colours):
        def encode_images(self, prepared: Any, role: str, ids: Any = ()) -> np.ndarray:
            if len(self.batches) == 3:
                raise KeyboardInterrupt
            return super().encode_images(prepared, role, ids)

    images = [picture(tmp_path / "a", number) for number in range(40)]
    with pytest.raises(KeyboardInterrupt):
        embed_images(Stops(), images, "document", Workspace(tmp_path))
    decoder.seen.clear()
    model = Colours()
    found = embed_images(model, images, "document", Workspace(tmp_path))
    assert (sum(model.batches), len(decoder.seen)) == (28, 28)
    np.testing.assert_allclose(found.vectors, expected(images), atol=1e-6)


def test_progress_counts_pictures(tmp_path: Path, decoder: Decoder) -> None:
    from contextlib import contextmanager

    shown: list[Any] = []

    @contextmanager
    def progress(label: str, total: int, unit: str = "") -> Any:
        shown.append([label, total, unit, 0])
        yield lambda done: shown[-1].__setitem__(3, shown[-1][3] + done)

    images = [picture(tmp_path / "a", number % 9) for number in range(18)]
    embed_images(Colours(), images, "query", Workspace(tmp_path, progress))
    assert shown == [["embedding pictures of queries", 9, "img", 9]]


def test_out_of_memory_halves_the_batch(tmp_path: Path, decoder: Decoder) -> None:
    class Greedy(Colours):
        def encode_images(self, prepared: Any, role: str, ids: Any = ()) -> np.ndarray:
            if len(prepared) > 1:
                raise RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory")
            return super().encode_images(prepared, role, ids)

    images = [picture(tmp_path / "a", number) for number in range(9)]
    found = embed_images(Greedy(), images, "document", Workspace(tmp_path))
    np.testing.assert_allclose(found.vectors, expected(images), atol=1e-6)
    assert len(decoder.seen) == 9


def test_the_pictures_of_a_corpus_are_read_lazily(tmp_path: Path, decoder: Decoder) -> None:
    images = [picture(tmp_path / "a", number) for number in range(7)]
    corpus = corpus_with([("d1", "", images[:3]), ("d2", "text", []), ("d3", "", images[3:4]), ("d4", "x", images[4:])], tmp_path)
    source = CorpusPictures(corpus)
    assert [key for block in source.blocks() for key in block] == [image.key for image in images]
    assert source.take(np.array([6, 0, 3])) == [images[6], images[0], images[3]]
    assert source.ids(np.arange(7)) == ["d1"] * 3 + ["d3"] + ["d4"] * 3
    first = CorpusPictures(corpus, only_first=True)
    assert first.take(np.arange(len(first))) == [images[0], images[3], images[4]]
    some = Some(source, np.array([1, 3, 6]))
    assert [key for block in some.blocks() for key in block] == [image.key for image in some.take(np.arange(3))]
    found = embed_images(Colours(), source, "document", Workspace(tmp_path))
    np.testing.assert_allclose(found.vectors, expected(images), atol=1e-6)


def test_a_text_with_its_pictures(tmp_path: Path, decoder: Decoder) -> None:
    one, two, bad = picture(tmp_path / "a", 1), picture(tmp_path / "a", 2), broken(tmp_path / "a")
    pairs = [Joint("fever", (one, two)), Joint("fever", (one,)), Joint("cough", (two, bad)), Joint("rash", (bad,))]
    for _ in range(2):
        found = embed_joint(Joined(), pairs, "document", Workspace(tmp_path), ids=["a", "b", "c", "d"])
        assert found.bad.tolist() == [2, 3]
        assert found.faults == tuple(f"{name}: broken.png: the picture cannot be decoded" for name in "cd")
    pictures = [picture_vector(image.path) for image in (one, two)]

    def joint(text: str, own: list[np.ndarray]) -> np.ndarray:
        return unit(unit(text_vector(text)) - unit(np.mean(own, axis=0)))

    want = [joint("fever", pictures), joint("fever", pictures[:1]), joint("cough", pictures[1:]), unit(text_vector("rash"))]
    np.testing.assert_allclose(found.vectors, want, atol=1e-6)
    assert len(decoder.seen) == 6, "each picture once a pair, and none in the second run"
