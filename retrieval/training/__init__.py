"""Models fitted to medical search: cross-encoders from judged pairs, and SL-HyDE's generator and retriever without labels."""

from .trained_on import TrainedOn, shared_pictures, shared_queries, trained_on

__all__ = ["TrainedOn", "shared_pictures", "shared_queries", "trained_on"]
