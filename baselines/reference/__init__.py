"""What systems scored in print: `*.toml` hold the cells, each with its source; read through `tables`."""

from .published import PrintedMean, Published, ReferenceFile, Table
from .tables import names, published, reference, reference_files

__all__ = ["PrintedMean", "Published", "ReferenceFile", "Table", "names", "published", "reference", "reference_files"]
