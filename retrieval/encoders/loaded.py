"""A sentence-transformers model in memory: its modules are run on our own batches of tokens."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError, MedirError, Role
from corpora.errors import missing_extra

from .memory import out_of_memory
from .model_folder import ModelFolder
from .tokens import Tokens

CANARIES = ["fever", " Does aspirin prevent a second myocardial infarction?\n", "二型糖尿病 and Sjögren's β-cells (5 µg/m²)"]
FED = {"input_ids", "attention_mask", "token_type_ids"}
_NO_LIMIT = 1 << 30
MOST_WORKERS = 16
ROUNDING = {"float32": 1e-5, "float16": 2e-2, "bfloat16": 5e-2}


@dataclass(frozen=True)
class LoadedModel:
    """The model's modules, its tokenizer, and what its first module wants to be fed (`keys`).

    `threads` is what torch was set to when the model was loaded; on a processor, each batch is computed by one of them.
    """

    model: Any
    tokens: Tokens
    keys: frozenset[str]
    longest: int
    dim: int
    threads: int

    @classmethod
    def load(cls, folder: ModelFolder, options: Mapping[str, str | int], prompts: Mapping[Role, str]) -> LoadedModel:
        """The model of a folder, once it gives the values that sentence-transformers itself gives.

        Raises InputError for a model that cannot be loaded or does not agree, SurroundingsError without the extra.
        """
        with quiet():
            model = opened_model(folder, options)
            tokenizer = getattr(model[0], "tokenizer", None)
            if not getattr(tokenizer, "is_fast", False):
                _refuse(folder, f"its first module ({type(model[0]).__name__}) has no fast tokenizer")
            longest = min(int(model.max_seq_length or _NO_LIMIT), _NO_LIMIT)
            tokens = Tokens(tokenizer, longest)
            keys = _keys(folder, model, tokens, longest)
            loaded = cls(model, tokens, keys, longest, _width(model), torch_threads())
            loaded._agree(folder, sorted(set(prompts.values())), str(options.get("dtype", "float32")))
        return loaded

    def vectors(self, texts: Sequence[str], prompt: str) -> NDArray[np.float32]:
        """What the modules make of one batch of texts, each with its prompt before it; float32 (n, d)."""
        made = self._made(self.tokens.padded(texts), prompt)
        return np.asarray(made["sentence_embedding"][:, : self.dim].float().cpu().numpy())

    def token_vectors(self, texts: Sequence[str], prompt: str) -> tuple[NDArray[np.float32], dict[str, NDArray[np.int64]]]:
        """One vector a token, float32 (n, longest, d), and what was fed: see `Tokens.padded`, whose mask says which are real."""
        fed = self.tokens.padded(texts)
        return np.asarray(self._made(fed, prompt)["token_embeddings"].float().cpu().numpy()), fed

    def _made(self, fed: Mapping[str, NDArray[np.int64]], prompt: str) -> Any:
        import torch

        device = self.model.device
        features: dict[str, Any] = {name: torch.from_numpy(fed[name]).to(device) for name in sorted(self.keys)}
        if prompt:
            features["prompt_length"] = self._prompt_length(prompt)
        with torch.inference_mode(), one_thread(self.threads):
            return self.model({**features, "modality": "text"})

    @property
    def workers(self) -> int:
        """How many batches at a time are worth while."""
        return min(self.threads, MOST_WORKERS) if self.model.device.type == "cpu" else 1

    def _prompt_length(self, prompt: str) -> int:
        ids, _ = self.tokens.words(prompt)
        return len(ids) - (ids[-1] in self.model[0].tokenizer.all_special_ids)

    def _agree(self, folder: ModelFolder, prompts: Sequence[str], dtype: str) -> None:
        for prompt in prompts:
            ours = self.vectors([prompt + text for text in CANARIES], prompt)
            theirs = self.model.encode(CANARIES, prompt=prompt, show_progress_bar=False).astype(np.float32)
            scale = max(1.0, float(np.abs(theirs).max()))
            if ours.shape != theirs.shape or not np.allclose(ours, theirs, rtol=0, atol=ROUNDING[dtype] * scale):
                _refuse(folder, "its own encode() gives other vectors than its modules do on the same tokens")


@contextmanager
def one_thread(threads: int) -> Iterator[None]:
    """The calling thread computes alone, then torch is as it was, with so many threads."""
    import torch

    torch.get_num_threads()  # a new thread takes over torch's setting when it first asks, which must not be after ours
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def opened_model(folder: ModelFolder, options: Mapping[str, str | int], **more: Any) -> Any:
    """The model of a folder as sentence-transformers opens it, as the options say; `more` goes to its constructor."""
    try:
        import torch
        from sentence_transformers import SentenceTransformer
    except ImportError as problem:
        raise missing_extra("sentence-transformers", "st") from problem
    try:
        model = SentenceTransformer(str(folder.path), device=options.get("device"), local_files_only=True, **more)
        model = model.to(getattr(torch, str(options.get("dtype", "float32")))).eval()
        if "pooling" in options:
            model[1] = type(model[1])(model[1].pooling_output_dimension, str(options["pooling"]))
        if "max_length" in options:
            model.max_seq_length = int(options["max_length"])
        return model
    except Exception as problem:
        if isinstance(problem, MedirError) or out_of_memory(problem):
            raise
        what = f"the model cannot be loaded: {type(problem).__name__}: {problem}"
        raise InputError(what, where=str(folder.path), mend="fetch the model again") from problem


def _keys(folder: ModelFolder, model: Any, tokens: Tokens, longest: int) -> frozenset[str]:
    """Which of our arrays the model's own preprocessing makes too. Raises InputError where the two differ."""
    texts = [*CANARIES, "heart failure " * min(longest, 4096)]
    theirs = getattr(model, "preprocess", model.tokenize)(texts)
    ours, keys = tokens.padded(texts), frozenset(name for name in theirs if name in FED)
    if any(not np.array_equal(ours[name], theirs[name].numpy()) for name in keys):
        _refuse(folder, "it does not feed plain tokens to its first module")
    return keys


def torch_threads() -> int:
    """What torch is set to."""
    import torch

    return int(torch.get_num_threads())


def _width(model: Any) -> int:
    width = getattr(model, "get_embedding_dimension", None) or model.get_sentence_embedding_dimension
    return int(width())


def _refuse(folder: ModelFolder, what: str) -> None:
    raise InputError(what, where=str(folder.path), mend="write a class of ten lines around it: dense:file.py:Class")


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing on the terminal while a model loads."""
    try:
        from transformers.utils import logging as chatter
    except ImportError:
        yield
        return
    logger, level, shown = logging.getLogger("sentence_transformers"), chatter.get_verbosity(), chatter.is_progress_bar_enabled()
    before = logger.level
    chatter.set_verbosity_error()
    chatter.disable_progress_bar()
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        chatter.set_verbosity(level)
        logger.setLevel(before)
        if shown:
            chatter.enable_progress_bar()
