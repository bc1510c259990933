"""Whether a model hears its own prompts."""

from __future__ import annotations

import numpy as np

from corpora.workspace import Workspace

from ..encoders.protocol import Encoder, modalities_of
from .embed import embed

CANARY = "fever and cough for three days"


def deaf_to_prompts(encoder: Encoder, workspace: Workspace) -> dict[str, int]:
    """A note where a model declares prompts, and yet embeds one text as a query and as a document to equal vectors."""
    if "text" not in modalities_of(encoder):
        return {}
    told = encoder.prompt("query") != encoder.prompt("document")
    if not getattr(encoder, "declares_prompts", told):
        return {}
    query, document = (embed(encoder, [CANARY], role, workspace).vectors for role in ("query", "document"))
    return {"prompts_without_effect": 1} if np.array_equal(query, document) else {}
