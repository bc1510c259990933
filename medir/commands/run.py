"""`medir run`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from corpora import InputError
from corpora.workspace import Workspace
from medir.report import Format, check_format, results_text
from medir.report_benchmark import benchmark_text
from medir.report_published import published_text
from tasks.asked import Asked
from tasks.benchmark_mean import averages
from tasks.comparison import marks
from tasks.evaluate import slug
from tasks.result import Result
from tasks.result_folder import copy_result

from .asked import Flags, asked_for, options_of, specs_of
from .dry_run import dry_run_text
from .options import commas, workspace


def run(
    *,
    retriever: list[str] | None = None,
    encoder: list[str] | None = None,
    task: list[str] | None = None,
    benchmark: str = "",
    data: Path | None = None,
    type: str | None = None,
    split: str | None = None,
    subset: str | None = None,
    licence: str | None = None,
    k: int | None = None,
    measures: str = "",
    out: Path | None = None,
    format: str = "table",
    offline: bool = False,
    force: bool = False,
    allow_dangling: bool = False,
    language: str | None = None,
    text_rule: str | None = None,
    roll_up: str | None = None,
    label: str | None = None,
    pairs: int | None = None,
    seed: int | None = None,
    template: list[str] | None = None,
    label_names: str = "",
    slices: bool = False,
    dry_run: bool = False,
) -> None:
    """Score systems on tasks and keep the results.

    Parameters
    ----------
    retriever
        A SPEC, once per system: bm25, dense:minilm, "rrf(bm25, dense:minilm)", dense:my_model.py:MyEncoder.
    encoder
        An ENCODER, once per model: minilm, my_model.py:MyEncoder, a folder, a hub name. The same as dense:ENCODER.
    task
        A task by name (see medir tasks); may be given several times.
    benchmark
        All tasks of a benchmark, and their mean: r2med, cmirb, mteb-medical.
    data
        A folder with corpus, queries and qrels; with a pairs file (also for retrieval), a labels file, or pictures in a
        captions file.
    type
        What is done with --data: retrieval by default; text-to-image, image-to-text, image-to-image or question-to-image, for
        captions; pair, sts, classification, clustering or zero-shot, for encoders.
    split
        The judgements to use; test by default, or the only one there is.
    subset
        The variant of a catalogue's task, such as the language of its queries.
    licence
        commercial leaves out the tasks whose licence does not allow such use, or is not known.
    k
        How deep each ranking is kept; 1000 by default, or the task's own.
    measures
        Comma-separated; the first is the main one. By default the task's own.
    out
        A new folder that gets a copy of the results.
    format
        table, markdown, csv or json.
    offline
        Open no connection.
    force
        Compute again what is kept.
    allow_dangling
        Run even if more than 0.1 % of the judgements name unknown documents or queries.
    language
        The language of the data (en, zh...), which chooses the analyser.
    text_rule
        How title and text become one: joined, text or pair.
    roll_up
        How chunks are ranked as their parents: max, sum, first, or none.
    label
        The field of a captions file that pictures are told apart by; by default the only one that can be.
    pairs
        How many captioned pictures are drawn; all of them by default.
    seed
        Decides which.
    template
        How a label is put to a model in zero-shot classification: "a chest X-ray of {label}"; may be given several times.
    label_names
        What labels are called in it: "ABD=abdomen, HEAD=head".
    slices
        Also print the values by slice.
    dry_run
        Score nothing; print how many texts language models would be asked for, and what that would cost at most.
    """
    form = check_format(format)
    check_out(out)
    specs, place = specs_of(retriever, encoder), workspace(offline)
    changes = (("language", language), ("text_rule", text_rule), ("roll_up", roll_up))
    wanted, options = tuple(commas(measures)), options_of(label, pairs, seed, template, label_names)
    flags = Flags(tuple(task or ()), benchmark, data, type, split, subset, licence, wanted, k, allow_dangling, changes, options)
    with redirect_stdout(sys.stderr):  # what a user's class prints must not stand among the results
        asked, whole = asked_for(flags, place)
        plan = dry_run_text(asked, specs, place, form) if dry_run else ""
        by_spec = {} if dry_run else score_all(asked, specs, place, force=force, lenient=whole is not None)
    if dry_run:
        print(plan)
        return
    public = {one.key for one in asked if one.published}
    results = copy_out([result for of_task in by_task(by_spec) for result in of_task], out)
    say_left_out(asked, specs)
    means = [mean for spec, own in by_spec.items() for mean in averages(whole, own, spec)] if whole else []
    if whole and form in ("table", "markdown"):
        print(benchmark_text(whole, by_spec, form, slices=slices))
    else:
        print(results_text([*results, *means], marks_of(results), form, slices=slices))
        if form in ("table", "markdown"):
            print_published([result for result in results if result.key[:3] in public], form)
    if form == "table":
        print(f"\nresults: {where(results, out)}", file=sys.stderr)


def print_published(results: Sequence[Result], form: Format) -> None:
    """Print what was published on these tasks, beside ours."""
    for _, group in groupby(results, key=lambda result: result.key[:3]):
        if found := published_text(list(group), form):
            print(f"\n{found}")


def say_left_out(asked: Sequence[Asked], specs: Sequence[str]) -> None:
    """Say on standard error, whatever the format, which tasks each system was not put to."""
    for spec in specs:
        if names := list(dict.fromkeys(one.task.name for one in asked if not one.takes(spec))):
            print(f"{spec}: left out of {', '.join(names)}, which need an encoder", file=sys.stderr)


def score_all(
    asked: Sequence[Asked], specs: Sequence[str], place: Workspace, *, force: bool, lenient: bool = False
) -> dict[str, list[Result]]:
    """Every SPEC's results, task by task; names and options are checked before any work starts.

    Where `lenient`, a task that a SPEC cannot be put to is left out; else that is a UsageError.
    """
    systems = {
        (number, spec): one.system(spec) for number, one in enumerate(asked) for spec in specs if one.takes(spec) or not lenient
    }
    for (number, _), system in systems.items():
        system.identity(asked[number].task.language)  # a model that is not there says so now
    found: dict[str, list[Result]] = {spec: [] for spec in specs}
    for number, one in enumerate(asked):
        for spec in specs:
            if (number, spec) in systems:
                found[spec].append(one.evaluate(spec, place, force=force))
    return found


def by_task(by_spec: dict[str, list[Result]]) -> list[list[Result]]:
    """The results task by task, in the order of the systems."""
    keys = dict.fromkeys(result.key[:3] for own in by_spec.values() for result in own)
    return [[result for own in by_spec.values() for result in own if result.key[:3] == key] for key in keys]


def marks_of(results: Sequence[Result]) -> dict[tuple[str, ...], str]:
    """Within every task, how each system stands to the first."""
    found: dict[tuple[str, ...], str] = {}
    for _, group in groupby(results, key=lambda result: result.key[:3]):
        found |= marks(list(group))
    return found


def check_out(out: Path | None) -> None:
    """Raise InputError where `--out` already holds something."""
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("--out is not empty", where=str(out), mend="name a new folder; nothing was written")


def copy_out(results: Sequence[Result], out: Path | None) -> list[Result]:
    """Results copied under `out`: into it if there is one, else into a folder each; they then say so."""
    if out is None:
        return list(results)
    names = [slug("-".join(part for part in result.key if part != "default")) for result in results]
    places = [out] if len(results) == 1 else [out / (f"{n}-{i}" if names.count(n) > 1 else n) for i, n in enumerate(names, 1)]
    for result, folder in zip(results, places, strict=True):
        copy_result(result, folder)
    return [replace(result, folder=folder) for result, folder in zip(results, places, strict=True)]


def where(results: Sequence[Result], out: Path | None) -> str:
    """The folders that hold the results."""
    return str(out) if out else "\n         ".join(str(result.folder) for result in results)
