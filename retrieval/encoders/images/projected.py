"""A picture encoder brought into a text encoder's space by a fitted linear map: two locked towers, and what lies between."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

import numpy as np
from numpy.typing import NDArray

from corpora import InputError, Role, UsageError
from corpora.state import MANIFEST, digest_json, file_digest, open_folder

from ...spec import parse_spec
from ..protocol import Batching, Encoder, ImageEncoder, Lengths, Modality, Vectors, modalities_of
from ..rows import accepted, unit_rows

if TYPE_CHECKING:
    from PIL.Image import Image

PROJECTION, WEIGHTS, BIAS = "projection.json", "weights.npy", "bias.npy"
BOTH: frozenset[Modality] = frozenset({"text", "image"})
REPAIR = "the training's command fits it anew"


@dataclass(frozen=True)
class Tower:
    """A locked encoder as it was named: the target (of a file or folder, the whole path) and options of an ENCODER."""

    target: str
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, named: str) -> Tower:
        """The tower that an ENCODER with its options in parentheses names. Raises UsageError for anything else."""
        spec = parse_spec(f"dense:{named}")
        if spec.args or not spec.target or "index" in dict(spec.options):
            raise UsageError(f"{named!r} is no encoder", mend="for example: minilm, or a model's folder")
        return cls(_whole(spec.target), tuple(sorted(spec.options)))

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder; raises what `resolve_encoder` raises."""
        from ..resolve import resolve_encoder

        return resolve_encoder(self.target, dict(self.options))

    def reading(self, what: Modality) -> Tower:
        """The same, once it is known to read texts or pictures. Raises UsageError where it does not."""
        if what not in modalities_of(self.encoder):
            known = "an encoder of texts, such as minilm" if what == "text" else "an encoder of pictures, such as a CLIP folder"
            raise UsageError(f"this encoder reads no {what}", where=self.target, mend=f"name {known}")
        return self

    @property
    def image_encoder(self) -> ImageEncoder:
        """The encoder, which must read pictures."""
        return cast(ImageEncoder, self.reading("image").encoder)

    def as_json(self) -> dict[str, Any]:
        """What `projection.json` says of it; its identity may load the model."""
        return {
            "target": self.target,
            "options": dict(self.options),
            "name": self.encoder.name,
            "identity": self.encoder.identity(),
        }


@dataclass(frozen=True)
class Projection:
    """An affine map of picture features float32 (n, i) into a space of texts: `weights` float32 (t, i), `bias` float32 (t)."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """The mapped features, float32 (n, t), not scaled."""
        return np.asarray(features @ self.weights.T + self.bias, np.float32)


@dataclass(frozen=True)
class ProjectedEncoder:
    """A folder that `medir train projection` wrote, seen as an ImageEncoder: texts by one tower, pictures by the other one and
    the map; all vectors of length one.
    """

    folder: Path
    image: Tower
    text: Tower
    about: Mapping[str, Any] = field(repr=False)

    modalities = BOTH

    @classmethod
    def open(cls, folder: Path, options: Mapping[str, Any] | None = None) -> ProjectedEncoder:
        """The encoder of a folder; neither tower is loaded. Raises UsageError for options (it has none), InputError for a
        `projection.json` that cannot be read.
        """
        if options:
            raise UsageError(f"a projection has no options ({', '.join(options)})", where=str(folder), mend="leave them out")
        about = _read(folder / PROJECTION)
        try:
            towers = [Tower(about[side]["target"], tuple(sorted(about[side]["options"].items()))) for side in ("image", "text")]
        except (KeyError, TypeError, AttributeError):
            _refuse("names no two encoders", folder / PROJECTION)
        return cls(folder, towers[0], towers[1], about)

    @property
    def name(self) -> str:
        """Both towers' names."""
        return f"projection ({self.about['image']['name']} into {self.about['text']['name']})"

    @cached_property
    def projection(self) -> Projection:
        """The map, once its files match their checksums. Raises StateError where they do not."""
        if (self.folder / MANIFEST).is_file():
            open_folder(self.folder, repair=REPAIR)
        try:
            weights, bias = (np.load(self.folder / name, allow_pickle=False) for name in (WEIGHTS, BIAS))
        except (OSError, ValueError) as problem:
            raise InputError(f"the weights cannot be read: {problem}", where=str(self.folder), mend=REPAIR) from None
        if weights.dtype != np.float32 or weights.ndim != 2 or bias.dtype != np.float32 or bias.shape != weights.shape[:1]:
            _refuse(f"the weights are {weights.dtype} {weights.shape}, the bias {bias.dtype} {bias.shape}", self.folder)
        return Projection(weights, bias)

    def identity(self) -> str:
        """sha256 (hex) over both towers' identities and the weights.

        Raises InputError where a tower is another than the one that the map was fitted for.
        """
        return self._identity

    @cached_property
    def _identity(self) -> str:
        towers = {"image": self.image.image_encoder.identity(), "text": self.text.encoder.identity()}
        for side, identity in towers.items():
            if identity != self.about[side].get("identity"):
                what = f"the {side} encoder {self.about[side]['target']!r} is another than the projection was fitted for"
                raise InputError(what, where=str(self.folder), mend="fit it again: medir train projection")
        sums = {name: file_digest(self.folder / name) for name in (WEIGHTS, BIAS)}
        return digest_json({"adapter": "projection-1", **towers, **sums})

    @property
    def dim(self) -> int:
        """Dimensions d, those of the texts."""
        return len(self.projection.bias)

    @property
    def unit(self) -> str:
        """The text tower's."""
        return self.text.encoder.unit

    @property
    def batching(self) -> Batching:
        """The text tower's."""
        return self.text.encoder.batching

    @property
    def workers(self) -> int:
        """The text tower's."""
        return self.text.encoder.workers

    @property
    def longest(self) -> int | None:
        """The text tower's."""
        return self.text.encoder.longest

    @property
    def images_a_batch(self) -> int:
        """The image tower's."""
        return self.image.image_encoder.images_a_batch

    def prompt(self, role: Role) -> str:
        """What the text tower puts before texts of a role."""
        return self.text.encoder.prompt(role)

    def lengths(self, texts: Sequence[str], role: Role) -> Lengths:
        """How long each text is for the text tower, int64 (n)."""
        return self.text.encoder.lengths(texts, role)

    def encode(self, texts: Sequence[str], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The text tower's vectors at length one, float32 (n, d)."""
        return unit_rows(self.text.encoder.encode(texts, role, ids))

    def truncated(self, texts: Sequence[str], role: Role) -> tuple[int, int]:
        """How many of the texts the text tower cuts, and how many units they lose."""
        return self.text.encoder.truncated(texts, role)

    def echo(self, texts: Sequence[str], role: Role) -> dict[str, Any]:
        """The first text as the text tower is fed it."""
        return self.text.encoder.echo(texts, role)

    def prepared(self, picture: Image) -> Any:
        """What the image tower is fed of one decoded picture."""
        return self.image.image_encoder.prepared(picture)

    def encode_images(self, prepared: Sequence[Any], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The image tower's vectors, mapped and at length one, float32 (n, d)."""
        features = self.image.image_encoder.encode_images(prepared, role, ids)
        names = list(ids) or [f"picture {row}" for row in range(len(prepared))]
        return unit_rows(accepted(self.projection(features), names, self.dim, str(self.folder)))


def is_projection(folder: Path) -> bool:
    """Whether a folder is one that `medir train projection` wrote."""
    return (folder / PROJECTION).is_file()


def write_projection(folder: Path, projection: Projection, image: Tower, text: Tower, facts: Mapping[str, Any]) -> None:
    """Fill a folder with the map and what `ProjectedEncoder.open` needs to know of the two towers."""
    np.save(folder / WEIGHTS, projection.weights, allow_pickle=False)
    np.save(folder / BIAS, projection.bias, allow_pickle=False)
    about = {"kind": "projection", "version": 1, "image": image.as_json(), "text": text.as_json(), **facts}
    (folder / PROJECTION).write_text(json.dumps(about, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")


def _whole(target: str) -> str:
    """A target that holds wherever the command is given: a path as a whole one, all else as it is."""
    from ..resolve import ENCODERS

    file, colon, name = target.rpartition(":")
    if colon and file.endswith(".py"):
        return f"{Path(file).expanduser().resolve()}:{name}"
    is_folder = target not in ENCODERS and Path(target).expanduser().is_dir()
    return str(Path(target).expanduser().resolve()) if is_folder else target


def _read(path: Path) -> dict[str, Any]:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise InputError(f"cannot be read: {problem}", where=str(path), mend=REPAIR) from None
    if not isinstance(about, dict) or about.get("kind") != "projection" or about.get("version") != 1:
        _refuse("is no projection of this version", path)
    return dict(about)


def _refuse(what: str, where: Path) -> NoReturn:
    raise InputError(what, where=str(where), mend=REPAIR)
