"""Pictures: named by path and frame, pinned by the hash of their file, and read one by one when they are needed."""

from .fault import FAULTS, ImageFault
from .ref import ImageRef, pinned

__all__ = ["FAULTS", "ImageFault", "ImageRef", "pinned"]
