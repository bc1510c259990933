"""medir's results as files that mteb loads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from corpora import UsageError
from corpora.state import digest_json
from tasks.result import Result
from tasks.result_folder import PROVENANCE

from .library import long_codes, mteb_library
from .measures import score_of
from .to_mteb import model_meta

PREFIX = "mteb:"
SCRIPTS = {"zh": "Hans", "ja": "Jpan", "ko": "Kore", "ru": "Cyrl", "uk": "Cyrl", "ar": "Arab", "fa": "Arab", "hi": "Deva"}


def export_results(
    results: Sequence[Result],
    root: Path,
    *,
    tasks: Mapping[str, str] | None = None,
    revisions: Mapping[str, str] | None = None,
    model: str = "",
    revision: str = "",
) -> list[Path]:
    """Write results under `root` in the layout of `mteb.ResultCache(root)`; what comes back are the files of scores.

    `root/results/<org__model>/<revision>/<Task>.json` with `model_meta.json` beside it. `tasks` names medir's tasks as mteb
    does (those run as `mteb:NAME` are known), `revisions` gives their data's revision by mteb's name. `model` (`org/name`) and
    `revision` are by default `medir/SPEC` and the digest of the system's identity. Rows that a file holds of other splits
    and subsets stay. Raises UsageError for a model without an organisation.
    """
    if model and "/" not in model:
        raise UsageError(f"mteb wants a model as org/name, not {model!r}", mend=f"for example: my-team/{model}")
    cache = mteb_library().ResultCache(root)
    files = []
    for result in results:
        name, subset = _task_of(result, tasks or {})
        meta = model_meta(result.system, revision or digest_json(result.identity.get("system", {})))
        meta = meta.model_copy(update={"name": model}) if model else meta
        path = cache.get_task_result_path(name, meta)
        cache.save_to_cache(_task_result(result, name, subset, path, (revisions or {}).get(name, "")), meta)
        files.append(path)
    return list(dict.fromkeys(files))


def _task_of(result: Result, tasks: Mapping[str, str]) -> tuple[str, str]:
    """The name that mteb knows a result's task by, and the subset."""
    name, _, inner = tasks.get(result.task, result.task).removeprefix(PREFIX).partition("/")
    if inner and not result.task.startswith(PREFIX):  # a name of medir's own, not known to mteb
        name, inner = f"{name}-{inner}", ""
    return name.replace(":", "-"), inner or result.subset


def _task_result(result: Result, name: str, subset: str, path: Path, revision: str) -> Any:
    kind = mteb_library("results.task_result").TaskResult
    row = _row(result, name, subset)
    kept: dict[str, list[dict[str, Any]]] = json.loads(path.read_bytes())["scores"] if path.exists() else {}
    same = [other for other in kept.get(result.split, []) if other["hf_subset"] != subset]
    scores = {**kept, result.split: [*same, row]}
    return kind(
        dataset_revision=revision or _revision(result, name),
        task_name=name,
        mteb_version=mteb_library().__version__,
        scores=scores,
        evaluation_time=_seconds(result),
    )


def _row(result: Result, name: str, subset: str) -> dict[str, Any]:
    """The scores of a result, the main one under its own name too, and what says that medir computed them."""
    values = {score_of(measure): value.mean for measure, value in result.measures.items()}
    try:
        computed = f"medir {version('medir')}"
    except PackageNotFoundError:
        computed = "medir"
    about = {"hf_subset": subset, "languages": _languages(result), "computed_by": computed, "queries": result.queries}
    return {**values, "main_score": result.measures[result.main].mean, **about}


def _languages(result: Result) -> list[str]:
    language = str(result.identity.get("language", "unknown"))
    return [f"{long}-{SCRIPTS.get(language, 'Latn')}" for long in long_codes(language)]


def _revision(result: Result, name: str) -> str:
    """The revision that mteb's loader read, for a task that came through it; else what medir tells the data by."""
    if result.task.startswith(PREFIX):
        try:
            return str(mteb_library().get_task(name).metadata.revision)
        except KeyError:
            pass
    return f"medir-{digest_json([result.identity.get(key) for key in ('corpus', 'queries', 'qrels', 'data')])[:16]}"


def _seconds(result: Result) -> float | None:
    path = result.folder / PROVENANCE if result.folder else None
    if path is None or not path.exists():
        return None
    seconds = json.loads(path.read_bytes()).get("seconds", {})
    return float(sum(seconds.values())) if isinstance(seconds, dict) else None
