"""`medir search` with a picture, and over pictures."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from corpora import MedirError
from medir.commands.search import search

Image = pytest.importorskip("PIL.Image")

COLOURS = {"red": (220, 20, 20), "green": (20, 210, 30), "blue": (10, 30, 230), "grey": (128, 128, 128)}
SEER = "tests.medir.colour_seer:Seer"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four notes, each with a picture of one colour but the last, which has two."""
    place = tmp_path / "notes"
    (place / "scans").mkdir(parents=True)
    rows = []
    for name, colour in COLOURS.items():
        Image.new("RGB", (40, 30), colour).save(place / "scans" / f"{name}.png")
        rows.append({"_id": name, "title": f"The {name} one", "text": f"a {name} scan", "images": [f"scans/{name}.png"]})
    rows[-1]["images"] = ["scans/grey.png", "scans/red.png"]
    (place / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return place


def asked(capsys: pytest.CaptureFixture[str], folder: Path, *text: str, **flags: Any) -> tuple[list[dict[str, Any]], str]:
    """The hits as JSON, and what was said beside them."""
    search(str(folder), *text, format="json", **flags)
    told = capsys.readouterr()
    return list(json.loads(told.out)), told.err


def test_a_picture_finds_its_like_and_hits_name_their_pictures(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan = tmp_path / "scan.png"
    Image.new("RGB", (8, 8), (10, 200, 40)).save(scan)
    spec = f"dense:{SEER}(documents=image)"
    hits, _ = asked(capsys, folder, image=scan, retriever=spec, k=2)
    assert (hits[0]["rank"], hits[0]["id"], hits[0]["images"]) == (1, "green", ["scans/green.png"])
    both, _ = asked(capsys, folder, "red", image=scan, retriever=spec, k=4)
    assert {hit["id"] for hit in both} == set(COLOURS)
    assert next(hit["images"] for hit in both if hit["id"] == "grey") == ["scans/grey.png", "scans/red.png"]
    assert [hit["score"] for hit in hits] != [hit["score"] for hit in both[:2]]


def test_a_frame_is_asked_for(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scan = tmp_path / "scan.tif"
    frames = [Image.new("RGB", (8, 8), COLOURS[name]) for name in ("red", "blue")]
    frames[0].save(scan, save_all=True, append_images=frames[1:])
    for frame, name in ((None, "red"), (0, "red"), (1, "blue")):
        hits, _ = asked(capsys, folder, image=scan, frame=frame, retriever=f"dense:{SEER}(documents=image)", k=1)
        assert hits[0]["id"] == name
    with pytest.raises(MedirError, match="no such frame"):
        asked(capsys, folder, image=scan, frame=2, retriever=f"dense:{SEER}")


def test_tables_show_the_files_of_pictures_where_there_are_any(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    search(str(folder), "grey scan", k=2)
    table = capsys.readouterr().out
    assert "images" in table.splitlines()[0]
    assert "scans/grey.png; scans/red.png" in table
    search(str(folder), "grey scan", k=2, format="csv")
    first = next(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert (first["id"], first["images"]) == ("grey", "scans/grey.png; scans/red.png")
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").read_text().splitlines()]
    (folder / "corpus.jsonl").write_text("".join(json.dumps({**row, "images": None}) + "\n" for row in rows))
    search(str(folder), "grey scan", k=2)
    assert "images" not in capsys.readouterr().out
    hits, _ = asked(capsys, folder, "grey", k=1)
    assert hits[0]["images"] == []


def test_a_page_is_written_beside_the_table(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "found.html"
    hits, told = asked(capsys, folder, "grey scan", image=folder / "scans" / "red.png", html=place, k=2)
    text = place.read_text("utf-8")
    assert hits[0]["id"] == "grey"
    assert "found.html" in told
    assert text.count("<img ") == 1 + 2 + 1  # the query's, the two of the first hit, the one of the second
    assert "<title>grey scan - medir search</title>" in text
    assert "image_parts_unread_queries: 1" in told
    assert "image_parts_unread_queries: 1" in text


def test_documents_that_lost_their_picture_are_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.effect_noise((60, 60), 90).convert("RGB").save(folder / "scans" / "red.png")
    (folder / "scans" / "red.png").write_bytes((folder / "scans" / "red.png").read_bytes()[:2000])
    hits, told = asked(capsys, folder, "red", retriever=f"dense:{SEER}(documents=image)")
    assert {hit["id"] for hit in hits} == {"green", "blue", "grey"}
    assert told.splitlines()[-2:] == ["undecodable_images: 2", "vectorless_documents: 1"]


BAD = [
    ({}, "nothing is asked"),
    ({"frame": 1}, "frame of no picture"),
    ({"image": "gone.png"}, "no such file"),
    ({"image": "words.png"}, "no picture"),
    ({"image": "torn.png"}, "cannot be decoded"),
    ({"image": "."}, "no such file"),
    ({"image": "good.png", "frame": -1}, "counted from 0"),
    ({"image": "good.png", "frame": 3}, "no such frame"),
    ({"image": "good.png", "html": "no/found.html"}, "no such folder"),
    ({"image": "good.png", "html": "words.png"}, "no page of medir"),
]


@pytest.mark.parametrize(("flags", "said"), BAD, ids=str)
def test_what_cannot_be_asked_is_refused_before_anything_is_built(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: dict[str, Any], said: str
) -> None:
    (tmp_path / "words.png").write_text("these are words")
    Image.effect_noise((64, 64), 50).save(tmp_path / "good.png")
    (tmp_path / "torn.png").write_bytes((tmp_path / "good.png").read_bytes()[:900])
    paths: dict[str, Any] = {name: tmp_path / value if isinstance(value, str) else value for name, value in flags.items()}
    with pytest.raises(MedirError) as refused:
        search(str(folder), retriever="dense:nothing/here", **paths)
    assert said in str(refused.value)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("spec", ["bm25", "dense:tests.medir.colour_seer:Reader"])
def test_a_picture_alone_is_refused_by_what_reads_texts(folder: Path, spec: str) -> None:
    with pytest.raises(MedirError) as refused:
        search(str(folder), image=folder / "scans" / "red.png", retriever=spec)
    assert refused.value.mend
