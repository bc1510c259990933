"""How questions are put to language models: styles, languages, passages within a budget, examples, orders of options."""

from .nearest import NearestShots
from .passages import ORDERS, estimated
from .pictures import MOST_IMAGES, SHOWS
from .prompting import STYLES, Prompted, Prompting
from .shots import FixedShots, Shots, read_shots
from .shuffling import shuffled
from .templates import LANGUAGES, MARK, UNKNOWN

__all__ = [
    "LANGUAGES",
    "MARK",
    "MOST_IMAGES",
    "ORDERS",
    "SHOWS",
    "STYLES",
    "UNKNOWN",
    "FixedShots",
    "NearestShots",
    "Prompted",
    "Prompting",
    "Shots",
    "estimated",
    "read_shots",
    "shuffled",
]
