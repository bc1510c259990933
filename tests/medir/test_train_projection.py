"""`medir train projection`, and its folder as the ENCODER of what follows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corpora import InputError, UsageError
from corpora.workspace import Workspace
from medir.commands.projection import projection
from medir.serving.indexes import open_served
from retrieval.encoders import resolve_encoder
from retrieval.encoders.images.projected import ProjectedEncoder
from tests.retrieval.training.test_projection_training import write_colours

pytest.importorskip("torch")
pytest.importorskip("PIL.Image")

TOWERS: dict[str, Any] = {
    "image": "tests.retrieval.training.picture_towers:Colours",
    "text": "tests.retrieval.training.picture_towers:Words",
}
HOW: dict[str, Any] = {"epochs": 150, "lr": 1e-2, "batch": 32, "weight_decay": 0.01}


def test_the_command_fits_tells_and_is_used_as_an_encoder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = write_colours(tmp_path / "data"), tmp_path / "colours"
    projection(data=data, out=out, **TOWERS, **HOW)
    told = capsys.readouterr().out
    report = json.loads((out / "report.json").read_text())
    assert f"{report['held_out']['fitted']['text_to_image']['R@1']:.4f}" in told
    assert f'medir run --data "{out}-heldout" --type text-to-image --encoder "{out}"' in told
    projection(data=data, out=out, **TOWERS, **HOW)
    assert "it was there already" in capsys.readouterr().out
    assert isinstance(resolve_encoder(str(out)), ProjectedEncoder)
    rows = [json.loads(line) for line in (tmp_path / "colours-heldout" / "captions.jsonl").read_text().splitlines()]
    corpus = [{"_id": row["id"], "title": "", "text": "", "images": row["images"]} for row in rows]
    (tmp_path / "colours-heldout" / "captions.jsonl").rename(tmp_path / "kept.jsonl")
    (tmp_path / "colours-heldout" / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in corpus))
    served = open_served("heldout", str(tmp_path / "colours-heldout"), f"dense:{out}", Workspace())
    hits = served.search([row["text"] for row in rows], 5)
    found = [row["id"] in [hit.id for hit in own] for row, own in zip(rows, hits, strict=True)]
    assert sum(found) / len(found) == pytest.approx(report["held_out"]["fitted"]["text_to_image"]["R@5"])


def test_refusals_write_nothing(tmp_path: Path) -> None:
    data = write_colours(tmp_path / "data")
    words: dict[str, Any] = {"image": TOWERS["text"], "text": TOWERS["text"]}
    with pytest.raises(UsageError, match="reads no image"):
        projection(data=data, out=tmp_path / "p", **words)
    with pytest.raises(InputError, match="no captions"):
        projection(data=tmp_path, out=tmp_path / "p", **TOWERS)
    with pytest.raises(UsageError, match="no pair to tell"):
        projection(data=data, out=tmp_path / "p", batch=1, **TOWERS)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").touch()
    with pytest.raises(InputError, match="holds something else"):
        projection(data=data, out=tmp_path / "taken", **TOWERS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "taken"]
