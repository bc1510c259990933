"""Pictures: named by path and frame, pinned by the hash of their file, and read one by one when they are needed."""

from .fault import FAULTS, FAULTS_NAMED, ImageFault
from .ref import ImageRef, pinned

__all__ = ["FAULTS", "FAULTS_NAMED", "ImageFault", "ImageRef", "pinned"]
