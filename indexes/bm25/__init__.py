"""BM25 of our own making: analysed, counted and sorted in compiled passes over arrays."""

from .index import BM25Index, build_bm25, open_bm25, write_bm25

__all__ = ["BM25Index", "build_bm25", "open_bm25", "write_bm25"]
