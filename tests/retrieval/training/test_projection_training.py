"""A projection between two small towers, trained on pictures whose colour their caption names."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpora import InputError, StateError, UsageError
from corpora.caption_folder import open_captions
from corpora.state import file_digest
from corpora.workspace import Workspace
from retrieval.encoders.images.projected import BIAS, PROJECTION, WEIGHTS, ProjectedEncoder, Tower, is_projection
from retrieval.training import shared_pictures
from retrieval.training.fitting import Fitting
from retrieval.training.projection import ProjectionSettings, train_projection
from retrieval.training.projection_data import (
    DividedCaptions,
    divided,
    open_for_projection,
    pairs_of,
    write_held_out_captions,
)
from tests.retrieval.training.picture_towers import DEEP, WIDE, Colours

pytest.importorskip("torch")
Image = pytest.importorskip("PIL.Image")

PLACE = "tests.retrieval.training.picture_towers"
TOWERS = (Tower(f"{PLACE}:Colours"), Tower(f"{PLACE}:Words"))
LEVELS = {"dark": 0, "faint": 85, "clear": 170, "bright": 255}
SETTINGS = ProjectionSettings(Fitting(epochs=150, learning_rate=1e-2, batch=32, warm_up=0.1, weight_decay=0.01), holdout=0.5)


def write_colours(place: Path) -> Path:
    """Sixty-four pictures of one colour each, whose captions say how much red, green and blue there is."""
    (place / "images").mkdir(parents=True)
    rows = []
    for red in LEVELS:
        for green in LEVELS:
            for blue in LEVELS:
                name = f"{red}-{green}-{blue}"
                colour = (LEVELS[red], LEVELS[green], LEVELS[blue])
                Image.new("RGB", (6, 4), colour).save(place / "images" / f"{name}.png")
                text = f"{red}-red {green}-green {blue}-blue"
                rows.append({"id": name, "image": f"images/{name}.png", "text": text, "light": [red, blue]})
    write_rows(place, rows)
    return place


def write_rows(place: Path, rows: list[dict[str, Any]]) -> None:
    (place / "captions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_colours(tmp_path_factory.mktemp("colours") / "data")


@pytest.fixture
def of(data: Path) -> DividedCaptions:
    return open_for_projection(data, None, 0.5, 0, Workspace())


def test_it_is_learnt_and_measured_on_pictures_never_seen(of: DividedCaptions, tmp_path: Path) -> None:
    place = Workspace()
    done = train_projection(of, *TOWERS, SETTINGS, tmp_path / "one", place)
    report = done.report
    assert done.now
    assert (report["pairs"], report["held_out_pairs"], report["features"], report["dimensions"]) == (32, 32, WIDE, DEEP)
    assert report["loss"]["last_quarter"] < report["loss"]["first_quarter"] / 2
    for way in ("text_to_image", "image_to_text"):
        random, fitted = (report["held_out"][which][way] for which in ("random", "fitted"))
        assert fitted["R@1"] >= 10 / 32 > random["R@1"] + 0.1  # chance is 1 in 32
        assert fitted["R@10"] >= 0.85
    embedded = Colours.embedded
    train_projection(of, *TOWERS, SETTINGS, tmp_path / "two", place)
    assert Colours.embedded == embedded  # features are kept
    names = {path.name for path in (tmp_path / "one").iterdir()}
    assert {"projection.json", "weights.npy", "bias.npy", "training.json", "report.json", "manifest.json"} <= names
    assert {name: file_digest(tmp_path / "one" / name) for name in names} == {
        name: file_digest(tmp_path / "two" / name) for name in names
    }
    train_projection(of, *TOWERS, replace(SETTINGS, seed=1), tmp_path / "three", place)
    assert file_digest(tmp_path / "one" / WEIGHTS) != file_digest(tmp_path / "three" / WEIGHTS)


QUICK = replace(SETTINGS, fitting=replace(SETTINGS.fitting, epochs=2))


def test_the_folder_is_an_encoder_of_texts_and_pictures(of: DividedCaptions, tmp_path: Path) -> None:
    train_projection(of, *TOWERS, QUICK, tmp_path / "p", Workspace())
    assert is_projection(tmp_path / "p")
    assert not is_projection(tmp_path)
    encoder = ProjectedEncoder.open(tmp_path / "p")
    assert (encoder.modalities, encoder.dim, encoder.images_a_batch) == (frozenset({"text", "image"}), DEEP, 8)
    colours, words = Colours(), TOWERS[1].encoder
    picture = Image.new("RGB", (3, 3), (10, 200, 90))
    fed = [encoder.prepared(picture), encoder.prepared(Image.new("RGB", (3, 3), (255, 0, 0)))]
    wanted = colours.encode_images(fed, "document") @ np.load(tmp_path / "p" / WEIGHTS).T + np.load(tmp_path / "p" / BIAS)
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    found = encoder.encode_images(fed, "document")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    texts = words.encode(["dark-red bright-blue"], "query")
    np.testing.assert_allclose(encoder.encode(["dark-red bright-blue"], "query"), texts / np.linalg.norm(texts), atol=1e-6)
    with pytest.raises(UsageError, match="no options"):
        ProjectedEncoder.open(tmp_path / "p", {"device": "cpu"})


def test_another_tower_another_map_another_identity(of: DividedCaptions, tmp_path: Path) -> None:
    for name, seed in (("p", 0), ("q", 1)):
        train_projection(of, *TOWERS, replace(QUICK, seed=seed), tmp_path / name, Workspace())
    assert ProjectedEncoder.open(tmp_path / "p").identity() != ProjectedEncoder.open(tmp_path / "q").identity()
    about = json.loads((tmp_path / "p" / PROJECTION).read_text())
    about["image"]["identity"] = "0" * 64
    (tmp_path / "p" / PROJECTION).write_text(json.dumps(about))
    with pytest.raises(InputError, match=r"image encoder .*Colours' is another"):
        ProjectedEncoder.open(tmp_path / "p").identity()
    weights = (tmp_path / "q" / WEIGHTS).read_bytes()
    (tmp_path / "q" / WEIGHTS).write_bytes(weights[:-4] + b"\0\0\0\0")
    with pytest.raises(StateError, match="checksum"):
        _ = ProjectedEncoder.open(tmp_path / "q").dim
    (tmp_path / "q" / PROJECTION).write_text('{"kind": "other"}')
    with pytest.raises(InputError, match="no projection"):
        ProjectedEncoder.open(tmp_path / "q")


def test_other_held_out_captions_are_no_report_that_was_there_already(of: DividedCaptions, tmp_path: Path) -> None:
    assert of.held_out
    train_projection(of, *TOWERS, QUICK, tmp_path / "p", Workspace())
    mended = replace(of.held_out, texts=("mended", *of.held_out.texts[1:]))
    with pytest.raises(InputError, match="another"):
        train_projection(DividedCaptions(of.train, mended), *TOWERS, QUICK, tmp_path / "p", Workspace())


def test_a_killed_training_leaves_nothing_and_ends_as_if_it_had_not_been(
    of: DividedCaptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    train_projection(of, *TOWERS, QUICK, tmp_path / "whole", Workspace())
    step, steps = torch.optim.AdamW.step, list[int]()

    def stopping(self: Any, *more: Any) -> Any:
        steps.append(1)
        if len(steps) == 2:
            raise KeyboardInterrupt
        return step(self, *more)

    with monkeypatch.context() as patched:
        patched.setattr(torch.optim.AdamW, "step", stopping)
        with pytest.raises(KeyboardInterrupt):
            train_projection(of, *TOWERS, QUICK, tmp_path / "cut", Workspace())
    assert [path.name for path in tmp_path.iterdir()] == ["whole"]
    embedded = Colours.embedded
    train_projection(of, *TOWERS, QUICK, tmp_path / "cut", Workspace())
    assert Colours.embedded == embedded
    assert file_digest(tmp_path / "cut" / WEIGHTS) == file_digest(tmp_path / "whole" / WEIGHTS)
    assert not train_projection(of, *TOWERS, QUICK, tmp_path / "cut", Workspace()).now
    with pytest.raises(InputError, match="another training"):
        train_projection(of, *TOWERS, replace(QUICK, seed=4), tmp_path / "cut", Workspace())


def test_what_it_was_trained_on_is_told_by_its_pictures(of: DividedCaptions, tmp_path: Path) -> None:
    train_projection(of, *TOWERS, QUICK, tmp_path / "p", Workspace())
    assert of.held_out
    seen, unseen = ([one for images in part.images for one in images] for part in (of.train, of.held_out))
    spec = f"rrf(bm25, dense:{tmp_path / 'p'})"
    assert shared_pictures(spec, [*seen, seen[0], *unseen]) == 32
    assert shared_pictures(spec, unseen) == 0
    assert shared_pictures("dense:minilm", seen) == 0
    text = (tmp_path / "p" / "training.json").read_text()
    assert str(tmp_path) not in text


def test_the_division_is_by_picture_and_stays(data: Path, tmp_path: Path) -> None:
    every = open_captions(data, None, Workspace())
    one, turned = divided(every, 0.25, 0), divided(every.take(range(63, -1, -1)), 0.25, 0)
    assert one.held_out
    assert turned.held_out
    assert (len(one.held_out), set(one.held_out.ids)) == (16, set(turned.held_out.ids))
    assert not set(one.held_out.ids) & set(one.train.ids)
    other = divided(every, 0.25, 1)
    assert other.held_out
    assert set(one.held_out.ids) != set(other.held_out.ids)
    assert divided(every, 0.0, 0).held_out is None
    fewer = divided(every.take(range(60)), 0.25, 0)  # what was held out of sixty is, but for one or two, held out of all
    assert fewer.held_out
    assert len(set(fewer.held_out.ids) - set(one.held_out.ids)) <= 3
    rows: list[dict[str, Any]] = [
        {"id": f"{n}", "image": f"images/{name}", "text": "x"} for n, name in enumerate(4 * ["a.png", "b.png", "c.png"])
    ]
    rows.append({"id": "both", "images": ["images/a.png", "images/b.png"], "text": "y"})
    (tmp_path / "images").mkdir()
    for number, name in enumerate("abc"):
        Image.new("RGB", (2, 2), (number, 0, 0)).save(tmp_path / "images" / f"{name}.png")
    write_rows(tmp_path, rows)
    parted = divided(open_captions(tmp_path, None, Workspace()), 0.7, 0)
    assert parted.held_out
    assert {len(parted.train), len(parted.held_out)} == {9, 4}


def test_the_held_out_pictures_are_a_captions_folder_without_copies(data: Path, of: DividedCaptions, tmp_path: Path) -> None:
    beside = tmp_path / "p-heldout"
    (data / "card.toml").write_text('name = "colours"\nlicence = "none"\n[counts]\npairs = 64\n')
    assert of.held_out
    write_held_out_captions(beside, data, of.held_out)
    write_held_out_captions(beside, data, of.held_out)
    again = open_captions(beside, None, Workspace())
    assert (again.ids, again.texts, again.metadata) == (of.held_out.ids, of.held_out.texts, of.held_out.metadata)
    assert [[one.sha256 for one in images] for images in again.images] == [
        [one.sha256 for one in images] for images in of.held_out.images
    ]
    assert again.card.licence == "none"
    first = Path(again.images[0][0].path)
    assert first.samefile(data / first.relative_to(beside.absolute()))
    assert len(list(beside.rglob("*.png"))) == 32
    with pytest.raises(InputError, match="something else"):
        write_held_out_captions(beside, data, of.train)
    (data / "card.toml").unlink()


def test_what_cannot_be_used_is_left_out_and_counted(tmp_path: Path) -> None:
    write_colours(tmp_path)
    names = sorted(path.name for path in (tmp_path / "images").iterdir())[:6]
    rows = [{"id": f"{n}", "image": f"images/{name}", "text": f"word{n}"} for n, name in enumerate(names)]
    rows[0]["text"] = " "
    broken = tmp_path / "images" / names[1]
    Image.effect_noise((64, 64), 50).save(broken)
    broken.write_bytes(broken.read_bytes()[:900])
    rows.append({"id": "gone", "image": "images/gone.png", "text": "word"})
    write_rows(tmp_path, rows)
    captions = open_captions(tmp_path, None, Workspace())
    assert captions.notes["missing_images"] == 1
    pairs, counts = pairs_of(captions, *TOWERS, Workspace())
    assert counts == {"pairs": 4, "pictures": 4, "textless_pairs": 1, "undecodable_images": 1, "pairs_without_picture": 1}
    assert len(pairs) == 4
    with pytest.raises(InputError, match="fewer than two"):
        pairs_of(captions.take([0, 1]), *TOWERS, Workspace())


def test_refused_before_anything_is_fitted(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no share"):
        open_for_projection(data, None, 1.0, 0, Workspace())
    with pytest.raises(UsageError, match="'test' is measured"):
        open_for_projection(data, None, 0.0, 0, Workspace())
    rows = [json.loads(line) for line in (data / "captions.jsonl").read_text().splitlines()]
    parted = tmp_path / "parted"
    (parted / "images").mkdir(parents=True)
    for row in rows:
        (parted / row["image"]).hardlink_to(data / row["image"])
    write_rows(parted, [{**row, "split": "test" if n % 2 else "train"} for n, row in enumerate(rows)])
    for split in ("test", "all"):
        with pytest.raises(UsageError, match="'test' is measured"):
            open_for_projection(parted, split, 0.5, 0, Workspace())
    assert len(open_for_projection(data, "all", 0.5, 0, Workspace()).train) == 32
    assert len(open_for_projection(parted, "train", 0.0, 0, Workspace()).train) == 32
    with pytest.raises(UsageError, match="reads no image"):
        TOWERS[1].reading("image")
    with pytest.raises(UsageError, match="reads no text"):
        TOWERS[0].reading("text")
    with pytest.raises(UsageError, match="is no encoder"):
        Tower.of("minilm(bm25)")
    unfit: list[dict[str, Any]] = [{"temperature": 0.0}, {"fitting": Fitting(batch=1)}, {"fitting": Fitting(epochs=0)}]
    for wrong in unfit:
        with pytest.raises(UsageError):
            ProjectionSettings(**wrong)
