"""The door for sentence-transformers models: the one file that needs torch, and only once something must be embedded."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from corpora import Role, UsageError
from corpora.registry import suggest
from corpora.state import digest_json

from .model_folder import POOLINGS, ModelFolder
from .protocol import Batching, Lengths, Vectors
from .rows import SIMILARITIES, accepted, unit_rows

if TYPE_CHECKING:
    from .loaded import LoadedModel

DTYPES = ("float32", "float16", "bfloat16")
OPTIONS: Mapping[str, str] = {
    "query_prompt": "text",
    "document_prompt": "text",
    "max_length": "count",
    "dtype": "|".join(DTYPES),
    "pooling": "|".join(POOLINGS),
    "similarity": "|".join(SIMILARITIES),
    "device": "text",
    "batch_tokens": "count",
}
PADDED_TOKENS, PADDED_ON_A_DEVICE = 1024, 1 << 15
TEXTS = 256


@dataclass(frozen=True)
class SentenceEncoder:
    """A sentence-transformers folder seen as an Encoder.

    Options: `query_prompt`, `document_prompt` (else the model's own), `max_length` (tokens), `dtype` (float32 unless
    given), `pooling` (for a bare transformer only), `similarity` (else the model's own), `device`, `batch_tokens` (the
    padded tokens of a batch). The model itself is loaded when it is first needed.
    """

    folder: ModelFolder
    name: str
    options: Mapping[str, str | int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    unit = "tok"

    @classmethod
    def open(cls, path: Path, options: Mapping[str, Any], name: str = "") -> SentenceEncoder:
        """The encoder of a folder. Raises InputError for a folder that holds none, UsageError for wrong options."""
        folder, chosen = ModelFolder(path), {key: option(key, value) for key, value in options.items()}
        if folder.is_bare and "pooling" not in chosen:
            raise UsageError(
                "a bare transformer does not say how its tokens become one vector",
                where=str(path),
                mend=f"say it: pooling={' or pooling='.join(POOLINGS)}",
            )
        if not folder.is_bare and "pooling" in chosen:
            raise UsageError("the model names its own pooling", where=str(path), mend="leave out pooling=")
        encoder = cls(folder, name or path.name, chosen)
        encoder._check()
        return encoder

    def unscaled(self) -> SentenceEncoder:
        """The encoder whose vectors are as the model makes them, for classifiers and distances."""
        return replace(self, options={**self.options, "similarity": "dot"}) if self.similarity == "cosine" else self

    def _check(self) -> None:
        if self.similarity not in SIMILARITIES:
            what = f"the model compares by {self.similarity}"
            raise UsageError(what, where=self._place, mend="say similarity=cosine or similarity=dot")
        most, asked = self.folder.positions, self.options.get("max_length")
        if most and asked and int(asked) > most:
            raise UsageError(f"max_length={asked}, but the model has {most} positions", where=self._place, mend="give less")

    @property
    def _place(self) -> str:
        return str(self.folder.path)

    @property
    def similarity(self) -> str:
        """`cosine` or `dot`."""
        return str(self.options.get("similarity", self.folder.similarity))

    @property
    def batching(self) -> Batching:
        """Small batches: on a processor they stay in its caches. Larger ones where an accelerator is asked for."""
        padded = PADDED_TOKENS if self.options.get("device", "cpu") == "cpu" else PADDED_ON_A_DEVICE
        return Batching(int(self.options.get("batch_tokens", padded)), TEXTS)

    @cached_property
    def prompts(self) -> dict[Role, str]:
        """The prompt of each role."""
        given: dict[Role, str] = {}
        if "query_prompt" in self.options:
            given["query"] = str(self.options["query_prompt"])
        if "document_prompt" in self.options:
            given["document"] = str(self.options["document_prompt"])
        return {**self.folder.prompts(given), "plain": ""}

    def prompt(self, role: Role) -> str:
        """What stands before every text of a role."""
        return self.prompts[role]

    def identity(self) -> str:
        """sha256 (hex) over the folder's files, the prompts and the options; no model is loaded."""
        return self._identity

    @cached_property
    def _identity(self) -> str:
        options = {key: self.options.get(key) for key in ("max_length", "pooling")}
        options |= {"dtype": self.options.get("dtype", "float32"), "similarity": self.similarity}
        adapter = "sentence-transformers-1"
        return digest_json({"adapter": adapter, "files": self.folder.sums(), "prompts": self.prompts, "options": options})

    @property
    def _loaded(self) -> LoadedModel:
        with self._lock:
            return self._model

    @cached_property
    def _model(self) -> LoadedModel:
        from .loaded import LoadedModel

        return LoadedModel.load(self.folder, self.options, self.prompts)

    @property
    def dim(self) -> int:
        """Dimensions d; loads the model."""
        return self._loaded.dim

    @property
    def workers(self) -> int:
        """One batch a core: faster than one batch on all cores, and no value depends on their number. Loads the model."""
        return self._loaded.workers

    @property
    def longest(self) -> int | None:
        """The most tokens of a text that the model reads; loads the model."""
        return self._loaded.longest

    def lengths(self, texts: Sequence[str], role: Role) -> Lengths:
        """Tokens of each text with its prompt, int64 (n), before anything is cut off."""
        return self._loaded.tokens.lengths(self._fed(texts, role))

    def encode(self, texts: Sequence[str], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The vectors of one batch, float32 (n, d); see `Encoder.encode`."""
        values = self._loaded.vectors(self._fed(texts, role), self.prompt(role))
        vectors = accepted(values, texts, self.dim, self._place, ids)
        return unit_rows(vectors) if self.similarity == "cosine" else vectors

    def token_vectors(self, texts: Sequence[str], role: Role) -> tuple[NDArray[np.float32], dict[str, NDArray[np.int64]]]:
        """One vector a token of one batch, float32 (n, longest, d), as the transformer makes them, and what was fed."""
        return self._loaded.token_vectors(self._fed(texts, role), self.prompt(role))

    @property
    def tokenizer(self) -> Any:
        """The model's own tokenizer; loads the model."""
        return self._loaded.model[0].tokenizer

    def truncated(self, texts: Sequence[str], role: Role) -> tuple[int, int]:
        """How many of the texts are cut, and how many tokens they lose."""
        over = np.maximum(self.lengths(texts, role) - self._loaded.longest, 0)
        return int((over > 0).sum()), int(over.sum())

    def echo(self, texts: Sequence[str], role: Role) -> dict[str, Any]:
        """The first text as the model is fed it, with its token numbers and tokens."""
        fed = self._fed(texts[:1], role)[0]
        ids, tokens = self._loaded.tokens.words(fed)
        return {"prompt": self.prompt(role), "text": fed, "tokens": tokens, "ids": ids}

    def _fed(self, texts: Sequence[str], role: Role) -> list[str]:
        prompt = self.prompt(role)
        return [prompt + text for text in texts]


def is_whole(value: Any) -> bool:
    """Whether it is written in the digits 0 to 9 alone."""
    return str(value).isascii() and str(value).isdecimal()


def option(key: str, value: Any) -> str | int:
    """The value of an option of a sentence-transformers model. Raises UsageError for one that it has not, or another value."""
    kind = OPTIONS.get(key)
    if kind is None:
        raise UsageError(f"a sentence-transformers model has no option {key!r}", mend=suggest(key, sorted(OPTIONS)))
    if kind == "text":
        return str(value)
    if kind == "count":
        if not is_whole(value) or int(value) < 1:
            raise UsageError(f"{key}={value} is not a whole number of at least 1", mend=f"for example: {key}=512")
        return int(value)
    if value not in kind.split("|"):
        raise UsageError(f"{key}={value} is not known", mend=f"one of: {kind.replace('|', ', ')}")
    return str(value)
