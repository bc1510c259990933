"""What comes out of a model, looked at before anything is done with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NoReturn, get_args

import numpy as np
from numpy.typing import NDArray

from corpora import InputError

Similarity = Literal["cosine", "dot"]
SIMILARITIES: tuple[str, ...] = get_args(Similarity)
_SHOWN = 60


def accepted(
    values: Any, texts: Sequence[str], dim: int, where: str, ids: Sequence[str] = (), *, kind: str = "text"
) -> NDArray[np.float32]:
    """The model's values as float32 (n, d) in C order, if they are that, finite, and no row is zero.

    Raises InputError naming `where` (the method that made them) and the text whose row is wrong. Where the rows are of another
    `kind`, `texts` holds their names.
    """
    if not isinstance(values, np.ndarray):
        kind = f"{type(values).__module__}.{type(values).__qualname__}".removeprefix("builtins.")
        _refuse(f"returned a {kind}, not a NumPy array", where, "return numpy.asarray(vectors, dtype=numpy.float32)")
    if values.shape != (len(texts), dim):
        _refuse(
            f"returned shape {values.shape} for {len(texts)} {kind}s, not ({len(texts)}, {dim})",
            where,
            f"return one row a {kind}, as wide as `dim` says",
        )
    if values.dtype != np.float32:
        _refuse(f"returned {values.dtype}, not float32", where, "return vectors.astype(numpy.float32)")
    for bad, what in ((~np.isfinite(values).all(axis=1), "NaN or infinity"), (~values.any(axis=1), "a zero vector")):
        if bad.any():
            row = int(bad.argmax())
            name = name_of(row, texts, ids) if kind == "text" else f"{kind} {texts[row]!r}"
            _refuse(f"gave {what} for {name}", where, f"see what the model does with this {kind}")
    return np.ascontiguousarray(values)


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows at length 1, float32 (n, d), their lengths taken in float64. Cosine becomes an inner product."""
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))
    return np.asarray(vectors / lengths[:, None], np.float32, order="C")


def name_of(row: int, texts: Sequence[str], ids: Sequence[str]) -> str:
    """How a message speaks of a text: by its id where there is one, and by its beginning."""
    text = texts[row] if len(texts[row]) <= _SHOWN else texts[row][:_SHOWN] + "..."
    return f"{ids[row]!r} ({text!r})" if ids else f"text {row} ({text!r})"


def _refuse(what: str, where: str, mend: str) -> NoReturn:
    raise InputError(what, where=where, mend=f"{mend}; `medir check` runs all the checks")
