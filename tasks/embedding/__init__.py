"""Classification, clustering, zero-shot, pair classification and similarity: embeddings measured without a search."""

from .make import (
    EMBEDDING_TYPES,
    classification_task,
    clustering_task,
    make_embedding_task,
    pair_task,
    sts_task,
    zero_shot_task,
)
from .task import EmbeddingTask
from .vectors import EncoderSystem, make_encoder_system

__all__ = [
    "EMBEDDING_TYPES",
    "EmbeddingTask",
    "EncoderSystem",
    "classification_task",
    "clustering_task",
    "make_embedding_task",
    "make_encoder_system",
    "pair_task",
    "sts_task",
    "zero_shot_task",
]
