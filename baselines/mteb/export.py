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
ROUNDED = 1e-6
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
    and subsets stay. Raises UsageError for a model without an organisation and for two results that would be one row, with
    nothing written, and where a file is of another revision of the data or holds other values, those before it written.
    """
    if model and "/" not in model:
        raise UsageError(f"mteb wants a model as org/name, not {model!r}", mend=f"for example: my-team/{model}")
    cache = mteb_library().ResultCache(root)
    metas = [_meta(result, model, revision) for result in results]
    named = [_task_of(result, tasks or {}) for result in results]
    files = [cache.get_task_result_path(name, meta) for (name, _), meta in zip(named, metas, strict=True)]
    _check_rows([(path, of.split, subset) for path, of, (_, subset) in zip(files, results, named, strict=True)])
    for result, (name, subset), meta, path in zip(results, named, metas, files, strict=True):
        cache.save_to_cache(_task_result(result, name, subset, path, (revisions or {}).get(name, "")), meta)
    return list(dict.fromkeys(files))


def _meta(result: Result, model: str, revision: str) -> Any:
    """The ModelMeta of a result's system, under the name and revision asked for."""
    meta = model_meta(result.system, revision or digest_json(result.identity.get("system", {})))
    return meta.model_copy(update={"name": model}) if model else meta


def _check_rows(rows: Sequence[tuple[Path, str, str]]) -> None:
    """Raise UsageError where two results would be the same row of the same file."""
    if twice := [row for number, row in enumerate(rows) if row in rows[:number]]:
        path, split, subset = twice[0]
        what = f"two results would be one row: split {split}, subset {subset}"
        raise UsageError(what, where=str(path), mend="export one, or under another model or revision; nothing was written")


def _task_of(result: Result, tasks: Mapping[str, str]) -> tuple[str, str]:
    """The name that mteb knows a result's task by, and the subset."""
    name, _, inner = tasks.get(result.task, result.task).removeprefix(PREFIX).partition("/")
    if inner and not result.task.startswith(PREFIX):  # a name of medir's own, not known to mteb
        name, inner = f"{name}-{inner}", ""
    return name.replace(":", "-"), inner or result.subset


def _task_result(result: Result, name: str, subset: str, path: Path, revision: str) -> Any:
    kind = mteb_library("results.task_result").TaskResult
    row, pinned = _row(result, name, subset), revision or _revision(result, name)
    kept = _kept(path, pinned)
    same = [other for other in kept.get(result.split, []) if other["hf_subset"] == subset]
    if any(_differ(row, other) for other in same):
        what = f"it holds other values of the split {result.split}, subset {subset}"
        raise UsageError(what, where=str(path), mend="remove it, or export under another model or revision")
    others = [other for other in kept.get(result.split, []) if other not in same]
    scores = {**kept, result.split: [*others, row]}
    return kind(
        dataset_revision=pinned,
        task_name=name,
        mteb_version=mteb_library().__version__,
        scores=scores,
        evaluation_time=_seconds(result),
    )


def _kept(path: Path, revision: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of a file by split. Raises UsageError where they are of another revision of the data."""
    if not path.exists():
        return {}
    held = json.loads(path.read_bytes())
    if held["dataset_revision"] != revision:
        what = f"it is of the data's revision {held['dataset_revision']}, not {revision}"
        raise UsageError(what, where=str(path), mend="give the revision of the whole task in revisions=, or remove the file")
    scores: dict[str, list[dict[str, Any]]] = held["scores"]
    return scores


def _differ(row: Mapping[str, Any], kept: Mapping[str, Any]) -> bool:
    """Whether a value that both rows hold is another; mteb rounds what it writes to six decimals."""
    return any(isinstance(kept.get(name), float) and abs(kept[name] - value) > ROUNDED for name, value in row.items())


def _row(result: Result, name: str, subset: str) -> dict[str, Any]:
    """The scores of a result, the main one under its own name too, and what says that medir computed them."""
    values = {score_of(measure): value.mean for measure, value in result.measures.items()}
    try:
        computed = f"medir {version('medir')}"
    except PackageNotFoundError:
        computed = "medir"
    about = {"hf_subset": subset, "languages": _languages(result, name, subset), "computed_by": computed}
    return {**values, "main_score": result.measures[result.main].mean, **about, "queries": result.queries}


def _languages(result: Result, name: str, subset: str) -> list[str]:
    """What mteb says of the task's subset, where it knows both; else the language that the result says."""
    try:
        told = mteb_library().get_task(name).metadata.hf_subsets_to_langscripts
    except KeyError:
        told = {}
    if subset in told:
        return list(told[subset])
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
