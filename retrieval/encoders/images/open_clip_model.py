"""A model of open_clip in memory: the one file that imports it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError, MedirError
from corpora.errors import missing_extra

from ..loaded import CANARIES
from ..memory import out_of_memory
from .canaries import agreed, canary_pictures
from .threads import Threads

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class OpenClipModel:
    """The model, its preprocessing of pictures, its tokenizer, and the most tokens it reads."""

    model: Any
    preprocess: Any
    tokenizer: Any
    longest: int
    threads: Threads

    @classmethod
    def load(cls, target: str, weights: str | None, device: str, where: str) -> OpenClipModel:
        """The model, once one picture and one text at a time give what open_clip gives for all at once.

        Raises InputError for one that cannot be loaded or does not agree, SurroundingsError without the extra.
        """
        library = open_clip_library()
        try:
            model, preprocess = library.create_model_from_pretrained(target, pretrained=weights, device=device)
            tokenizer = library.get_tokenizer(target)
        except Exception as problem:
            if isinstance(problem, MedirError) or out_of_memory(problem):
                raise
            what = f"the model cannot be loaded: {type(problem).__name__}: {problem}"
            raise InputError(what, where=where, mend="fetch the model again") from problem
        loaded = cls(model.eval(), preprocess, tokenizer, int(tokenizer.context_length), Threads.now(device))
        loaded._agree(where)
        return loaded

    @cached_property
    def dim(self) -> int:
        """Dimensions d."""
        return int(self.of_texts(CANARIES[:1]).shape[1])

    def length(self, text: str) -> int:
        """Tokens of a text with those around it, before anything is cut off."""
        inner = getattr(self.tokenizer, "tokenizer", None)
        if inner is None:
            return len(self.tokenizer.encode(text)) + 2
        clean = getattr(self.tokenizer, "clean_fn", str)
        return len(inner(clean(text), truncation=False)["input_ids"])

    def tokens(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """What the model is fed of texts, int64 (n, longest)."""
        return np.asarray(self.tokenizer(list(texts)).numpy())

    def of_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of texts, float32 (n, d)."""
        return self._made(self.model.encode_text, self.tokens(texts))

    def prepared(self, picture: Image) -> NDArray[np.float32]:
        """What the model is fed of a picture, float32 (3, h, w)."""
        return np.asarray(self.preprocess(picture).numpy(), np.float32)

    def of_pictures(self, prepared: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """The vectors of prepared pictures, float32 (n, d)."""
        return self._made(self.model.encode_image, np.stack(prepared))

    def _made(self, encode: Any, fed: NDArray[Any]) -> NDArray[np.float32]:
        with self.threads.one() as torch:
            return np.asarray(encode(torch.from_numpy(fed).to(self.threads.device)).float().cpu().numpy())

    def _agree(self, where: str) -> None:
        said = "its vectors change with the batch: those of"
        fed = [self.prepared(picture) for picture in canary_pictures()]
        agreed(np.concatenate([self.of_pictures([one]) for one in fed]), self.of_pictures(fed), where, f"{said} pictures")
        agreed(np.concatenate([self.of_texts([one]) for one in CANARIES]), self.of_texts(CANARIES), where, f"{said} texts")


def open_clip_library() -> Any:
    """The package. Raises SurroundingsError where it cannot be imported."""
    try:
        import open_clip
    except Exception as problem:  # a torchvision that does not belong to this torch raises RuntimeError
        raise missing_extra("open_clip, with a torchvision that belongs to this torch,", "open-clip") from problem
    return open_clip
