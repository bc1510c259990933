"""Lucene's one-byte lengths, by known values."""

from __future__ import annotations

import numpy as np

from indexes.lucene_lengths import coded_lengths


def test_known_values() -> None:
    lengths = np.array([0, 1, 23, 24, 39, 40, 41, 42, 55, 56, 57, 60, 87, 88, 100, 1000, 2**31 - 1], np.int64)
    coded = [0, 1, 23, 24, 39, 40, 40, 42, 54, 56, 56, 60, 84, 88, 96, 984, 2013265944]
    assert coded_lengths(lengths).tolist() == coded
    assert coded_lengths(lengths).dtype == np.int64


def test_a_byte_holds_every_length() -> None:
    lengths = np.concatenate([np.arange(1 << 17), np.arange(1 << 17, 2**31, 1 << 12)]).astype(np.int64)
    coded = coded_lengths(lengths)
    assert len(np.unique(coded)) <= 256
    assert np.all(coded <= lengths)
    assert np.all(np.diff(coded) >= 0)
    assert np.all(lengths - coded <= lengths / 8)
    assert np.array_equal(coded_lengths(coded), coded)


def test_nothing() -> None:
    assert len(coded_lengths(np.zeros(0, np.int64))) == 0
