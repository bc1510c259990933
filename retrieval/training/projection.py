"""A projection fitted to captioned pictures: the folder that it becomes, which opens as an encoder of pictures and texts.

Both towers are locked (after LiT, Zhai et al. 2022, arXiv 2111.07991), so only the map between them is fitted. It is linear: what
is at hand are hundreds or a few thousands of pictures, fewer than a picture has features, and a map with a hidden layer would
learn them by heart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from corpora import UsageError
from corpora.state import digest_json, kept_or_built
from corpora.workspace import Workspace

from ..encoders.images.projected import Tower, write_projection
from .cross_encoder import REPAIR, REPORT, Trained, check_place
from .fitting import Curve, Fitting
from .projection_data import PICTURES_AS, TEXTS_AS, DividedCaptions, digest_of, pairs_of, picture_files
from .projection_fit import Pairs, fit_projection, random_projection, recalls
from .trained_on import PICTURES, TRAINING

VERSION = 1


@dataclass(frozen=True)
class ProjectionSettings:
    """How a projection is fitted; what the two passes over the data and the division of the pictures are drawn by is `seed`."""

    fitting: Fitting = field(
        default_factory=lambda: Fitting(epochs=20, learning_rate=1e-3, batch=64, warm_up=0.1, weight_decay=0.1)
    )
    temperature: float = 0.07
    holdout: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise UsageError for numbers that nothing can be fitted with."""
        if self.fitting.batch < 2:
            raise UsageError(f"--batch {self.fitting.batch} leaves no pair to tell from another", mend="use 2 or more")
        if self.fitting.epochs < 1 or not self.fitting.learning_rate > 0 or not self.temperature > 0:
            raise UsageError("epochs, learning rate and temperature must be above 0", mend="see medir train projection --help")


def train_projection(
    of: DividedCaptions, image: Tower, text: Tower, settings: ProjectionSettings, out: Path, workspace: Workspace
) -> Trained:
    """The projection of `image`'s features into `text`'s space, fitted on captioned pictures and kept in `out`.

    One that is there with the same data, towers and settings is not fitted again; one that was interrupted is fitted from the
    start, which takes seconds, for the features of both towers are kept. The report holds the recall of the held-out part by a
    random map and by the fitted one. Raises InputError where `out` holds anything else, and for data that holds too little.
    """
    training = _told(of, image, text, settings)
    identity = digest_json(training)
    check_place(out, identity)
    now = not (out / TRAINING).exists()
    if now:
        if out.is_dir():
            out.rmdir()  # it is empty
        made = _Made.of(of, image, text, settings, workspace)
        kept_or_built(
            out, lambda draft: {"identity": identity, **_fill(draft, made, training, picture_files(of.train))}, repair=REPAIR
        )
    return Trained(out, _json(out / TRAINING), _json(out / REPORT), now)


@dataclass(frozen=True)
class _Made:
    """A fitted map, between which towers, and its report."""

    projection: Any
    image: Tower
    text: Tower
    report: Mapping[str, Any]

    @classmethod
    def of(cls, of: DividedCaptions, image: Tower, text: Tower, settings: ProjectionSettings, workspace: Workspace) -> _Made:
        pairs, counts = pairs_of(of.train, image, text, workspace)
        held = pairs_of(of.held_out, image, text, workspace) if of.held_out else None
        projection, curve = fit_projection(pairs, settings.fitting, settings.temperature, settings.seed, workspace)
        before = random_projection(pairs, settings.seed)
        measured: dict[str, Any] = {}
        if held:
            counts |= {f"held_out_{name}": value for name, value in held[1].items()}
            measured = {"held_out": {"random": recalls(before, held[0]), "fitted": recalls(projection, held[0])}}
        return cls(projection, image, text, _report(counts, curve, measured, pairs))


def _report(counts: Mapping[str, int], curve: Curve, measured: Mapping[str, Any], pairs: Pairs) -> dict[str, Any]:
    shape = {"features": pairs.features.shape[1], "dimensions": pairs.texts.shape[1]}
    return {**counts, **shape, "loss": curve.as_json(), **measured}


def _told(of: DividedCaptions, image: Tower, text: Tower, settings: ProjectionSettings) -> dict[str, Any]:
    """All that decides the weights and the report: both towers, the data and the settings."""
    train = of.train
    data = {
        "collection": train.name,
        "split": train.split,
        **digest_of(train),
        "held_out": digest_of(of.held_out) if of.held_out else {},
    }
    towers = {
        "image": {"name": image.image_encoder.name, "identity": image.image_encoder.identity(), "role": PICTURES_AS},
        "text": {"name": text.encoder.name, "identity": text.encoder.identity(), "role": TEXTS_AS},
    }
    return {"kind": "projection", "version": VERSION, **towers, "settings": asdict(settings), "data": data}


def _fill(draft: Path, made: _Made, training: Mapping[str, Any], pictures: list[str]) -> dict[str, Any]:
    """Fill the folder of a projection with it, and with what it was made of."""
    settings = training["settings"]
    facts = {"map": "linear", "temperature": settings["temperature"], "trained_on": training["data"]["collection"]}
    write_projection(draft, made.projection, made.image, made.text, facts)
    _write(draft / TRAINING, training)
    _write(draft / PICTURES, pictures)
    _write(draft / REPORT, made.report)
    return {"kind": training["kind"]}


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=isinstance(value, dict)), encoding="utf-8")


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
