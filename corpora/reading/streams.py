"""A file as lines of bytes: plain or gzipped, of any size, told apart by content and never by name alone."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError, SurroundingsError
from .witness import Witness

LONGEST_LINE = 256 << 20
_CHUNK = 256 << 10
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def lines_of(path: Path, witness: Witness) -> Iterator[tuple[int, bytes]]:
    """The number (from 1) and the bytes of every line of a file, without its newline (a CR before it stays).

    A byte order mark at the start is skipped and counted (`byte_order_marks`). Raises InputError for UTF-16, for a
    gzip stream that is cut or damaged, and for a line over 256 MiB; SurroundingsError where the disk does not give it.
    """
    number, pending, waiting = 1, [b""], 0
    for chunk in _chunks(path, witness):
        head, newline, tail = chunk.rpartition(b"\n")
        if newline:
            for line in b"".join([*pending, head]).split(b"\n"):
                yield number, line
                number += 1
            pending, waiting = [], 0
        pending.append(tail)
        waiting += len(tail)
        if waiting > LONGEST_LINE:
            raise InputError(
                f"the line is longer than {LONGEST_LINE >> 20} MiB", where=f"{path}:{number}", mend="write one record a line"
            )
    if last := b"".join(pending):
        yield number, last


def text_of(line: bytes, where: str) -> str:
    """The line decoded. Raises InputError that names the byte where it is not UTF-8."""
    try:
        return line.decode()
    except UnicodeDecodeError as problem:
        raise not_utf8(problem, where) from None


def not_utf8(problem: UnicodeDecodeError, where: str) -> InputError:
    """The message for broken UTF-8."""
    return InputError(
        f"not UTF-8: byte 0x{problem.object[problem.start]:02x} at position {problem.start + 1:,} ({problem.reason})",
        where=where,
        mend="save the file as UTF-8, for example: iconv -f LATIN1 -t UTF-8",
    )


def _chunks(path: Path, witness: Witness) -> Iterator[bytes]:
    """The content in pieces, the first without a byte order mark."""
    with _faults(path), open(path, "rb") as raw:
        packed = raw.peek(2)[:2] == _GZIP
        if path.suffix == ".gz" and not packed:
            raise InputError("it is not gzipped", where=str(path), mend="drop .gz from its name, or fetch it again")
        file = gzip.GzipFile(fileobj=raw) if packed else raw
        seen, first = 0, True
        while chunk := file.read1(_CHUNK):
            witness.advance(raw.tell() - seen)
            seen = raw.tell()
            yield _unmarked(chunk, path, witness) if first else chunk
            first = False


def _unmarked(chunk: bytes, path: Path, witness: Witness) -> bytes:
    if chunk.startswith(_UTF16):
        raise InputError("it is UTF-16", where=str(path), mend="save it as UTF-8, for example: iconv -f UTF-16 -t UTF-8")
    witness.counts["byte_order_marks"] += chunk.startswith(_BOM)
    return chunk.removeprefix(_BOM)


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """What goes wrong with a file, as messages that name it."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
        raise InputError(
            f"the gzip stream is cut short or damaged ({problem})", where=str(path), mend="fetch or pack the file again"
        ) from None
    except OSError as problem:
        raise unreadable(path, problem) from problem


def unreadable(path: Path, problem: OSError) -> InputError | SurroundingsError:
    """The message for a file that cannot be opened or read."""
    if isinstance(problem, (FileNotFoundError, IsADirectoryError, NotADirectoryError)):
        return InputError("there is no such file", where=str(path), mend="check the path")
    return SurroundingsError(
        f"cannot be read: {problem.strerror or problem}", where=str(path), mend="check the disk and the rights"
    )
