"""Where kept state lives, and the only ways to write it: folders that appear whole, with checksums."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs

from .errors import MedirError, StateError, SurroundingsError

BLOCK = 64 << 20
_PIECE = 1 << 18
MANIFEST = "manifest.json"


def home() -> Path:
    """The data folder: `MEDIR_HOME`, by default the platform's cache folder."""
    chosen = os.environ.get("MEDIR_HOME")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("medir"))


def digest(*parts: str | bytes) -> str:
    """sha256 (hex) over length-prefixed parts, so that no two lists of parts share a digest by accident."""
    running = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        running.update(len(data).to_bytes(8, "little") + data)
    return running.hexdigest()


def file_digest(path: Path) -> str:
    """sha256 (hex) of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_json(value: Any) -> str:
    """sha256 (hex) of a value's canonical JSON (sorted keys, no blanks)."""
    return digest(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


@contextmanager
def new_folder(final: Path, manifest: dict[str, Any]) -> Iterator[Path]:
    """A folder to fill, which becomes `final` in one rename once it is whole; `manifest` gains the files' checksums.

    If `final` appears meanwhile (another process built the same content), ours is dropped.
    A full or read-only disk raises SurroundingsError and leaves nothing behind.
    """
    draft = final.parent / f".{final.name}.{uuid.uuid4().hex}"
    try:
        draft.mkdir(parents=True)
        yield draft
        write_manifest(draft, manifest)
        _publish(draft, final)
    except OSError as problem:
        raise disk_error(problem, final) from problem
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _publish(draft: Path, final: Path) -> None:
    try:
        draft.rename(final)
    except OSError as problem:
        if problem.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
    _sync(final.parent)


def _sync(folder: Path) -> None:
    """Flush a folder's own entries, so that a rename in it outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def disk_error(problem: OSError, where: Path) -> MedirError:
    """What a failed write becomes: how much room is left, and what to do."""
    place = next((parent for parent in (where, *where.parents) if parent.exists()), Path("/"))
    free = shutil.disk_usage(place).free
    reason = problem.strerror or str(problem)
    return SurroundingsError(
        f"cannot write: {reason} ({free / 1e6:,.0f} MB free)",
        where=str(where),
        mend="free some space or set MEDIR_HOME to a writable folder; what was finished is kept",
    )


def write_file(path: Path, data: bytes) -> None:
    """Write `data` under a temporary name, flush it to the disk, and rename it into place."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with open(draft, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as problem:
        draft.unlink(missing_ok=True)
        raise disk_error(problem, path) from problem


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Flush every file of `folder` and write `manifest.json` with their sizes and block checksums."""
    files = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST):
        with open(path, "rb") as file:
            os.fsync(file.fileno())
        files[path.relative_to(folder).as_posix()] = {"bytes": path.stat().st_size, "sha256": list(block_sums(path))}
    body = {**manifest, "block": BLOCK, "files": files}
    body["self"] = digest_json(body)
    write_file(folder / MANIFEST, json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False).encode())


def block_sums(path: Path) -> Iterator[str]:
    """sha256 (hex) of each 64 MiB block of a file, read a little at a time."""
    with open(path, "rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            running, left = hashlib.sha256(piece), BLOCK - len(piece)
            while left and (piece := file.read(min(_PIECE, left))):
                running.update(piece)
                left -= len(piece)
            yield running.hexdigest()


def open_folder(folder: Path, *, repair: str) -> dict[str, Any]:
    """The manifest of a kept folder, once every file in it matches its checksums.

    Raises StateError, naming the file and the `repair` command, for anything that does not match.
    """
    manifest = read_manifest(folder, repair=repair)
    for name, entry in manifest["files"].items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != entry["bytes"]:
            raise _damaged(path, "is missing or has another size than when it was written", repair)
        for number, (now, then) in enumerate(zip(block_sums(path), entry["sha256"], strict=True)):
            if now != then:
                raise _damaged(path, f"does not match its checksum (block {number})", repair)
    return manifest


def read_manifest(folder: Path, *, repair: str) -> dict[str, Any]:
    """The manifest alone, checked against itself. Raises StateError where it is missing or damaged."""
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
        claimed = manifest.pop("self")
        if claimed != digest_json(manifest):
            raise ValueError
    except (OSError, ValueError, KeyError, AttributeError):
        raise _damaged(path, "is missing or damaged", repair) from None
    return manifest


def _damaged(path: Path, what: str, repair: str) -> StateError:
    return StateError(what, where=str(path), mend=f"repair it with: rm -r '{path.parent}' (after that, {repair})")


def kept_or_built(final: Path, build: Callable[[Path], dict[str, Any]], *, repair: str) -> dict[str, Any]:
    """The manifest of `final`; where it is not kept yet, `build(folder)` fills it and returns what the manifest says."""
    if not final.exists():
        manifest: dict[str, Any] = {}
        with new_folder(final, manifest) as draft:
            manifest.update(build(draft))
    return open_folder(final, repair=repair)
