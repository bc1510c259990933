"""From an ENCODER and texts to vectors, through the stores that retrieval keeps its vectors in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import Role, UsageError
from corpora.workspace import Workspace
from retrieval.dense import FLAT, dense
from retrieval.encoders import Encoder
from retrieval.spec import parse_spec
from retrieval.vectors.embed import embed


@dataclass(frozen=True)
class EncoderSystem:
    """An encoder under the name that it has in results: what an embedding task evaluates."""

    spec: str
    encoder: Encoder

    def identity(self, language: str = "unknown") -> Mapping[str, Any]:
        """The encoder's identity, which holds all that moves a vector."""
        return {"engine": "encoder-1", "encoder": self.encoder.identity()}


def make_encoder_system(encoder: str) -> EncoderSystem:
    """The system that ENCODER names, options in parentheses: `minilm`, `my_model.py:MyEncoder`, `path(max_length=256)`.

    A sentence-transformers model gives its vectors as they are, not brought to length 1, as mteb takes them: distances
    and classifiers see lengths, cosine does not. Raises what `resolve_encoder` raises.
    """
    if encoder.startswith("dense:"):
        raise UsageError(f"{encoder!r} is a retriever", mend=f"an encoder is what stands behind it: {encoder[6:]}")
    named = dense(parse_spec(f"dense:{encoder}"))
    if named.index != FLAT:
        raise UsageError("an encoder has no index", where=encoder, mend="leave out index=")
    return EncoderSystem(named.spec.removeprefix("dense:"), unscaled(named.encoder))


def unscaled(encoder: Encoder) -> Encoder:
    """The encoder without the scaling to length 1 that retrieval by cosine adds; a user's own class stays as it is."""
    own: Callable[[], Encoder] | None = getattr(encoder, "unscaled", None)
    return own() if own else encoder


def vectors_of(
    encoder: Encoder, texts: Sequence[str], ids: Sequence[str], role: Role, workspace: Workspace
) -> tuple[NDArray[np.float32], dict[str, int]]:
    """The vectors of n texts, float32 (n, d), kept ones reused, and how many texts were cut and of how much."""
    found = embed(encoder, texts, role, workspace, ids=ids)
    if encoder.unit != "tok":
        return found.vectors, {"truncation_unknown": 1}
    return found.vectors, {"truncated_texts": found.truncated, "tokens_lost_in_texts": int(found.lost.sum())}
