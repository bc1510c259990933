"""How data is got that medir does not ship: from the hub, from ir_datasets, from TREC's formats, from a user's folders."""

from .generated import open_generations
from .opening import Loaded, check_counts, open_source
from .parse import generations_of, source_of
from .tables import BuiltinSource, FilesSource, HubSource, IrDatasetsSource, Source, Table, TrecSource, filled

__all__ = [
    "BuiltinSource",
    "FilesSource",
    "HubSource",
    "IrDatasetsSource",
    "Loaded",
    "Source",
    "Table",
    "TrecSource",
    "check_counts",
    "filled",
    "generations_of",
    "open_generations",
    "open_source",
    "source_of",
]
