"""Who turns a query into a ranking: encoders, retrievers, fusion."""

from .run import Run

__all__ = ["Run"]
