"""Archives of pictures are unpacked once, and never out of their folder."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from corpora import InputError
from corpora.sources.archives import unpack


def packed(fill: Callable[[zipfile.ZipFile], None], kind: int = zipfile.ZIP_STORED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", kind) as opened:
        fill(opened)
    return sink.getvalue()


def named(name: str) -> bytes:
    return packed(lambda opened: opened.writestr(name, b"x"))


def both(*names: str) -> bytes:
    def fill(opened: zipfile.ZipFile) -> None:
        for name in names:
            opened.writestr(name, b"x")

    return packed(fill)


def linked() -> bytes:
    link = zipfile.ZipInfo("a.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    return packed(lambda opened: opened.writestr(link, "/etc/passwd"))


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return both("a.png", "a.png")


def bomb() -> bytes:
    return packed(lambda opened: opened.writestr("a.png", bytes(65 << 20)), zipfile.ZIP_DEFLATED)


def inside(kind: int) -> bytes:
    """Flip every bit of the file's bytes, which stand after a head of 35."""
    data = bytearray(packed(lambda opened: opened.writestr("a.png", b"hello" * 100), kind))
    data[37:55] = bytes(255 - one for one in data[37:55])
    return bytes(data)


def cut() -> bytes:
    return named("a.png")[:-10]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (lambda: named("../a.png"), r"'\.\./a\.png' leaves the folder"),
        (lambda: named("b/../../a.png"), "leaves the folder"),
        (lambda: named("/a.png"), "leaves the folder"),
        (lambda: named("C:\\a.png"), "leaves the folder"),
        (lambda: named("C:/a.png"), "leaves the folder"),
        (linked, "'a.png' is a link"),
        (twice, "two files of one name"),
        (bomb, r"1 files of 68 MB, from 0\.1 MB"),
        (lambda: named("."), r"'\.' leaves the folder"),
        (lambda: named("x" * 300), "cannot be unpacked: File name too long"),
        (cut, "not a zip archive, or damaged"),
        (lambda: b"no zip", "not a zip archive, or damaged"),
    ],
)
def test_an_archive_that_cannot_be_taken(tmp_path: Path, data: Callable[[], bytes], message: str) -> None:
    archive, folder = tmp_path / "outer" / "a.zip", tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    archive.write_bytes(data())
    with pytest.raises(InputError, match=message) as caught:
        unpack(archive, folder, where="here")
    assert str(caught.value).startswith("here: ")
    assert [path.name for path in (tmp_path / "outer").rglob("*")] == ["inner", "a.zip"] or not list(folder.rglob("*"))
    assert not (tmp_path / "a.png").exists()
    assert not (tmp_path / "outer" / "a.png").exists()


def test_damaged_bytes_inside_are_found(tmp_path: Path) -> None:
    data = bytearray(packed(lambda opened: opened.writestr("a.png", b"x" * 100)))
    data[60] ^= 1
    (tmp_path / "a.zip").write_bytes(data)
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="damaged: Bad CRC"):
        unpack(tmp_path / "a.zip", tmp_path / "out", where="here")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (lambda: inside(zipfile.ZIP_BZIP2), "'a.png' cannot be unpacked: Invalid data stream"),
        (lambda: inside(zipfile.ZIP_LZMA), "not a zip archive, or damaged"),
        (lambda: both("a", "a/b"), "'a/b' cannot be unpacked: File exists"),
    ],
)
def test_what_is_found_while_files_are_written(tmp_path: Path, data: Callable[[], bytes], message: str) -> None:
    (tmp_path / "a.zip").write_bytes(data())
    (tmp_path / "files").mkdir()
    with pytest.raises(InputError, match=message):
        unpack(tmp_path / "a.zip", tmp_path / "files", where="here")


def test_files_are_written_as_they_are(tmp_path: Path) -> None:
    def fill(opened: zipfile.ZipFile) -> None:
        opened.mkdir("empty")
        opened.writestr("Heart and Lungs/a b.png", b"1")
        opened.writestr("b..png", b"2")

    (tmp_path / "a.zip").write_bytes(packed(fill))
    (tmp_path / "out").mkdir()
    unpack(tmp_path / "a.zip", tmp_path / "out", where="here")
    found = {path.relative_to(tmp_path / "out").as_posix(): path.read_bytes() for path in (tmp_path / "out").rglob("*.png")}
    assert found == {"Heart and Lungs/a b.png": b"1", "b..png": b"2"}
    with pytest.raises(InputError, match="another archive holds the file"):
        unpack(tmp_path / "a.zip", tmp_path / "out", where="here")
