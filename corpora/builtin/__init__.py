"""The collections that need no download: built at run time from data that two packages of the extra `demo` ship.

`BUILTINS` maps each collection's name to its loader, `load(split, workspace) -> Collection`, as `module:attr`.
"""

BUILTINS: dict[str, str] = {
    "icd10cm": "corpora.builtin.icd10cm:load",
    "icd10cm-hierarchy": "corpora.builtin.hierarchy:load",
    "hpo-lay": "corpora.builtin.hpo_lay:load",
    "hpo-lay-loose": "corpora.builtin.hpo_lay:load_loose",
}
"""Names to loaders, for the registry of collections."""
