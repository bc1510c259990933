"""Files of documents, queries and judgements, in any of the layouts that people keep them in."""

from .documents import document_batches, places_of
from .judgements import Grades, read_judgements
from .layout import Layout, layout_of
from .queries import read_queries
from .witness import Witness

__all__ = ["Grades", "Layout", "Witness", "document_batches", "layout_of", "places_of", "read_judgements", "read_queries"]
