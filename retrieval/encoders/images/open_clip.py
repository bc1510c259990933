"""Models of open_clip (BiomedCLIP, PMC-CLIP, SigLIP and others): a folder, a hub name, or a built-in name with its weights."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpora import InputError, Role, SurroundingsError, UsageError
from corpora.errors import missing_extra
from corpora.images.decode import DECODING
from corpora.registry import suggest
from corpora.state import digest_json, file_digest

from ..model_folder import model_files
from ..protocol import Batching, Lengths, Modality, Vectors
from ..rows import SIMILARITIES, accepted, unit_rows
from .folders import OPEN_CLIP
from .scaling import CHOICES, as_mode, choice, count, padded

if TYPE_CHECKING:
    from PIL.Image import Image

    from .open_clip_model import OpenClipModel

BOTH: frozenset[Modality] = frozenset({"text", "image"})
KNOWN: Mapping[str, tuple[str, ...]] = {"crop": ("own", "pad"), "mode": CHOICES["mode"], "similarity": SIMILARITIES}
OWN = {"crop": "own", "mode": "rgb", "similarity": "cosine", "pretrained": ""}
IMAGES_A_BATCH, MOST_A_BATCH = 8, 4096
LOCAL = "local-dir:"


def open_clip_encoder(name: str, **options: Any) -> OpenClipEncoder:
    """The encoder of `open-clip:NAME`: a folder with open_clip_config.json, a hub name with a slash (option `revision`), or one
    of open_clip's own names with `pretrained=` a file of weights or one of its tags.

    Raises UsageError for a name without weights or a wrong option, InputError for a folder that holds no such model.
    """
    if Path(name).expanduser().is_dir():
        return open_clip_folder(Path(name).expanduser().resolve(), options)
    if "/" in name:
        from ..hub import hub_folder

        revision = options.pop("revision", None)
        return open_clip_folder(hub_folder(name.removeprefix("hf-hub:"), revision, [], offline=False), options, name)
    if not options.get("pretrained"):
        mend = "say which: dense:open-clip:NAME(pretrained=TAG), or a file of weights, or name a folder or a hub model"
        raise UsageError("an open_clip model without weights would be a random one", where=name, mend=mend)
    return OpenClipEncoder(name, name, _read(options, name))


def open_clip_folder(folder: Path, options: Mapping[str, Any], name: str = "") -> OpenClipEncoder:
    """The encoder of a folder that holds open_clip_config.json and weights."""
    if not (folder / OPEN_CLIP).is_file():
        raise InputError(f"no {OPEN_CLIP} is in it", where=str(folder), mend="give the folder of an open_clip model")
    if "pretrained" in options:
        raise UsageError("the folder holds its weights", where=str(folder), mend="leave out pretrained=")
    return OpenClipEncoder(f"{LOCAL}{folder}", name or folder.name, _read(options, str(folder)))


@dataclass(frozen=True)
class OpenClipEncoder:
    """A model of open_clip seen as an ImageEncoder; `target` is what open_clip calls it.

    Options: `pretrained`, `crop` (`own`: as the model's preprocessing says; `pad`: made square by black edges first), `mode`
    (rgb, grey), `similarity` (`cosine` unless given), `device`, `images_a_batch`. The model is loaded when it is first needed.
    """

    target: str
    name: str
    options: Mapping[str, str | int]
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    modalities = BOTH
    unit = "tok"
    batching = Batching(2048, 32)

    def unscaled(self) -> OpenClipEncoder:
        """The encoder whose vectors are as the model makes them, for classifiers and distances."""
        return replace(self, options={**self.options, "similarity": "dot"})

    @property
    def images_a_batch(self) -> int:
        """How many pictures are embedded at a time."""
        return int(self.options.get("images_a_batch", IMAGES_A_BATCH))

    @property
    def where(self) -> str:
        """What messages name: the folder, or open_clip's name."""
        return self.target.removeprefix(LOCAL)

    def identity(self) -> str:
        """sha256 (hex) over the files, the decoding rules and the options. To find the file of a tag, open_clip is imported."""
        return self._identity

    @cached_property
    def _identity(self) -> str:
        options = {key: self.options.get(key, own) for key, own in OWN.items() if key != "pretrained"}
        return digest_json({"adapter": "open-clip-1", "decoding": DECODING, "files": self._files(), "options": options})

    def _files(self) -> dict[str, str]:
        if self.target.startswith(LOCAL):
            folder = Path(self.where)
            return {path.relative_to(folder).as_posix(): file_digest(path) for path in model_files(folder)}
        found = find_spec("open_clip")
        if found is None or not found.submodule_search_locations:
            raise missing_extra("open_clip", "open-clip")
        config = Path(found.submodule_search_locations[0]) / "model_configs" / f"{self.target}.json"
        if not config.is_file():
            known = sorted(path.stem for path in config.parent.glob("*.json"))
            raise UsageError(f"open_clip has no model {self.target!r}", mend=suggest(self.target, known))
        return {"name": self.target, "config": file_digest(config), "weights": file_digest(self._weights())}

    def _weights(self) -> Path:
        given = str(self.options["pretrained"])
        if Path(given).expanduser().is_file():
            return Path(given).expanduser().resolve()
        from .open_clip_model import open_clip_library

        pretrained = open_clip_library().pretrained
        known = pretrained.list_pretrained_tags_by_model(self.target)
        if given not in known:
            raise UsageError(f"{self.target} has no weights {given!r}", mend=suggest(given, known) if known else "give a file")
        try:
            return Path(pretrained.download_pretrained(pretrained.get_pretrained_cfg(self.target, given)))
        except Exception as problem:
            what = f"the weights {given!r} cannot be fetched: {problem}"
            raise SurroundingsError(what, where=self.target, mend="check the network, or give a file") from None

    @property
    def _loaded(self) -> OpenClipModel:
        with self._lock:
            return self._model

    @cached_property
    def _model(self) -> OpenClipModel:
        from .open_clip_model import OpenClipModel

        weights = None if self.target.startswith(LOCAL) else str(self._weights())
        return OpenClipModel.load(self.target, weights, str(self.options.get("device", "cpu")), self.where)

    @property
    def dim(self) -> int:
        """Dimensions d; loads the model."""
        return self._loaded.dim

    @property
    def workers(self) -> int:
        """One batch a core, each by one thread; loads the model."""
        return self._loaded.threads.workers

    @property
    def longest(self) -> int | None:
        """The most tokens of a text that the model reads; loads the model."""
        return self._loaded.longest

    def prompt(self, role: Role) -> str:
        """Empty: these models have none."""
        return ""

    def lengths(self, texts: Sequence[str], role: Role) -> Lengths:
        """Tokens of each text with those around it, int64 (n), before anything is cut off."""
        return np.array([self._loaded.length(text) for text in texts], np.int64)

    def truncated(self, texts: Sequence[str], role: Role) -> tuple[int, int]:
        """How many of the texts are cut, and how many tokens they lose."""
        over = np.maximum(self.lengths(texts, role) - self._loaded.longest, 0)
        return int((over > 0).sum()), int(over.sum())

    def echo(self, texts: Sequence[str], role: Role) -> dict[str, Any]:
        """The first text, and the token numbers that the model is fed for it."""
        return {"prompt": "", "text": texts[0], "ids": self._loaded.tokens(texts[:1])[0].tolist()}

    def encode(self, texts: Sequence[str], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The vectors of one batch of texts, float32 (n, d)."""
        return self._scaled(accepted(self._loaded.of_texts(texts), texts, self.dim, self.where, ids))

    def prepared(self, picture: Image) -> Any:
        """What the model's own preprocessing makes of one decoded picture, float32 (3, h, w)."""
        picture = as_mode(picture, str(self.options.get("mode", "rgb")))
        return self._loaded.prepared(padded(picture) if self.options.get("crop") == "pad" else picture)

    def encode_images(self, prepared: Sequence[Any], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The vectors of one batch of prepared pictures, float32 (n, d)."""
        names = list(ids) or [str(place) for place in range(len(prepared))]
        return self._scaled(accepted(self._loaded.of_pictures(prepared), names, self.dim, self.where, kind="picture"))

    def _scaled(self, vectors: Vectors) -> Vectors:
        return unit_rows(vectors) if self.options.get("similarity", "cosine") == "cosine" else vectors


def _read(options: Mapping[str, Any], where: str) -> dict[str, str | int]:
    chosen: dict[str, str | int] = {}
    for key, value in options.items():
        if key == "images_a_batch":
            chosen[key] = count(key, str(value), MOST_A_BATCH, where)
        elif key in KNOWN:
            chosen[key] = choice(key, str(value), KNOWN[key], where)
        elif key in ("pretrained", "device"):
            chosen[key] = str(value)
        else:
            known = sorted([*KNOWN, "pretrained", "device", "images_a_batch"])
            raise UsageError(f"an open_clip model has no option {key!r}", where=where, mend=suggest(key, known))
    return chosen
