"""Vectors that are made once: keyed by content, journalled as they are made, found again by every task."""

from .embed import Embedded, embed
from .images import EmbeddedImages, embed_images

__all__ = ["Embedded", "EmbeddedImages", "embed", "embed_images"]
