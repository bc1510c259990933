"""Text in, vectors out: what every embedding model looks like from inside, and the doors through which models come in."""

from .protocol import Batching, Encoder
from .resolve import ENCODERS, resolve_encoder

__all__ = ["ENCODERS", "Batching", "Encoder", "resolve_encoder"]
