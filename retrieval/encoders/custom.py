"""The door for anybody's class: two methods, three attributes, and one adapter that refuses what it cannot take."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError, Role
from corpora.state import digest, digest_json, file_digest

from .protocol import TEXT_ONLY, Batching, Lengths, Modality, Vectors
from .rows import SIMILARITIES, accepted, unit_rows
from .theirs import asked_of

METHODS = {"query": "encode_queries", "document": "encode_documents", "plain": "encode_documents"}
READ: Mapping[Modality, tuple[str, ...]] = {"text": ("encode_queries", "encode_documents"), "image": ("encode_images",)}
CANARIES = (
    "aspirin",
    "Does metformin lower HbA1c in type 2 diabetes?",
    "BRCA1 c.68_69delAG (p.Glu23fs), 5-FU 2.4 g/m² over 46 h",
    "Ménière's disease; Sjögren's syndrome; β-thalassaemia",
    "二型糖尿病患者的一线用药是什么？",
    "MYOCARDIAL INFARCTION",
    "  two  blanks\tand\na line  ",
    "A 54-year-old woman with dyspnoea on exertion and ankle oedema was found to have a reduced ejection fraction. " * 2,
)


@dataclass(frozen=True)
class CustomEncoder:
    """A user's model seen as an Encoder.

    The model has `name`, `dim`, `similarity` (`cosine` or `dot`), `encode_queries` and `encode_documents` (texts to
    float32 (n, dim)), and perhaps `fingerprint`. It knows no `plain` role: such texts are encoded as documents. One that reads
    pictures says so by `modalities` and is a CustomImageEncoder: see `images/custom.py`.
    `options` are what the SPEC gave its constructor; files and folders that they name are part of what the model is.
    """

    model: Any
    where: str
    options: tuple[tuple[str, str], ...] = ()

    unit = "byte"
    longest = None
    workers = 1
    batching = Batching(1 << 16, 256)

    def __post_init__(self) -> None:
        """Raise InputError for a missing or wrong attribute or method."""
        if problem := attribute_problem(self.model):
            raise InputError(problem, where=self.where, mend="medir check shows what a model class needs")

    @property
    def name(self) -> str:
        """The model's own name."""
        return str(self.model.name)

    @property
    def dim(self) -> int:
        """Dimensions d."""
        return int(self.model.dim)

    @property
    def declares_prompts(self) -> bool:
        """Whether the class says, by an attribute, that it puts prompts before its texts."""
        return any(getattr(self.model, name, None) for name in ("prompts", "query_prompt", "document_prompt"))

    def prompt(self, role: Role) -> str:
        """Empty: a class puts its prompts there itself."""
        return ""

    def lengths(self, texts: Sequence[str], role: Role) -> Lengths:
        """UTF-8 bytes of each text, int64 (n)."""
        return np.array([len(text.encode("utf-8", "surrogatepass")) for text in texts], np.int64)

    def encode(self, texts: Sequence[str], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The vectors of one batch, float32 (n, d); see `Encoder.encode`."""
        method = METHODS[role]
        vectors = accepted(self._called(method, list(texts)), texts, self.dim, f"{self.where}, {method}", ids)
        return unit_rows(vectors) if self.model.similarity == "cosine" else vectors

    def truncated(self, texts: Sequence[str], role: Role) -> tuple[int, int]:
        """(0, 0): what a class cuts off cannot be seen from outside (`longest` is None)."""
        return 0, 0

    def echo(self, texts: Sequence[str], role: Role) -> dict[str, Any]:
        """The text as it is handed to the class."""
        return {"text": texts[0], "method": METHODS[role]}

    def identity(self) -> str:
        """sha256 (hex) over the class's `fingerprint` if it has one, else over its source, the files that its options name,
        and eight canary texts.
        """
        return self._identity

    @cached_property
    def _identity(self) -> str:
        kind = type(self.model)
        shape = digest_json([self.name, kind.__qualname__, self.dim, self.model.similarity, sorted(self.options), *self._more()])
        fingerprint = getattr(self.model, "fingerprint", None)
        if callable(fingerprint):
            fingerprint = fingerprint()
        if fingerprint is not None:
            if not isinstance(fingerprint, str | int | bytes):
                what = f"`fingerprint` is {type(fingerprint).__name__}, not a text, a whole number or bytes"
                raise InputError(what, where=self.where, mend="give one that changes whenever the vectors do")
            return digest("custom", shape, "fingerprint", str(fingerprint))
        return digest("custom", shape, "source", source_of(kind), *files_of(self.options), *self._seen())

    def _more(self) -> list[Any]:
        """What the identity holds beside a text model's attributes."""
        return []

    def _seen(self) -> list[bytes]:
        """The canaries' vectors."""
        return [two_digits(self.encode(CANARIES, role)) for role in ("query", "document")]

    def _called(self, method: str, *given: Any) -> Any:
        where, mend = f"{self.where}, {method}", "medir check runs it on a few items"
        return asked_of(getattr(self.model, method), *given, where=where, mend=mend)


def attribute_problem(model: Any) -> str:
    """What is wrong with a model's attributes and methods, as a sentence; empty if nothing."""
    if problem := _modality_problem(model):
        return problem
    methods = [name for modality in READ if modality in read_by(model) for name in READ[modality]]
    for name in ("name", "dim", "similarity", *methods):
        if not hasattr(model, name):
            return f"the class has no {name!r}"
    if not isinstance(model.name, str) or not model.name:
        return f"`name` is {model.name!r}, not a text"
    if isinstance(model.dim, bool) or not isinstance(model.dim, (int, np.integer)) or model.dim < 1:
        return f"`dim` is {model.dim!r}, not a whole number of at least 1"
    if model.similarity not in SIMILARITIES:
        return f"`similarity` is {model.similarity!r}, neither 'cosine' nor 'dot'"
    for name in methods:
        if not callable(getattr(model, name)):
            return f"{name!r} is not a method"
    return ""


def read_by(model: Any) -> frozenset[Modality]:
    """What a user's model reads: its `modalities`, or text."""
    return frozenset(getattr(model, "modalities", TEXT_ONLY))


def _modality_problem(model: Any) -> str:
    told = getattr(model, "modalities", ("text",))
    if isinstance(told, str) or not isinstance(told, Collection) or not told or not set(told) <= set(READ):
        return f"`modalities` is {told!r}, neither ('text',) nor ('image',) nor ('text', 'image')"
    if "image" not in told and hasattr(model, "encode_images"):
        return "the class has 'encode_images', and no `modalities` that name 'image'"
    if "text" not in told and hasattr(model, "encode_joint"):
        return "the class has 'encode_joint', and `modalities` that do not name 'text'"
    return ""


def source_of(kind: type) -> bytes:
    """The file that a class is written in; where there is none, its module and name."""
    try:
        return Path(inspect.getfile(kind)).read_bytes()
    except (OSError, TypeError):
        return f"{kind.__module__}.{kind.__qualname__}".encode()


def files_of(options: Sequence[tuple[str, str]]) -> list[str]:
    """What the values of options that name files or folders hold, as digests; empty where none does.

    Raises InputError for a file that cannot be read.
    """
    named = ((key, _existing(value)) for key, value in sorted(options))
    try:
        return [digest_json([key, _contents(path)]) for key, path in named if path]
    except OSError as problem:
        what = f"a file that an option names cannot be read: {problem}"
        raise InputError(what, where=str(problem.filename), mend="give the class a `fingerprint`, or a file to read") from None


def _existing(value: str) -> Path | None:
    try:
        path = Path(value).expanduser()
        return path if value and path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long for a path, ~nobody, a null byte
        return None


def _contents(path: Path) -> dict[str, str]:
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    return {one.relative_to(path).as_posix(): file_digest(one) for one in files}


def two_digits(vectors: NDArray[np.float32]) -> bytes:
    """Vectors at two digits: another model is seen, the noise of another thread count is not."""
    return bytes(np.rint(vectors / np.abs(vectors).max() * 100).astype(np.int8).tobytes())
