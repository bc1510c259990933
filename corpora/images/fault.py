"""What can be wrong with a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ..errors import InputError

Kind = Literal["missing", "not-an-image", "too-large", "no-pixels", "damaged", "no-such-frame"]
FAULTS: Mapping[Kind, tuple[str, str]] = {
    "missing": ("there is no such file", "put it there, or mend the path"),
    "not-an-image": ("the file is no picture", "give PNG, JPEG, TIFF, DICOM or NIfTI"),
    "too-large": ("the picture is too large to decode", "scale it down, or cut it into tiles"),
    "no-pixels": ("the file holds no pixels", "leave it out: it is a report, a structure or a header alone"),
    "damaged": ("the picture cannot be decoded", "fetch the file again"),
    "no-such-frame": ("the file has no such frame", "frames are counted from 0"),
}
"""Per kind what is wrong, and how to mend it."""


FAULTS_NAMED = 20
"""How many faulty pictures are named at most, beside the count of all."""


class ImageFault(InputError):
    """A picture that cannot be read: `kind` is one of FAULTS, `detail` what the decoder said."""

    def __init__(self, kind: Kind, detail: str = "", *, where: str = "") -> None:
        what, mend = FAULTS[kind]
        super().__init__(f"{what}: {detail}" if detail else what, where=where, mend=mend)
        self.kind, self.detail = kind, detail
