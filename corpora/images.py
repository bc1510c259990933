"""Pictures are named, never held: a path and a frame."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ImageRef:
    """One picture: its file and, in a file of several, the frame (from 0)."""

    path: str
    frame: int = 0
