"""What of a document and of a query is read, and where it stands in a vector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

from corpora import Corpus, InputError, UsageError

from ..encoders.protocol import Encoder, modalities_of, reads_joint

Form = Literal["auto", "text", "image", "sum", "concat", "joint"]
Several = Literal["mean", "first", "each"]
FORMS: tuple[str, ...] = get_args(Form)
SEVERAL: tuple[str, ...] = get_args(Several)
DEFAULTS: Mapping[str, str] = {"documents": "auto", "queries": "auto", "images": "mean"}
OF_BOTH = ("sum", "concat", "joint")


@dataclass(frozen=True)
class Reading:
    """How a document and a query become vectors.

    `text`, `image`: that alone is read. `sum`: the sum of the text's and the pictures' vectors, each of length one, where
    both are there. `concat`: the two side by side, zeros where one is missing. `joint`: one vector that the model makes of both.
    `images`: an item's pictures are their mean, the first of them, or `each` in a place of its own.
    """

    documents: Form = "auto"
    queries: Form = "auto"
    images: Several = "mean"

    @classmethod
    def of(cls, options: Mapping[str, str], spec: str) -> Reading:
        """What the options of a SPEC say. Raises UsageError for a value that is not known, or two that do not go together."""
        given = {**DEFAULTS, **options}
        for name, known in (("documents", FORMS), ("queries", FORMS), ("images", SEVERAL)):
            if given[name] not in known:
                raise UsageError(f"{name}={given[name]} is not known", where=spec, mend=f"one of: {', '.join(known)}")
        reading = cls(cast("Form", given["documents"]), cast("Form", given["queries"]), cast("Several", given["images"]))
        reading._check(spec)
        return reading

    @property
    def options(self) -> dict[str, str]:
        """The options that are not the defaults."""
        return {name: value for name, value in vars(self).items() if value != DEFAULTS[name]}

    def of_index(self, encoder: Encoder) -> dict[str, Any]:
        """What of them moves the vectors of documents: of how queries are read, only whether the two have places of their own."""
        own = {name: value for name, value in self.options.items() if name != "queries"}
        return {**own, **({"apart": True} if self.settled(encoder).apart else {})}

    @property
    def apart(self) -> bool:
        """Whether texts and pictures have places of their own."""
        return "concat" in (self.documents, self.queries)

    def settled(self, encoder: Encoder) -> Reading:
        """The same with `auto` settled by what the encoder reads. Raises UsageError for what it does not read."""
        reads = modalities_of(encoder)
        if reads == {"text"} or reads == {"image"}:
            own: Form = "text" if "text" in reads else "image"
        else:
            own = "concat" if self.apart or self.images == "each" else "joint" if reads_joint(encoder) else "sum"
        documents, queries = (own if form == "auto" else form for form in (self.documents, self.queries))
        for side, form in (("documents", documents), ("queries", queries)):
            if form == "joint" and not reads_joint(encoder):
                raise _unread(encoder, f"{side}=joint", "makes no vector of a text with its pictures", "use sum or concat")
            for kind in ("text", "image") if form in OF_BOTH else (form,):
                if kind not in reads:
                    raise _unread(encoder, f"{side}={form}", f"does not read {kind}s", f"leave out {side}=")
        return replace(self, documents=documents, queries=queries)

    def slots(self, places: int) -> tuple[bool, int]:
        """Of a settled reading: whether a text has a place of its own, and how many places pictures have (0: the text's)."""
        if self.images == "each" and "image" in (self.documents, self.queries) and not self.apart:
            return False, places
        return (True, places) if self.apart else (False, 0)

    def _check(self, spec: str) -> None:
        forms = {self.documents, self.queries} - {"auto"}
        if self.apart and forms & {"sum", "joint"}:
            what = "documents and queries share no places: one has text and pictures side by side, the other in one vector"
            raise UsageError(what, where=spec, mend="use concat, text or image for both")
        if self.images == "each" and (forms & {"sum", "joint"} or forms == {"text"} or (len(forms) == 2 and not self.apart)):
            what = "images=each gives every picture a place of its own"
            raise UsageError(what, where=spec, mend="use documents=image with queries=image, or concat")


def check_corpus(encoder: Encoder, reading: Reading, corpus: Corpus, spec: str) -> None:
    """Raise InputError where pictures alone would be read of documents that have none."""
    if reading.documents == "image" and len(corpus) and not corpus.pictured:
        both = "text" in modalities_of(encoder)
        what = "no document has a picture, and " + (
            "documents=image reads nothing else" if both else "the model reads nothing else"
        )
        mend = "leave out documents=image" if both else "use a model that reads text, or give the documents a column `image`"
        raise InputError(what, where=spec, mend=mend)


def is_cosine(encoder: Encoder) -> bool:
    """Whether its vectors have length one, so that what is made of them is brought to it too; so where it does not say."""
    own = getattr(encoder, "similarity", None) or getattr(getattr(encoder, "model", None), "similarity", "cosine")
    return str(own) == "cosine"


def _unread(encoder: Encoder, option: str, what: str, mend: str) -> UsageError:
    return UsageError(f"{option}, but {encoder.name} {what}", mend=mend)
