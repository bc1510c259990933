"""What goes over the wire, as pydantic models: what the server's own description of itself is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from .service import ANSWERED, ASKED, LONGEST_IN_ADDRESS, LONGEST_NAME, LONGEST_QUESTION, LONGEST_TEXT, MOST_K, MOST_QUERIES


def _digits(value: object) -> object:
    """A number in an address is written in digits alone: no blanks, signs, points or underscores."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise ValueError("should be written in the digits 0 to 9")
    return value


def _whole(value: object) -> object:
    """In JSON, 5.0 is the integer 5."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Query = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, description="A query.")]
Question = Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION, description="The question.")]
Queries = Annotated[list[Query], Field(min_length=1, max_length=MOST_QUERIES, description="The queries.")]
Bounded = Annotated[int, Field(ge=1, le=MOST_K, description="How many documents to find.")]
Depth = Annotated[Bounded, BeforeValidator(_whole)]
InAddress = Annotated[Bounded, BeforeValidator(_digits)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, description="An index; the first where none is given.")]


class Sent(BaseModel):
    """What a client sends: nothing unknown, nothing converted."""

    model_config = ConfigDict(strict=True, extra="forbid")


class SearchParameters(BaseModel):
    """The parameters of a search in an address, where all are text."""

    model_config = ConfigDict(extra="forbid")
    q: str = Field(min_length=1, max_length=LONGEST_IN_ADDRESS, description="The query.")
    k: InAddress = ASKED
    index: Name | None = None


class Retrieve(Sent):
    """A batch of queries; at most 100,000 hits may be asked for in all."""

    queries: Queries
    k: Depth = ASKED
    index: Name | None = None


class Ask(Sent):
    """A question, to be answered from the k best passages."""

    question: Question
    k: Depth = ANSWERED
    index: Name | None = None


class HitOut(BaseModel):
    """A document that was found; `images` are the files of its pictures, named from the corpus's folder."""

    rank: int
    id: str
    score: float
    title: str
    text: str
    images: list[str]


class SearchOut(BaseModel):
    """The hits of one query, best first."""

    index: str
    spec: str
    hits: list[HitOut]


class RetrieveOut(BaseModel):
    """The hits of each query, in the order of the queries."""

    index: str
    spec: str
    results: list[list[HitOut]]


class SourceOut(BaseModel):
    """A passage that the model was shown, and its number."""

    number: int
    id: str
    title: str
    text: str


class AnswerOut(BaseModel):
    """An answer; `error` says why there is none, `citations` which sources it cites, `hits` what was retrieved."""

    index: str
    spec: str
    model: str
    answer: str
    error: str
    sources: list[SourceOut]
    citations: list[int]
    unknown_citations: list[int]
    hits: list[HitOut]
    cut: int
    dropped: int
    prompt_tokens: int
    completion_tokens: int
    prompt_sha256: str


class IndexOut(BaseModel):
    """One served index."""

    name: str
    documents: int
    spec: str
    language: str


class HealthOut(BaseModel):
    """The server's version, its indexes, and its language model (null: it has none)."""

    status: str
    version: str
    indexes: list[IndexOut]
    model: str | None


class What(BaseModel):
    """What went wrong, and how to mend it."""

    what: str
    mend: str


class ErrorOut(BaseModel):
    """The body of every failure."""

    error: What
