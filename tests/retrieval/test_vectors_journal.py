"""The journal: every cut leaves the finished batches, every flipped byte in one of them is found."""

from __future__ import annotations

import hashlib
import multiprocessing
import resource
from pathlib import Path

import numpy as np
import pytest

from corpora import StateError, SurroundingsError
from retrieval.vectors.journal import Segment, new_segment, read_segments
from retrieval.vectors.store import open_store

DIM = 3
HEAD = {"kind": "dense", "dim": DIM, "role": "document", "plan": "p"}


def batch(number: int, texts: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    keys = [np.frombuffer(hashlib.sha256(f"{number} {i}".encode()).digest(), np.uint8) for i in range(texts)]
    vectors = np.random.default_rng(number).normal(size=(texts, DIM)).astype(np.float32)
    return np.array(keys), np.arange(texts, dtype=np.uint32) + number, vectors


def write(folder: Path, batches: int = 3, *, closed: bool = True) -> Path:
    """A segment of some batches, `closed` by its writer or left as a kill leaves it."""
    before = set(folder.glob("*.journal"))
    try:
        with new_segment(folder, HEAD) as journal:
            for number in range(batches):
                journal.append(*batch(number))
            if not closed:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    (path,) = set(folder.glob("*.journal")) - before
    return path


def ends(path: Path) -> list[int]:
    """Where each finished batch ends."""
    (segment,) = read_segments(path.parent)
    return [record.payload + record.texts * (32 + 4 + 4 * DIM) for record in segment.records]


@pytest.mark.parametrize("closed", [True, False])
def test_what_was_written_is_read(tmp_path: Path, closed: bool) -> None:
    write(tmp_path, closed=closed)
    store = open_store(tmp_path)
    assert (len(store), store.dim) == (6, DIM)
    for number in range(3):
        keys, lost, vectors = batch(number)
        places = store.find(keys)
        np.testing.assert_array_equal(store.take(places), vectors)
        np.testing.assert_array_equal(store.lost[places], lost)
    assert store.find(batch(9)[0]).tolist() == [-1, -1]


def test_an_empty_or_missing_folder_is_an_empty_store(tmp_path: Path) -> None:
    store = open_store(tmp_path / "nowhere")
    assert (len(store), store.dim) == (0, 0)
    assert store.find(batch(0)[0]).tolist() == [-1, -1]


def test_a_cut_at_any_byte_leaves_the_finished_batches(tmp_path: Path) -> None:
    path = write(tmp_path)
    whole, stops = path.read_bytes(), ends(path)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        (segment,) = read_segments(tmp_path)
        assert len(segment.records) == sum(stop <= length for stop in stops), length


def test_a_flip_of_any_byte_in_a_closed_segment_is_found(tmp_path: Path) -> None:
    path = write(tmp_path)
    whole = path.read_bytes()
    for at in range(ends(path)[-1]):
        flipped = bytearray(whole)
        flipped[at] ^= 0x40
        path.write_bytes(flipped)
        with pytest.raises(StateError, match="does not match its checksum") as caught:
            read_segments(tmp_path)
        assert caught.value.where == str(path)
        assert "rm " in caught.value.mend
        assert caught.value.exit_code == 3


def test_a_flip_of_any_bit_after_a_kill_is_found_or_costs_the_last_batch(tmp_path: Path) -> None:
    path = write(tmp_path, closed=False)
    whole, stops = path.read_bytes(), ends(path)
    for at in range(len(whole)):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << (at % 8)
        path.write_bytes(flipped)
        if at < stops[-2]:
            with pytest.raises(StateError):
                read_segments(tmp_path)
        else:
            (segment,) = read_segments(tmp_path)
            assert [_vectors(segment, i).tobytes() for i in range(len(segment.records))] == [
                batch(i)[2].tobytes() for i in range(2)
            ]


def _vectors(segment: Segment, number: int) -> np.ndarray:
    record = segment.records[number]
    return np.frombuffer(segment.data, "<f4", record.texts * DIM, record.payload + record.texts * 36)


def test_garbage_behind_a_finished_batch_is_a_torn_tail(tmp_path: Path) -> None:
    path = write(tmp_path, closed=False)
    whole = path.read_bytes()
    for tail in (b"\0" * 500, b"BTCH", b"BTCH" + b"\xff" * 200, np.random.default_rng(0).bytes(300)):
        path.write_bytes(whole + tail)
        (segment,) = read_segments(tmp_path)
        assert len(segment.records) == 3


def test_a_run_that_fails_before_its_first_batch_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no"), new_segment(tmp_path / "new", HEAD):
        raise ValueError("no")
    assert list((tmp_path / "new").iterdir()) == []


def test_segments_of_two_widths_are_not_mixed(tmp_path: Path) -> None:
    write(tmp_path)
    with new_segment(tmp_path, {**HEAD, "dim": 1}) as journal:
        journal.append(*batch(0)[:2], np.ones((2, 1), np.float32))
    with pytest.raises(StateError, match="dimensions"):
        open_store(tmp_path)


def _write_many(folder: str, start: int) -> None:
    with new_segment(Path(folder), HEAD) as journal:
        for number in range(start, start + 20):
            journal.append(*batch(number))


def test_processes_write_beside_each_other(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_write_many, args=(str(tmp_path), 15 * worker)) for worker in range(4)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        open_store(tmp_path)
    for worker in workers:
        worker.join()
    store = open_store(tmp_path)
    assert (len(store.segments), len(store)) == (4, 160)
    for number in range(65):
        np.testing.assert_array_equal(store.take(store.find(batch(number)[0])), batch(number)[2])


def _write_into_a_full_disk(folder: Path) -> None:
    """The second batch goes past a limit on the file's size, and is cut there."""
    with new_segment(folder, HEAD) as journal:
        journal.append(*batch(0))
        (path,) = folder.iterdir()
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        journal.append(*batch(1))


def test_a_full_disk_is_said_and_keeps_what_was_finished(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(SurroundingsError, match="cannot write"):
            _write_into_a_full_disk(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    (path,) = tmp_path.iterdir()
    assert len(ends(path)) == 1
    np.testing.assert_array_equal(open_store(tmp_path).take(np.array([0, 1])), batch(0)[2])
