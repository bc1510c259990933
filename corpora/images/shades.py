"""Greys of any depth as 8 bit."""

from __future__ import annotations

from typing import Any

import numpy as np


def to_bytes(values: np.ndarray[Any, Any], low: float, high: float) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Values as uint8 of the same shape: `low` becomes 0, `high` 255, linearly between, rounded half to even, clipped outside.

    NaN becomes 0. Where `low` is `high`, what lies above it becomes 255 and the rest 0.
    """
    exact = values.astype(np.float64)
    if not high > low:
        return np.where(exact > high, 255, 0).astype(np.uint8)
    with np.errstate(invalid="ignore"):
        scaled = np.clip((exact - low) * (255 / (high - low)), 0, 255)
    return np.rint(np.nan_to_num(scaled, nan=0.0)).astype(np.uint8)


def stretched(values: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Values as uint8: the lowest finite value becomes 0 and the highest 255. A picture of one value is black."""
    if values.dtype == bool:
        return values.astype(np.uint8) * np.uint8(255)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.zeros(values.shape, np.uint8)
    return to_bytes(values, float(finite.min()), float(finite.max()))
