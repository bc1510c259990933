"""How data is got that medir does not ship: from the hub, from ir_datasets, from TREC's formats, from a user's folders."""

from .captioned import open_captions, sampled
from .generated import open_generations
from .opening import Loaded, check_counts, open_corpus_source, open_source
from .parse import generations_of, source_of
from .questions import open_files_questions, open_hub_questions
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
    "open_captions",
    "open_corpus_source",
    "open_files_questions",
    "open_generations",
    "open_hub_questions",
    "open_source",
    "sampled",
    "source_of",
]
