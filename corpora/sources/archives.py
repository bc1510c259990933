"""Archives of pictures, unpacked once into the data folder: nothing leaves it, and none is larger than it may be."""

from __future__ import annotations

import errno
import shutil
import stat
import zipfile
import zlib
from fnmatch import fnmatchcase
from lzma import LZMAError
from pathlib import Path, PurePosixPath

from ..errors import InputError, SurroundingsError
from ..state import digest, new_folder, read_manifest
from ..workspace import Workspace
from . import hub
from .repository import Repository

READER = "1"
"""Raised whenever archives are unpacked differently: part of the key under which their files are kept."""
MOST_FILES = 2_000_000
MOST_TIMES = 50
"""How many times its own size an archive may unpack to (pictures are compressed already; a bomb grows a thousandfold)."""
_ALWAYS = 64 << 20
_FILES = "files"


def unpacked(repository: Repository, patterns: tuple[str, ...], workspace: Workspace) -> Path:
    """The folder that holds the files of all archives (zip) of a repository whose names fit one of the patterns.

    They are fetched and unpacked once, and kept by commit. Raises InputError where no archive fits, and for one that is damaged,
    that has a file which leaves the folder, a link, a password, two files of one name, or unpacks to too much; as `hub.fetch`.
    """
    names = [file for file in sorted(repository.files) if any(fnmatchcase(file, pattern) for pattern in patterns)]
    if not names:
        what = f"there is no archive {' or '.join(patterns)} in it"
        raise InputError(what, where=repository.where, mend="name the archives of its pictures in the source: pictures.archives")
    key = digest("pictures", READER, repository.name, repository.commit, *names)
    final = workspace.folder("collections", f"pictures-{key}")
    if not final.exists():
        paths = [hub.fetch(repository.name, repository.commit, name, offline=hub.is_offline(workspace)) for name in names]
        with new_folder(final, {"kind": "pictures", "repo": repository.name, "commit": repository.commit}) as draft:
            (draft / _FILES).mkdir()
            for name, path in zip(names, paths, strict=True):
                unpack(path, draft / _FILES, where=f"{repository.where}, {name}")
    read_manifest(final, repair=f"the next run unpacks the pictures of {repository.name} anew")
    return final / _FILES


def unpack(archive: Path, folder: Path, *, where: str) -> None:
    """Write every file of a zip archive under a folder. Raises InputError as `unpacked`, before anything is written where it can.

    `zipfile` writes no more of a file than its header says, so that the sizes checked first hold.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            files = [one for one in opened.infolist() if not one.is_dir()]
            _check_sizes(files, archive.stat().st_size, folder, where)
            places = {one.filename: _place(one, folder, where) for one in files}
            if len(places) < len(files):
                raise InputError("it holds two files of one name", where=where, mend=_ANEW)
            for one in files:
                _write(opened, one, places[one.filename], where)
    except (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, NotImplementedError, IndexError) as problem:
        raise InputError(f"not a zip archive, or damaged: {problem}", where=where, mend=_ANEW) from None


_ANEW = "fetch the archive again, or tell who made it"
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM)
"""What is wrong with the disk; every other fault of writing a file is one of its name or its bytes."""


def _check_sizes(files: list[zipfile.ZipInfo], size: int, folder: Path, where: str) -> None:
    whole, most = sum(one.file_size for one in files), max(_ALWAYS, MOST_TIMES * size)
    if len(files) > MOST_FILES or whole > most:
        what = f"it unpacks to {len(files):,} files of {whole / 1e6:,.0f} MB, from {size / 1e6:,.1f} MB"
        raise InputError(what, where=where, mend=f"at most {MOST_FILES:,} files and {MOST_TIMES} times its size are unpacked")
    free = shutil.disk_usage(folder).free
    if whole > free:
        what = f"its pictures take {whole / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free"
        raise SurroundingsError(what, where=str(folder), mend="free some space or set MEDIR_HOME to another folder")


def _place(one: zipfile.ZipInfo, folder: Path, where: str) -> Path:
    """Where a file is written. Raises InputError for one that would leave the folder, and for what is no plain file."""
    name = PurePosixPath(one.filename)
    if not name.parts or name.is_absolute() or ".." in name.parts or "\\" in one.filename or ":" in name.parts[0]:
        raise InputError(f"its file {one.filename!r} leaves the folder it is unpacked into", where=where, mend=_ANEW)
    if stat.S_ISLNK(one.external_attr >> 16):
        raise InputError(f"its file {one.filename!r} is a link", where=where, mend=_ANEW)
    if one.flag_bits & 1:
        raise InputError(f"its file {one.filename!r} has a password", where=where, mend="unpack it yourself into a folder")
    return folder / name


def _write(opened: zipfile.ZipFile, one: zipfile.ZipInfo, place: Path, where: str) -> None:
    try:
        if place.exists():
            raise InputError(f"another archive holds the file {one.filename!r} too", where=where, mend=_ANEW)
        place.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(one) as source, open(place, "wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    except OSError as problem:
        if problem.errno in _DISK:
            raise
        said = problem.strerror or problem
        raise InputError(f"its file {one.filename!r} cannot be unpacked: {said}", where=where, mend=_ANEW) from None
