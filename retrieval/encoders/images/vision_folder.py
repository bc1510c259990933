"""A folder of a vision model of transformers (ViT, DINOv2, Swin, ResNet, a timm model): its pooled output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError, UsageError
from corpora.errors import missing_extra

from ..loaded import quiet
from ..memory import out_of_memory
from ..model_folder import ModelFolder
from .backbone import BackboneEncoder
from .canaries import agreed, canary_pictures
from .scaling import CHOICES, MOST_SIDE, as_mode, choice, count, padded
from .threads import Threads

if TYPE_CHECKING:
    from PIL.Image import Image

POOLINGS = ("own", "cls", "mean")
KNOWN: Mapping[str, tuple[str, ...]] = {"crop": ("own", "whole", "pad"), "mode": CHOICES["mode"], "pooling": POOLINGS}
OWN = {"crop": "own", "mode": "rgb", "pooling": "own"}


def vision_encoder(folder: Path, options: Mapping[str, Any], name: str = "") -> BackboneEncoder:
    """The encoder of a folder. Options: `pooling` (`own`: the model's pooled output; `cls`: the first token; `mean`: the mean of
    all), `crop` (`own`: as the folder's preprocessor says; `pad` to a square before it; `whole`: nothing cut), `mode` (rgb,
    grey), `size` (pixels a side, instead of the preprocessor's), `similarity`, `images_a_batch`.
    """
    place, own = str(folder), {**KNOWN, "size": ()}
    chosen = {key: choice(key, str(value), KNOWN[key], place) for key, value in options.items() if key in KNOWN}
    size = count("size", str(options["size"]), MOST_SIDE, place) if "size" in options else 0
    rest = {key: value for key, value in options.items() if key not in own}
    return BackboneEncoder.of(VisionFolder(ModelFolder(folder), size, **{**OWN, **chosen}), name or folder.name, rest)


@dataclass(frozen=True)
class VisionFolder:
    """A folder and its options: see `Backbone`. `size` 0 is the preprocessor's own."""

    folder: ModelFolder
    size: int
    crop: str
    mode: str
    pooling: str

    @property
    def where(self) -> str:
        """The folder."""
        return str(self.folder.path)

    def facts(self) -> Mapping[str, Any]:
        """The digests of all files, and the options."""
        options = {"size": self.size, "crop": self.crop, "mode": self.mode, "pooling": self.pooling}
        return {"kind": "transformers-vision-1", "files": self.folder.sums(), **options}

    def prepared(self, picture: Image) -> NDArray[np.float32]:
        """What the folder's preprocessor makes of a picture, float32 (3, h, w)."""
        return self._prepared([picture])[0]

    def _prepared(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        seen = [as_mode(picture, self.mode) for picture in pictures]
        seen = [padded(picture) for picture in seen] if self.crop == "pad" else seen
        return np.asarray(self._processor(seen, return_tensors="np", **self._scaled)["pixel_values"], np.float32)

    @cached_property
    def _scaled(self) -> dict[str, Any]:
        if not self.size and self.crop != "whole":
            return {}
        own = getattr(self._processor, "crop_size", None) or self._processor.size
        if not self.size and "height" not in own:
            raise UsageError("the folder's preprocessor names no square", where=self.where, mend="say it: size=224")
        side = self.size or int(own["height"])
        square = {"height": side, "width": side}
        if self.crop == "whole" or "shortest_edge" not in self._processor.size:
            return {"size": square, "do_center_crop": False}
        edge, cut = self._processor.size["shortest_edge"], getattr(self._processor, "crop_size", None) or square
        return {"size": {"shortest_edge": round(side * edge / cut["height"])}, "crop_size": square}

    @cached_property
    def _processor(self) -> Any:
        with quiet():
            return self._opened("AutoImageProcessor")

    def loaded(self) -> VisionModel:
        """The model, once one picture at a time gives what preprocessor and model give for all at once."""
        with quiet():
            model = VisionModel(self._opened("AutoModel").float().eval(), self.pooling, Threads.now(), self.where)
        alone = np.concatenate([model([self.prepared(picture)]) for picture in canary_pictures()])
        agreed(alone, model(list(self._prepared(canary_pictures()))), self.where, "its vectors change with the batch")
        return model

    def _opened(self, maker: str) -> Any:
        try:
            import transformers
        except ImportError as problem:
            raise missing_extra("transformers", "st") from problem
        try:
            return getattr(transformers, maker).from_pretrained(self.where, local_files_only=True, **_backend(maker))
        except Exception as problem:
            if out_of_memory(problem):
                raise
            what = f"the model cannot be loaded: {type(problem).__name__}: {problem}"
            raise InputError(what, where=self.where, mend="fetch the model again") from problem


@dataclass(frozen=True)
class VisionModel:
    """A vision model in memory: see `Features`."""

    model: Any
    pooling: str
    threads: Threads
    where: str

    @property
    def workers(self) -> int:
        """How many batches at a time are worth while."""
        return self.threads.workers

    @cached_property
    def dim(self) -> int:
        """Dimensions d: those of a picture of grey noise."""
        side = np.zeros((3, *self._own_size), np.float32)
        return int(self([side]).shape[1])

    @property
    def _own_size(self) -> tuple[int, int]:
        size = getattr(self.model.config, "image_size", 224)
        return tuple(size) if isinstance(size, list | tuple) else (int(size), int(size))

    def __call__(self, prepared: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Pooled features, float32 (n, d)."""
        with self.threads.one() as torch:
            return np.asarray(self._pooled(self._output(torch.from_numpy(np.stack(prepared)))).float().numpy())

    def _output(self, pixels: Any) -> Any:
        own = self._own_size
        more = {"interpolate_pos_encoding": True} if tuple(pixels.shape[2:]) != own and self._interpolates else {}
        try:
            return self.model(pixels, **more)
        except (ValueError, TypeError, RuntimeError) as problem:
            if out_of_memory(problem):
                raise
            what = f"the model cannot take pictures of {tuple(pixels.shape[2:])} pixels: {problem}"
            raise InputError(what, where=self.where, mend="leave out size=, or put the preprocessor's files right") from problem

    @property
    def _interpolates(self) -> bool:
        import inspect

        return "interpolate_pos_encoding" in inspect.signature(self.model.forward).parameters

    def _pooled(self, output: Any) -> Any:
        if self.pooling == "own" and getattr(output, "pooler_output", None) is not None:
            return output.pooler_output.flatten(1)
        hidden = output.last_hidden_state
        if self.pooling == "own":
            raise InputError("the model has no pooled output", where=self.where, mend="say pooling=cls or pooling=mean")
        maps = hidden.flatten(2).transpose(1, 2) if hidden.ndim == 4 else hidden
        return maps[:, 0] if self.pooling == "cls" else maps.mean(1)


def _backend(maker: str) -> dict[str, Any]:
    """Pillow and NumPy prepare pictures, wherever torchvision may be installed: vectors must not depend on that."""
    return {"backend": "pil"} if maker == "AutoImageProcessor" else {}
