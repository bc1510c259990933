"""From what records say to pinned pictures: forms, frames, folders that paths may not leave, and each file looked at once."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager

import pytest

pytest.importorskip("PIL")

import numpy as np
import pyarrow as pa
from painted import cut, frames, huge, painted

from corpora import Card, Collection, Part, Qrels, Queries, corpus_of
from corpora.errors import InputError
from corpora.images import ImageRef, decode
from corpora.images.claims import Claim, claims_of
from corpora.images.located import Gallery, stamp
from corpora.images.modality import modality_of, with_modality
from corpora.sources.pictured import Shelf
from corpora.workspace import Workspace


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"image": "a.png"}, [("a.png", 0)]),
        ({"image_path": "b.png", "image": "a.png"}, [("a.png", 0), ("b.png", 0)]),
        (
            {"images": ["a.png", {"path": "b.tif", "frame": 2}, None, {"file": "c.png"}]},
            [("a.png", 0), ("b.tif", 2), ("c.png", 0)],
        ),
        ({"images": '["a.png", {"image_path": "b.png"}]'}, [("a.png", 0), ("b.png", 0)]),
        ({"image": "[odd name.png"}, [("[odd name.png", 0)]),
        ({"image": {"path": "a.png", "bytes": None, "frame": None}}, [("a.png", 0)]),
        ({"image": None, "images": [], "image_path": ""}, []),
    ],
)
def test_the_forms_of_a_record(row, expected):
    row = {**row, "text": "stays"}
    assert claims_of(row) == tuple(Claim(*pair) for pair in expected)
    assert row == {"text": "stays"}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (7, "the field 'image' names no file"),
        ({"frame": 1}, "the field 'image' names no file"),
        ("a\0b", "the field 'image' names no file"),
        ({"path": "a.png", "frame": -1}, "names the frame -1"),
        ({"path": "a.png", "frame": True}, "names the frame True"),
        ({"path": "a.png", "frame": "1"}, "names the frame '1'"),
    ],
)
def test_what_names_no_picture_is_refused(value, message):
    with pytest.raises(InputError, match=message):
        claims_of({"image": value})


def test_pictures_are_pinned_by_the_hash_of_their_file(tmp_path):
    path = painted(tmp_path / "images" / "a.png")
    gallery = Gallery(tmp_path)
    assert gallery.refs((Claim("images/a.png"),), "here", "document 'd'") == (
        ImageRef(str(path), 0, hashlib.sha256(path.read_bytes()).hexdigest()),
    )
    assert not gallery.counts
    assert not gallery.faults


def test_each_file_is_looked_at_once_and_progress_counts_them(tmp_path, monkeypatch):
    seen, shown = [], []
    look = decode.look
    monkeypatch.setattr(decode, "look", lambda path: seen.append(path.name) or look(path))

    @contextmanager
    def progress(label, total, unit=""):
        shown.append([label, total, 0])
        yield lambda done: shown[-1].__setitem__(2, shown[-1][2] + done)

    for number in range(5):
        painted(tmp_path / f"{number}.png", number)
    gallery = Gallery(tmp_path, progress)
    gallery.look(Claim(f"{number % 5}.png", number // 5) for number in range(10))
    gallery.refs((Claim("3.png"), Claim("3.png")), "here", "document 'd'")
    assert sorted(seen) == [f"{number}.png" for number in range(5)]
    assert shown == [[f"looking at pictures of {tmp_path.name}", 5, 5]]


def test_faults_are_counted_and_named(tmp_path):
    painted(tmp_path / "sound.png")
    huge(tmp_path / "huge.png")
    frames(tmp_path / "two.tif", 2)
    (tmp_path / "text.png").write_text("no picture at all\n" * 20)
    (tmp_path / "folder.png").mkdir()
    claims = [Claim(name) for name in ("sound.png", "none.png", "text.png", "huge.png", "folder.png")]
    gallery = Gallery(tmp_path)
    found = gallery.refs((*claims, Claim("two.tif", 1), Claim("two.tif", 2)), "corpus.jsonl:3", "document 'd7'")
    assert [(ref.path.rpartition("/")[2], ref.frame) for ref in found] == [("sound.png", 0), ("two.tif", 1)]
    assert gallery.counts == {"missing_images": 2, "unreadable_images": 2, "oversized_images": 1}
    start = "corpus.jsonl:3, document 'd7': "
    for message, expected in zip(
        gallery.messages,
        [
            "none.png: there is no such file",
            "text.png: the file is no picture",
            "huge.png: the picture is too large to decode",
            "folder.png: there is no such file",
            "two.tif: the file has no such frame: 2 of 2",
        ],
        strict=True,
    ):
        assert message.startswith(start + expected)


def test_paths_may_not_leave_the_folder(tmp_path):
    outside = painted(tmp_path / "outside.png")
    root = tmp_path / "root"
    painted(root / "inside.png")
    (root / "link.png").symlink_to(outside)
    (root / "folder").symlink_to(tmp_path)
    (root / "fine.png").symlink_to(root / "inside.png")
    gallery = Gallery(root)
    for path in ("../outside.png", str(outside), "link.png", "folder/outside.png", "a/../inside.png", "/etc/passwd"):
        with pytest.raises(InputError) as caught:
            gallery.refs((Claim(path),), "corpus.jsonl:3", "document 'd7'")
        assert str(caught.value).startswith(f"corpus.jsonl:3, document 'd7': the picture {path!r} lies outside the folder\n")
    assert len(gallery.refs((Claim("fine.png"),), "", "")) == 1


def test_links_in_a_circle_and_names_too_long_are_missing_pictures(tmp_path):
    (tmp_path / "a.png").symlink_to("a.png")
    gallery = Gallery(tmp_path)
    assert gallery.refs([Claim("a.png"), Claim("x" * 300 + ".png")], "f:1", "document 'd'") == ()
    assert gallery.counts == {"missing_images": 2}
    shelf = Shelf(tmp_path, (".", "under"), Workspace(tmp_path))
    assert shelf.found("x" * 300) == "x" * 300


def test_damage_is_found_where_pixels_are_decoded(tmp_path):
    cut(tmp_path / "cut.png")
    assert len(Gallery(tmp_path).refs((Claim("cut.png"),), "", "")) == 1
    gallery = Gallery(tmp_path, decoding=True)
    assert gallery.refs((Claim("cut.png"),), "f:1", "document 'd'") == ()
    assert gallery.counts == {"undecodable_images": 1}
    assert gallery.messages[0].startswith("f:1, document 'd': cut.png: the picture cannot be decoded")


def test_a_stamp_changes_with_any_picture(tmp_path):
    one, other = painted(tmp_path / "a.png", 1), tmp_path / "b.png"
    stamps = [stamp(tmp_path, {"a.png", "b.png"})]
    painted(other, 2)
    stamps.append(stamp(tmp_path, {"a.png", "b.png"}))
    one.write_bytes(one.read_bytes() + b"x")
    stamps.append(stamp(tmp_path, {"b.png", "a.png"}))
    assert len(set(stamps)) == 3
    assert stamp(tmp_path, {"b.png", "a.png"}) == stamps[2]


def test_a_stamp_changes_with_leave_to_read_and_with_the_decoding_rules(tmp_path, monkeypatch):
    painted(tmp_path / "a.png")
    before = stamp(tmp_path, {"a.png"})
    with monkeypatch.context() as changed:
        changed.setattr("os.access", lambda path, mode: False)
        assert stamp(tmp_path, {"a.png"}) != before
    assert stamp(tmp_path, {"a.png"}) == before
    monkeypatch.setattr(decode, "DECODING", decode.DECODING + 1)
    assert stamp(tmp_path, {"a.png"}) != before


def test_queries_are_sliced_by_modality_where_there_is_a_picture(tmp_path):
    assert [modality_of(*both) for both in ((True, False), (False, True), (True, True))] == ["text", "image", "text+image"]
    image = ImageRef(str(painted(tmp_path / "a.png")))
    corpus = corpus_of(pa.table({"id": ["d"], "text": ["words"]}))
    parts = ((Part(text="a"),), (Part(image=image),), (Part(text="a"), Part(image=image)), (Part(text="a"),))
    queries = Queries(("q1", "q2", "q3", "q4"), parts, ({}, {}, {"year": 3}, {"modality": "own"}))
    told = with_modality(Collection(Card("c", slices=("year",)), "test", corpus, queries, Qrels({})))
    assert [row["modality"] for row in told.queries.metadata] == ["text", "image", "text+image", "own"]
    assert told.queries.metadata[2]["year"] == 3
    assert told.card.slices == ("year", "modality")
    assert with_modality(told).card == told.card
    plain = Collection(Card("c"), "test", corpus, Queries.of_texts(["q"], ["a"]), Qrels({}))
    assert with_modality(plain) is plain
    assert np.array_equal(corpus.images(np.array([0])), [()])
