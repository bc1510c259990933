"""ROCO (v1): per split and kind of picture text files of `ID<TAB>...`, the pictures in a folder beside them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ...errors import InputError
from ...images.claims import Claim
from ...reading.streams import lines_of, text_of
from ...reading.witness import Witness
from ..captioned import Pair
from ..files import user_file

LISTS = ("keywords", "cuis", "semtypes")
"""What is said of a picture besides its caption: lists, parted by tabs."""
_ENDINGS = (".jpg", ".jpeg", ".png", ".tif", ".tiff")


class _Line(NamedTuple):
    cells: list[str]
    place: str


def roco_pairs(folder: Path, split: str, part: str, recipe: str) -> Iterator[Pair]:
    """The pictures of a split and a kind (`radiology`, `non-radiology`), in the order of their captions.

    A picture is `images/ID.jpg` (or another ending), or what the repository's own script makes of the download list:
    `images/PMCID_NAME`. Raises InputError, with the recipe, where there is no such folder, and for a line without a tab.
    """
    inner = next((one for one in (f"data/{split}/{part}", f"{split}/{part}") if (folder / one).is_dir()), f"data/{split}/{part}")
    here = user_file(folder, inner, recipe)
    captions = _read(here, "captions")
    if not captions:
        raise InputError("there is no captions*.txt in it", where=str(here), mend=recipe)
    links = {name: _fetched(line) for name, line in _read(here, "dlinks").items()}
    more = {name: _read(here, name) for name in LISTS}
    there = {path.name for path in (here / "images").glob("*")}
    for name, line in captions.items():
        file = _picture(name, links.get(name, ""), there)
        lists = {key: [cell for cell in rows[name].cells if cell] for key, rows in more.items() if name in rows}
        yield Pair(name, (Claim(f"{inner}/images/{file}"),), " ".join(line.cells).strip(), line.place, dict(lists))


def _picture(name: str, fetched: str, there: set[str]) -> str:
    tried = [*([fetched] if fetched else []), *(f"{name}{ending}" for ending in _ENDINGS)]
    return next((file for file in tried if file in there), tried[0])


def _read(folder: Path, kind: str) -> dict[str, _Line]:
    """The lines of the one file of a kind (`captions.txt`, or a later revision of another name) by id."""
    found: dict[str, _Line] = {}
    for path in sorted(folder.glob(f"{kind}*.txt"))[:1]:
        for number, raw in lines_of(path, Witness()):
            place = f"{path}:{number}"
            name, tab, rest = text_of(raw, place).rstrip("\r\n").partition("\t")
            if not name.strip():
                continue
            if not tab:
                raise InputError("there is no tab in the line", where=place, mend="write ID, a tab, and what is said of it")
            if name.strip() in found:
                raise InputError(f"the picture {name.strip()!r} stands here again", where=place, mend="remove one of the lines")
            found[name.strip()] = _Line(rest.split("\t"), place)
    return found


def _fetched(line: _Line) -> str:
    """The name under which the repository's script stores a picture: of its line of the download list, the archive's PMCID and
    the file's own name (nothing for a line of another form).
    """
    words = line.cells[0].split(" ")
    if len(line.cells) < 2 or len(words) < 3:
        return ""
    archive = words[2].rpartition("/")[2].removesuffix(".tar.gz")
    return f"{archive}_{line.cells[-1].strip()}"
