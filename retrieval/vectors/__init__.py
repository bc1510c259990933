"""Vectors that are made once: keyed by content, journalled as they are made, found again by every task."""

from .embed import Embedded, embed

__all__ = ["Embedded", "embed"]
