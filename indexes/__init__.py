"""How a corpus is made searchable: arrays in, rows and scores out."""

from .hits import PADDING, Candidates, Hits, TextIndex, VectorIndex, cut, in_order

__all__ = ["PADDING", "Candidates", "Hits", "TextIndex", "VectorIndex", "cut", "in_order"]
