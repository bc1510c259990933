"""Pictures that records name: found under one folder, and each file looked at once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from ..errors import InputError
from ..state import digest, file_digest
from ..workspace import Progress, silent
from .claims import Claim
from .fault import ImageFault, Kind
from .ref import ImageRef

THREADS = 8
DECODING_THREADS = 2
NOTES: Mapping[Kind, str] = {
    "missing": "missing_images",
    "not-an-image": "unreadable_images",
    "no-pixels": "unreadable_images",
    "damaged": "unreadable_images",
    "no-such-frame": "unreadable_images",
    "too-large": "oversized_images",
}
"""Under which note a picture is counted that is left out, by what its file or header shows."""
UNDECODABLE = "undecodable_images"
"""The note for pictures whose header is sound, and whose pixels are not."""
_AT_ONCE = 1024

One = TypeVar("One")
Other = TypeVar("Other")


class Fault(NamedTuple):
    """A picture that was left out: the note that counts it, and the message (`file:line, document 'd7': a.png: why`)."""

    note: str
    message: str


class _Seen(NamedTuple):
    sha256: str
    frames: int


@dataclass(frozen=True)
class Gallery:
    """The pictures under one folder that its records name.

    What is wrong with one is counted (`counts`: see NOTES) and named (`faults`), and the picture left out. With `decoding`,
    pixels are decoded too, so that `undecodable_images` are found.
    """

    root: Path
    progress: Progress = silent
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    decoding: bool = False
    _seen: dict[str, _Seen | InputError] = field(default_factory=dict, repr=False)
    _decoded: dict[Claim, ImageFault | None] = field(default_factory=dict, repr=False)

    @property
    def messages(self) -> list[str]:
        """What was wrong with pictures that were left out, in the order in which they were named."""
        return [fault.message for fault in self.faults]

    def look(self, claims: Iterable[Claim]) -> None:
        """Look at the file of every picture named that was not looked at: is it there, what is its hash, is its header sound.

        Several at a time; the progress counts pictures.
        """
        named = dict.fromkeys(claims)
        new = [path for path in dict.fromkeys(claim.path for claim in named) if path not in self._seen]
        if new:
            examine = partial(_examined, self.root, self.root.resolve())
            self._seen.update(self._each(f"looking at pictures of {self.root.name}", examine, new, THREADS))
        if self.decoding:
            sound = [claim for claim in named if claim not in self._decoded and isinstance(self._seen[claim.path], _Seen)]
            decode = partial(_decoding_fault, self.root)
            self._decoded.update(self._each(f"decoding pictures of {self.root.name}", decode, sound, DECODING_THREADS))

    def refs(self, claims: Sequence[Claim], where: str, item: str) -> tuple[ImageRef, ...]:
        """The pictures of one record, pinned, without faulty ones; `where` it stands and what `item` it is go into messages.

        Raises InputError for a path that leaves the folder.
        """
        self.look(claims)
        return tuple(ref for claim in claims if (ref := self._ref(claim, where, item)) is not None)

    def _ref(self, claim: Claim, where: str, item: str) -> ImageRef | None:
        seen = self._seen[claim.path]
        ref, fault = None, self._decoded.get(claim)
        note = UNDECODABLE if fault else ""
        if isinstance(seen, ImageFault):
            fault, note = seen, NOTES[seen.kind]
        elif isinstance(seen, InputError):
            raise InputError(seen.what, where=f"{where}, {item}", mend=seen.mend)
        elif claim.frame >= seen.frames:
            fault = ImageFault("no-such-frame", f"{claim.frame} of {seen.frames:,}")
            note = NOTES[fault.kind]
        else:
            ref = ImageRef(str(self.root / claim.path), claim.frame, seen.sha256)
        if fault is None:
            return ref
        self.counts[note] += 1
        self.faults.append(Fault(note, f"{where}, {item}: {claim.path}: {fault.what}"))
        return None

    def _each(self, label: str, do: Callable[[One], Other], items: Sequence[One], threads: int) -> Iterator[tuple[One, Other]]:
        """Each item with what comes of it, in order, some threads at work."""
        if not items:
            return
        with self.progress(label, len(items), "images") as advance, ThreadPoolExecutor(threads) as pool:
            for start in range(0, len(items), _AT_ONCE):
                some = items[start : start + _AT_ONCE]
                for item, result in zip(some, pool.map(do, some), strict=True):
                    yield item, result
                    advance(1)


def stamp(root: Path, paths: Collection[str]) -> str:
    """The digest of the pictures at these paths under `root`: path, size and time of change of each, so far as it is there and
    may be read; and of the version of the decoding rules, for they say which are sound.
    """
    from .decode import DECODING

    parts = [str(DECODING)]
    for path in sorted(paths):
        try:
            facts = (root / path).stat() if os.access(root / path, os.R_OK) else None
        except (OSError, ValueError):
            facts = None
        parts += [path, str(facts.st_size), str(facts.st_mtime_ns)] if facts else [path, "", ""]
    return digest(*parts)


def is_there(file: Path) -> bool:
    """Whether a path is a file; no for a name that no file can have."""
    try:
        return file.is_file()
    except OSError:
        return False


def _examined(root: Path, home: Path, path: str) -> _Seen | InputError:
    """Hash and number of frames of a picture under `root` (resolved: `home`), or what is wrong with it."""
    from .decode import look

    try:
        file = _inside(root, home, path)
        if not file.is_file():
            raise ImageFault("missing")
        facts = look(file)
        return _Seen(file_digest(file), facts.frames)
    except InputError as fault:
        return fault
    except OSError as problem:
        return ImageFault("missing", problem.strerror or str(problem))
    except RuntimeError:  # pathlib's word for it
        return ImageFault("missing", "links in a circle")


def _inside(root: Path, home: Path, path: str) -> Path:
    file = root / path
    if Path(path).is_absolute() or ".." in Path(path).parts or not file.resolve().is_relative_to(home):
        what = f"the picture {path!r} lies outside the folder"
        raise InputError(what, mend=f"put it under {root}, and write its path from there")
    return file


def _decoding_fault(root: Path, claim: Claim) -> ImageFault | None:
    from .decode import decoded

    try:
        decoded(ImageRef(str(root / claim.path), claim.frame))
    except ImageFault as fault:
        return fault
    return None
