"""Where documents, queries, judgements and questions come from."""

from .collection import Card, Collection
from .corpus import Corpus, corpus_of
from .errors import InputError, MedirError, StateError, SurroundingsError, UsageError
from .images import ImageRef
from .queries import Part, Qrels, Queries, Role
from .registry import Registry
from .text_rule import TextRule, apply_text_rule

__all__ = [
    "Card",
    "Collection",
    "Corpus",
    "ImageRef",
    "InputError",
    "MedirError",
    "Part",
    "Qrels",
    "Queries",
    "Registry",
    "Role",
    "StateError",
    "SurroundingsError",
    "TextRule",
    "UsageError",
    "apply_text_rule",
    "corpus_of",
]
