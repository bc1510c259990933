"""Our five generic top-level names can be owned by another package too; this says when they are."""

from __future__ import annotations

import importlib.util
from importlib.metadata import packages_distributions
from pathlib import Path

ROOMS = ("corpora", "indexes", "retrieval", "tasks", "baselines")
MEND = "use an environment of its own for medir, and call no file of yours by one of these names"


def clashes() -> list[str]:
    """A sentence for every top-level name of ours that a second distribution installs too."""
    owners = packages_distributions()
    both = {name: sorted(set(owners.get(name, []))) for name in ROOMS}
    return [
        f"the package name {name!r} is installed by {', '.join(found)}: {MEND}" for name, found in both.items() if len(found) > 1
    ]


def shadowed() -> list[str]:
    """A sentence for every name of ours that Python finds somewhere else than beside this file. Cheap: no metadata is read."""
    ours = Path(__file__).resolve().parent.parent
    found = []
    for name in ROOMS:
        spec = importlib.util.find_spec(name)
        places = list(spec.submodule_search_locations or [spec.origin or ""]) if spec else ["nowhere"]
        if ours not in Path(places[0]).resolve().parents:
            found.append(f"{name!r} is found at {places[0]} instead of {ours / name}: {MEND}")
    return found
