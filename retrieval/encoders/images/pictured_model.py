"""A sentence-transformers model of texts and pictures in memory: its own preprocessing, its modules on our batches."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError, Role
from corpora.errors import missing_extra

from ..loaded import CANARIES, ROUNDING, opened_model, quiet
from ..model_folder import ModelFolder
from ..tokens import Tokens
from .canaries import agreed, canary_pictures
from .threads import Threads

if TYPE_CHECKING:
    from PIL.Image import Image

PADS_TO_THE_END = ("siglip", "siglip2")
"""Models that were trained on texts padded to their full length, and on no mask: transformers' documentation of SigLIP."""
UNREAL = 1 << 30
Item = Mapping[str, Any]


@dataclass(frozen=True)
class PicturedModel:
    """The model, its tokenizer, the most tokens it reads of a text, and the tokens that it puts around every text.

    `alone`: pictures are prepared one by one (the CLIP family); else with what stands around them.
    """

    model: Any
    tokens: Tokens
    longest: int
    around: int
    threads: Threads
    where: str
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    @classmethod
    def load(cls, folder: ModelFolder, options: Mapping[str, str | int], prompts: Mapping[Role, str]) -> PicturedModel:
        """The model of a folder, once it gives the vectors that sentence-transformers' own `encode` gives.

        Raises InputError for a model that cannot be loaded or does not agree, SurroundingsError without the extra.
        """
        where = str(folder.path)
        with quiet():
            model = opened_model(folder, options, processor_kwargs={"backend": "pil"})
            if not hasattr(model, "preprocess"):
                raise missing_extra("a sentence-transformers that reads pictures (5.4 or later)", "st")
            tokenizer = getattr(model[0], "tokenizer", None)
            if not getattr(tokenizer, "is_fast", False):
                _refuse(where, f"its first module ({type(model[0]).__name__}) has no fast tokenizer")
            longest = _bounded(model)
            plain = cls(model, Tokens(tokenizer, longest), longest, 0, Threads.now(model.device.type), where)
            opened = replace(plain, around=plain._around())
            opened._agree(sorted(set(prompts.values())), ROUNDING[str(options.get("dtype", "float32"))])
        return opened

    @property
    def alone(self) -> bool:
        """Whether a picture is prepared by itself."""
        read = self.model.modalities
        return "image" in read and "message" not in read

    @cached_property
    def dim(self) -> int:
        """Dimensions d."""
        return int(self.embedded([{"text": CANARIES[0]}], "").shape[1])

    @property
    def workers(self) -> int:
        """How many batches at a time are worth while."""
        return self.threads.workers

    def embedded(self, items: Sequence[Item], prompt: str) -> NDArray[np.float32]:
        """What the model makes of items (`text`, `image` or both), each by the library's own preprocessing, float32 (n, d)."""
        with self._lock:
            features = self.model.preprocess([dict(item) for item in items], prompt=prompt or None)
        return self._made(features)

    def prepared(self, picture: Image) -> Any:
        """Arrays of one picture (name -> (1, ...)), or the picture where it is prepared with what stands around it."""
        if not self.alone:
            return picture
        features = self.model.preprocess([{"image": picture}])
        return {name: value.numpy() for name, value in features.items() if hasattr(value, "numpy")}

    def of_pictures(self, prepared: Sequence[Any], prompt: str) -> NDArray[np.float32]:
        """The vectors of a batch of prepared pictures, float32 (n, d)."""
        if not self.alone:
            return self.embedded([{"image": picture} for picture in prepared], prompt)
        if len({_shapes(one) for one in prepared}) > 1:
            return np.concatenate([self.of_pictures([one], prompt) for one in prepared])
        import torch

        joined = {name: torch.from_numpy(np.concatenate([one[name] for one in prepared])) for name in prepared[0]}
        return self._made({**joined, "modality": "image"})

    def _made(self, features: Mapping[str, Any]) -> NDArray[np.float32]:
        device = self.model.device
        placed = {name: value.to(device) if hasattr(value, "to") else value for name, value in features.items()}
        with self.threads.one():
            return np.asarray(self.model(placed)["sentence_embedding"].float().cpu().numpy())

    def _around(self) -> int:
        """What a message puts around a text, in tokens: more than the tokenizer alone would."""
        fed = self.model.preprocess([{"text": CANARIES[0]}])
        real = int(fed["attention_mask"].sum()) if "attention_mask" in fed else 0
        return max(0, real - len(self.tokens.words(CANARIES[0])[0])) if "message" in self.model.modalities else 0

    def _agree(self, prompts: Sequence[str], close: float) -> None:
        pictures, said = list(canary_pictures()), "its own encode() gives other vectors than these on the same"
        for prompt in prompts:
            ours = self.of_pictures([self.prepared(picture) for picture in pictures], prompt)
            agreed(ours, self._theirs(pictures, prompt), self.where, f"{said} pictures", close)
            ours = self.embedded([{"text": text} for text in CANARIES], prompt)
            agreed(ours, self._theirs(CANARIES, prompt), self.where, f"{said} texts", close)

    def _theirs(self, items: Sequence[Any], prompt: str) -> NDArray[np.float32]:
        made = self.model.encode(list(items), prompt=prompt or None, show_progress_bar=False, batch_size=len(items))
        return np.asarray(made, np.float32)


def _bounded(model: Any) -> int:
    """The most tokens of a text that the model has places for; the library is told, where it does not know."""
    config: Any = getattr(model[0], "config", None)
    text = config.get_text_config() if hasattr(config, "get_text_config") else config
    places = int(getattr(text, "max_position_embeddings", 0) or UNREAL)
    longest = min(int(model.max_seq_length or UNREAL), places, UNREAL)
    if longest < UNREAL:
        model.max_seq_length = longest
    if getattr(config, "model_type", "") in PADS_TO_THE_END and not model[0].processing_kwargs.get("text"):
        model[0].processing_kwargs = {**model[0].processing_kwargs, "text": {"padding": "max_length", "max_length": longest}}
    return longest


def _shapes(prepared: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple((name, value.shape[1:]) for name, value in sorted(prepared.items()))


def _refuse(where: str, what: str) -> None:
    raise InputError(what, where=where, mend="write a class of ten lines around it: dense:file.py:Class")
