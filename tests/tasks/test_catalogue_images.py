"""The image benchmarks of the catalogue load from stand-ins of their layouts: pictures, counts, notes, and what is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from corpora import Collection, Corpus, InputError, UsageError
from corpora.questions import Questions
from corpora.workspace import Workspace
from medir.commands.task import show
from medir.commands.tasks import tasks
from tasks.catalogue.entries import Entry, entries, entry, open_entry
from tasks.catalogue.opening import open_context_corpus
from tests.hub_stub import HubStub, hub_stub, jsonl, table  # noqa: F401
from tests.tasks.stand_ins import archive, picture

pytest.importorskip("PIL")
np = pytest.importorskip("numpy")

IMAGES = [one for one in entries().values() if "image" in one.modalities]
CASE = "m3retrieve/case-study"
FIELD = "Case_Study_Retrieval/Cardiology"


def test_all_are_there_and_say_what_they_must() -> None:
    assert {one.name for one in IMAGES} >= {
        *(f"m3retrieve/{task}" for task in ("visual-context", "summary", "query-to-image", "case-study")),
        *(f"{name}/{way}" for name in ("roco", "medicat", "pmc-oa", "m3d-cap") for way in ("image-to-text", "text-to-image")),
        *(f"temmed/{task}" for task in ("vqa", "selection", "report", "corpus")),
    }
    assert all(one.modalities == ("text", "image") and not one.commercial for one in IMAGES)
    assert {entry(name).main for name in ("roco/text-to-image", CASE)} == {"R@1", "nDCG@10"}


def test_published_figures_are_those_of_the_specification(shared: Path) -> None:
    """M3Retrieve's are checked with the other tables in tests/baselines."""
    from baselines.reference import published, reference

    path = shared / "spec" / "retrieval-benchmarks.md"
    if not path.exists():
        pytest.skip("no specification there")
    text = path.read_text(encoding="utf-8")
    rows = text[text.index("| ROCO 2k |") :].split("\n\n")[0].splitlines()[2:]
    wanted = {
        (cells[0], way, measure): float(value)
        for cells in ([cell.strip() for cell in row.strip("|").split("|")] for row in rows)
        for way, cell in (("image-to-text", cells[1]), ("text-to-image", cells[2]))
        for measure, value in zip(("R@1", "R@5", "R@10"), cell.split("/"), strict=True)
    }
    cells = reference("roco-2000")
    found = {(one.system, one.task.partition("/")[2], one.measure): round(one.value * 100, 2) for one in cells}
    assert (found, len(found)) == (wanted, 30)
    line = text[text.index("Table 4 figure, zero-shot") :].partition("\n")[0].partition("): ")[2]
    figures = re.findall(r"([A-Z][\w .-]*?|o\d[\w-]*) (\d+\.\d+) -> (\d+\.\d+) -> (\d+\.\d+)", line)
    ways = ("zero-shot", "text RAG", "multi-modal RAG")
    asked = {f"{name}, {way}": float(value) for name, *values in figures for way, value in zip(ways, values, strict=True)}
    assert ({one.system: round(one.value * 100, 2) for one in published("temmed/vqa")}, len(asked)) == (asked, 36)
    assert "R@1 on 2,000: M3D 19.10, Med3DVLM 61.00" in text
    assert [round(one.value * 100, 2) for one in published("m3d-cap")] == [19.10, 61.00]
    sizes = "VQA 2,000 (yes/no, 2 images), report 1,000 (2 images), image-pair selection 862 (3 options, 6 images)"
    assert sizes + ", knowledge corpus 17,144 pairs" in text
    assert [next(iter(entry(f"temmed/{name}").counts.values())) for name in ("vqa", "report", "selection", "corpus")] == [
        *(2000, 1000, 862, 17144)
    ]
    for field in (field for name in ("visual-context", "case-study", "query-to-image") for field in fields_of(name)):
        assert re.search(rf"[,:|] ?{re.escape(field)}[,; |]", text), field


def fields_of(name: str) -> tuple[str, ...]:
    return entry(f"m3retrieve/{name}").subsets


# -- M3Retrieve --------------------------------------------------------------------------------------------------------


def field_files(prefix: str, *, pictured_documents: bool = False) -> dict[str, bytes]:
    """One field: three judged queries (the last of a missing picture), one that is not judged, three documents."""
    queries = [{"_id": f"q{n}", "caption": f"caption {n}", "image_path": f"Cardiology/{n}.png"} for n in range(4)]
    documents: list[dict[str, Any]] = [{"_id": f"d{n}", "text": f"paragraph {n}"} for n in range(3)]
    if pictured_documents:
        documents = [{**one, "image_path": f"Cardiology/{n}.png"} for n, one in enumerate(documents)]
    qrels = [{"query-id": f"q{n}", "corpus-id": f"d{n}", "score": "1.0"} for n in range(3)]
    return {
        f"{prefix}/queries.jsonl": jsonl(queries),
        f"{prefix}/corpus.jsonl": jsonl(documents),
        f"{prefix}/qrels/test.tsv": table(qrels),
    }


def zipped(**more: bytes) -> bytes:
    return archive({"Cardiology/0.png": picture(10), "Cardiology/1.png": b"no picture", "Cardiology/3.png": picture(30), **more})


def test_m3retrieve_loads_from_the_hub_with_its_pictures(hub: HubStub, tmp_path: Path) -> None:
    hub.add("ArkaAcharya/M3Retrieve_CaseStudyRetrieval", field_files(FIELD) | {"images.zip": zipped()})
    place = Workspace(tmp_path)
    found = open_entry(entry(CASE), None, "Cardiology", place)
    assert isinstance(found, Collection)
    assert found.describe() == {"documents": 3, "queries": 3, "judgements": 3}
    assert found.notes == {"unjudged_queries": 1, "counts_unchecked": 1, "unreadable_images": 1, "missing_images": 1}
    assert [len(found.queries.images(row)) for row in range(3)] == [1, 0, 0]
    assert [row["modality"] for row in found.queries.metadata] == ["text+image", "text", "text"]
    assert "modality" in found.card.slices
    assert found.queries.texts == ["caption 0", "caption 1", "caption 2"]
    assert Path(found.queries.images(0)[0].path).read_bytes() == picture(10)
    assert ["query 'q1'" in found.queries.faults[0], "query 'q2'" in found.queries.faults[1]] == [True, True]
    asked = len([line for line in hub.requests if "images.zip" in line and line.startswith("GET")])
    hub.stop()
    again = open_entry(entry(CASE), None, "Cardiology", Workspace(tmp_path, offline=True))
    assert isinstance(again, Collection)
    assert (again.queries.images(0), again.notes, asked) == (found.queries.images(0), found.notes, 1)


def test_documents_of_m3retrieve_have_pictures_too(hub: HubStub, tmp_path: Path) -> None:
    hub.add("ArkaAcharya/M3Retrieve_CaseStudyRetrieval", field_files(FIELD, pictured_documents=True) | {"a/images.zip": zipped()})
    place = Workspace(tmp_path)
    for _ in range(2):
        found = open_entry(entry(CASE), None, "Cardiology", place)
        assert isinstance(found, Collection)
        assert [len(images) for images in found.corpus.images(np.arange(3))] == [1, 0, 0]
        assert (found.notes["unreadable_images"], found.notes["missing_images"]) == (2, 2)
        assert "document 'd1'" in found.corpus.faults[0]


@pytest.mark.parametrize("name", ["m3retrieve/summary", "m3retrieve/query-to-image"])
def test_m3retrieve_loads_from_a_folder(tmp_path: Path, name: str) -> None:
    one, folder = entry(name), tmp_path / "data"
    with_pictures = name.endswith("image")
    for path, data in field_files(one.subsets[0], pictured_documents=with_pictures).items():
        write(folder / path, data)
    for number in range(4):
        write(folder / "images" / "Cardiology" / f"{number}.png", picture(number))
    found = open_entry(one, None, None, Workspace(tmp_path / "home"), folder=folder)
    assert isinstance(found, Collection)
    assert found.notes == {"unjudged_queries": 1, "counts_unchecked": 1}
    assert [len(found.queries.images(row)) for row in range(3)] == [1, 1, 1]
    assert found.corpus.pictured == with_pictures
    assert found.qrels.grades["q1"] == {"d1": 1}
    write(folder / "images" / "Cardiology" / "1.png", b"no picture")
    changed = open_entry(one, None, None, Workspace(tmp_path / "home"), folder=folder)
    assert changed.notes["unreadable_images"] == 1 + with_pictures
    (folder / one.subsets[0] / "corpus.jsonl").unlink()
    with pytest.raises(InputError, match=r"corpus\.jsonl(.|\n)*hub's collection of M3Retrieve"):
        open_entry(one, None, None, Workspace(tmp_path / "home"), folder=folder)


def test_m3retrieve_that_cannot_be_taken(hub: HubStub, tmp_path: Path) -> None:
    repo = "ArkaAcharya/M3Retrieve_CaseStudyRetrieval"
    fraction = {f"{FIELD}/qrels/test.tsv": table([{"query-id": "q0", "corpus-id": "d0", "score": "0.5"}])}
    outside = {f"{FIELD}/queries.jsonl": jsonl([{"_id": "q0", "caption": "c", "image_path": "../../secret.png"}])}
    for number, (files, message) in enumerate(
        (
            ({}, r"there is no archive \*\.zip"),
            ({"images.zip": zipped(**{"../x.png": b""})}, "leaves the folder"),
            ({"images.zip": zipped(), **fraction}, "'0.5' is not a whole number"),
            ({"images.zip": zipped(), **outside}, "lies outside the folder"),
        )
    ):
        hub.add(repo, {**field_files(FIELD), **files})
        with pytest.raises(InputError, match=message):
            open_entry(entry(CASE), None, "Cardiology", Workspace(tmp_path / str(number)))
    assert not list(tmp_path.rglob("x.png"))


# -- captions ----------------------------------------------------------------------------------------------------------


def write(path: Path, data: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


LINK = "ROCO_1\twget -r ftp://host/pub/ab/PMC7.tar.gz -P /to\tscan g1.png\n"


def roco(folder: Path) -> Path:
    """Six captions, of which one's picture is missing, one's is broken, and one's is named by the download list."""
    here = folder / "data" / "test" / "radiology"
    write(here / "captions.txt", "".join(f"ROCO_{n}\t caption {n}\n" for n in range(1, 7)))
    write(here / "dlinks_tp.txt", LINK)
    write(here / "keywords_tp_test.txt", "ROCO_2\tmean\theart\t\n")
    write(here / "images" / "PMC7_scan g1.png", picture(1))
    for number in (2, 3, 4):
        write(here / "images" / f"ROCO_{number}.png", picture(number))
    write(here / "images" / "ROCO_5.jpg", b"no picture")
    return folder


@pytest.mark.parametrize("way", ["image-to-text", "text-to-image"])
def test_roco_loads_and_lost_pictures_are_counted(tmp_path: Path, way: str) -> None:
    one = entry(f"roco/{way}")
    found = open_entry(one, None, "all", Workspace(tmp_path / "home"), folder=roco(tmp_path / "data"), check=False)
    assert isinstance(found, Collection)
    assert found.notes == {"missing_images": 1, "unreadable_images": 1, "pairs_without_image": 2}
    assert found.queries.ids == ("ROCO_1", "ROCO_2", "ROCO_3", "ROCO_4")
    assert found.queries.pictured == (way == "image-to-text")
    assert found.corpus.pictured == (way == "text-to-image")
    assert found.qrels.grades["ROCO_1"] == {"ROCO_1": 1}
    assert (found.card.main, "modality" in found.card.slices) == ("R@1", True)
    assert any("captions.txt:5" in fault and "ROCO_5.jpg" in fault for fault in found.queries.faults)
    with pytest.raises(InputError, match="8,179 pairs and not 6"):
        open_entry(one, None, "all", Workspace(tmp_path / "home"), folder=tmp_path / "data")


def test_roco_is_sampled_as_published_and_as_it_should_be(tmp_path: Path) -> None:
    from corpora.sources import HubSource, open_captions, sampled, source_of

    source = source_of({**entry("roco/text-to-image").source, "folder": str(roco(tmp_path))}, "here")
    assert not isinstance(source, HubSource)
    card = open_entry(entry("roco/text-to-image"), None, "all", Workspace(tmp_path / "h"), folder=tmp_path, check=False).card
    captions = open_captions(source, card, "test", Workspace(tmp_path / "h"))  # type: ignore[arg-type]
    assert captions.ids[1] == "ROCO_2"
    assert captions.metadata[1]["keywords"] == ["mean", "heart"]
    assert len(set(sampled(captions, "3").texts)) == 3
    assert sampled(captions, "first-2").ids == ("ROCO_1", "ROCO_2")
    again = sampled(captions, "9-with-replacement")
    assert (len(again), len(set(again.ids)), len(set(again.texts)) < 9) == (9, 9, True)
    assert sampled(captions, "9-with-replacement").texts == again.texts
    for wrong in ("some", "first-2-with-replacement"):
        with pytest.raises(InputError, match="the sample is"):
            sampled(captions, wrong)


def test_roco_that_cannot_be_taken(tmp_path: Path) -> None:
    one = entry("roco/text-to-image")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"there is no such file(.|\n)*scripts/fetch\.py"):
        open_entry(one, None, "all", Workspace(tmp_path / "home"), folder=tmp_path / "empty")
    captions = roco(tmp_path / "data") / "data" / "test" / "radiology" / "captions.txt"
    for text, message in (("ROCO_1 a caption\n", r"captions\.txt:1: there is no tab"), ("A\tb\nA\tc\n", r"txt:2: .*again")):
        captions.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=message):
            open_entry(one, None, "all", Workspace(tmp_path / "home"), folder=tmp_path / "data")
    captions.write_text("gone\tb\n", encoding="utf-8")
    with pytest.raises(InputError, match="none of its pictures is there"):
        open_entry(one, None, "all", Workspace(tmp_path / "home"), folder=tmp_path / "data")


def test_medicat_loads(tmp_path: Path) -> None:
    figure = {"pdf_hash": "ab", "fig_uri": "2-Figure1-1.png", "s2_caption": "A scan", "s2orc_caption": None, "radiology": True}
    other = {"pdf_hash": "cd", "fig_uri": "1.png", "s2_caption": None, "s2orc_caption": "A plot", "radiology": False}
    write(tmp_path / "figures.jsonl", jsonl([figure, other]))
    write(tmp_path / "figures" / "ab_2-Figure1-1.png", picture(1))
    write(tmp_path / "figures" / "cd_1.png", picture(2))
    found = open_entry(entry("medicat/text-to-image"), None, "all", Workspace(tmp_path / "home"), folder=tmp_path, check=False)
    assert isinstance(found, Collection)
    assert (found.queries.texts, found.queries.ids) == (["A scan", "A plot"], ("ab_2-Figure1-1.png", "cd_1.png"))
    assert [row["radiology"] for row in found.queries.metadata] == ["yes", "no"]
    assert set(found.card.slices) == {"radiology", "modality"}


def test_pictures_of_one_label_find_each_other(tmp_path: Path) -> None:
    rows = [{"pdf_hash": "a", "fig_uri": f"{n}.png", "s2_caption": f"c{n}", "radiology": n < 2} for n in range(3)]
    write(tmp_path / "figures.jsonl", jsonl(rows))
    for number in range(3):
        write(tmp_path / "figures" / f"a_{number}.png", picture(number))
    told = {**vars(entry("medicat/image-to-text")), "type": "image-to-image", "name": "alike"}
    one = Entry(**{**told, "source": {**told["source"], "label": "radiology"}})
    found = open_entry(one, None, "all", Workspace(tmp_path / "home"), folder=tmp_path, check=False)
    assert isinstance(found, Collection)
    assert found.qrels.grades == {"a_0.png": {"a_1.png": 1}, "a_1.png": {"a_0.png": 1}}
    assert found.notes["queries_without_an_answer"] == 1


def test_pmc_oa_loads_from_the_hub(hub: HubStub, tmp_path: Path) -> None:
    rows = [{"image": f"PMC{n}_Fig1.jpg", "caption": f"caption {n}"} for n in range(3)]
    zipped = archive({f"images/PMC{n}_Fig1.jpg": picture(n) for n in range(2)})
    hub.add("axiong/pmc_oa", {"pmc_oa.jsonl": jsonl(rows), "images.zip": zipped})
    found = open_entry(entry("pmc-oa/image-to-text"), None, "all", Workspace(tmp_path))
    assert isinstance(found, Collection)
    assert (found.corpus.table.column("text").to_pylist(), found.queries.pictured) == (["caption 0", "caption 1"], True)
    assert found.notes == {"missing_images": 1, "pairs_without_image": 1, "counts_unchecked": 1}


def test_m3d_cap_loads_slices_of_volumes(tmp_path: Path) -> None:
    items = [{"image": f"M3D_Cap_npy/{n}/a.npy", "text": f"M3D_Cap/{n}/text.txt"} for n in range(4)]
    write(tmp_path / "M3D_Cap.json", json.dumps({"test": items, "train": []}))
    texts = ("x study_findings: A nodule.", "no array", "y Discussion: Clear.", "All of it")
    for number, text in enumerate(texts):
        write(tmp_path / "M3D_Cap" / str(number) / "text.txt", text)
        (tmp_path / "M3D_Cap_npy" / str(number)).mkdir(parents=True)
        np.save(tmp_path / "M3D_Cap_npy" / str(number) / "a.npy", np.random.default_rng(number).random((1, 40, 8, 9), np.float32))
    np.save(tmp_path / "M3D_Cap_npy" / "1" / "a.npy", np.array([{}], object))
    one = Entry(**{**vars(entry("m3d-cap/text-to-image")), "subsets": ("2",)})
    found = open_entry(one, None, None, Workspace(tmp_path / "home"), folder=tmp_path)
    assert isinstance(found, Collection)
    assert found.queries.texts == ["A nodule.", "Clear."]
    assert found.notes == {"unreadable_images": 1, "pairs_without_image": 1, "counts_unchecked": 1}
    assert [len(images) for images in found.corpus.images(np.arange(2))] == [32, 32]
    frames = [image.frame for image in found.corpus.images(np.arange(1))[0]]
    assert (frames == sorted(set(frames)), frames[0] >= 0, frames[-1] < 40) == (True, True, True)


def test_a_volume_of_m3d_cap_may_be_nifti(tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel")
    write(tmp_path / "M3D_Cap.json", json.dumps({"test": [{"image": "a.npy", "text": "a.txt"}]}))
    write(tmp_path / "a.txt", "A nodule.")
    nibabel.save(nibabel.Nifti1Image(np.random.default_rng(0).random((8, 8, 6), np.float32), np.eye(4)), tmp_path / "a.nii.gz")
    one = Entry(**{**vars(entry("m3d-cap/image-to-text")), "subsets": ("1",)})
    found = open_entry(one, None, None, Workspace(tmp_path / "home"), folder=tmp_path)
    assert isinstance(found, Collection)
    assert [image.frame for image in found.queries.images(0)] == [0, 1, 2, 3, 4, 5]


def test_m3d_cap_that_cannot_be_taken(tmp_path: Path) -> None:
    one = entry("m3d-cap/image-to-text")
    for text, message in (("{", "not JSON"), ("{}", "no list 'test'"), ('{"test": [{"image": "a"}]}', "no image or no text")):
        write(tmp_path / "M3D_Cap.json", text)
        with pytest.raises(InputError, match=message):
            open_entry(one, None, None, Workspace(tmp_path / "home"), folder=tmp_path)


# -- TemMed-Bench ------------------------------------------------------------------------------------------------------


def view(number: int) -> str:
    return f"train/patient{number}/study1/view1_frontal.jpg"


def temmed(hub: HubStub, folder: Path) -> Path:
    """Two test items (three visits with pictures), two documents of which one lacks a picture, and the reports."""
    asked = [{"VQA_question": "Is it worse?", "VQA_answer": "Yes"}, {"VQA_question": "Is it new?", "VQA_answer": "no"}]
    tests = [{"image_path": view(n), "historical_image_path": view(n + 1), "VQA_Final": asked} for n in (1, 2)]
    tests += [{"image_path": view(9), "historical_image_path": view(1), "VQA_Final": asked}]
    known = [{"image_path": view(1), "historical_image_path": view(2)}, {"image_path": view(1), "historical_image_path": view(9)}]
    chosen = [{"condition_change": "Oedema grew.", "option": {"A": 1, "B": 0, "C": 1}, "right_option": "B"}]
    files = {
        "TestSet_VQA_ReportGeneration.json": tests,
        "TrainSet_KnowledgeCorpus.json": known,
        "TestSet_SelectedVQA_2000.json": [{"img_id": 0, "question_id": 1}, {"img_id": 2, "question_id": 0}],
        "TestSet_ImagePairSelection.json": chosen,
    }
    hub.add("uclanlp/TemMed-Bench", {name: json.dumps(rows).encode() for name, rows in files.items()})
    csv = f'path_to_image,section_impression\n{view(1)},"1.  STABLE\nheart. 2. NO effusion"\n{view(2)},\n'
    write(folder / "df_chexpert_plus_240401.csv", csv)
    for number in (1, 2, 3):
        write(folder / "PNG" / view(number).replace("jpg", "png"), picture(number))
    return folder


def opened(hub: HubStub, tmp_path: Path, name: str) -> Questions:
    found = open_entry(entry(name), None, None, Workspace(tmp_path / "home"), folder=temmed(hub, tmp_path / "data"), check=False)
    assert isinstance(found, Questions)
    return found


def shades(question: Any) -> list[int]:
    from PIL import Image

    return [Image.open(image.path).getpixel((0, 0)) for image in question.images]


def test_temmed_asks_yes_or_no_on_two_pictures(hub: HubStub, tmp_path: Path) -> None:
    found = opened(hub, tmp_path, "temmed/vqa")
    (one,) = found.items
    assert (one.id, one.kind, dict(one.options), one.answers) == ("0-1", "yes-no", {"A": "yes", "B": "no"}, ("B",))
    assert (one.text.endswith("current one. Is it new?"), one.group, shades(one)) == (True, "0", [2, 1])
    assert found.notes == {"missing_images": 1, "questions_without_images": 1}
    with pytest.raises(InputError, match="2,000 questions and not 2"):
        open_entry(entry("temmed/vqa"), None, None, Workspace(tmp_path / "home"), folder=tmp_path / "data")


def test_temmed_chooses_among_three_pairs(hub: HubStub, tmp_path: Path) -> None:
    (one,) = opened(hub, tmp_path, "temmed/selection").items
    assert (one.kind, one.answers, shades(one)) == ("choice", ("B",), [3, 2, 2, 1, 3, 2])
    assert one.text.endswith("Which pair shows this change? Oedema grew.")


def test_temmed_asks_for_reports(hub: HubStub, tmp_path: Path) -> None:
    found = opened(hub, tmp_path, "temmed/report")
    assert [(one.kind, one.answers) for one in found.items] == [("free", ("1. Stable heart. 2. No effusion",)), ("free", ())]


def test_temmed_s_corpus_is_of_pairs_with_a_report(hub: HubStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIR_DATA", str(tmp_path))
    temmed(hub, tmp_path / "temmed")
    with pytest.raises(InputError, match="17,144 documents and not 2"):
        open_context_corpus("temmed/corpus", Workspace(tmp_path / "home"))
    from corpora.sources import FilesSource, open_corpus_source, source_of

    source = source_of(entry("temmed/corpus").source, "here")
    assert isinstance(source, FilesSource)
    for _ in range(2):
        corpus, notes = open_corpus_source(source, "temmed/corpus", Workspace(tmp_path / "home"))
        assert isinstance(corpus, Corpus)
        assert corpus.ids.to_pylist() == [view(1), f"{view(1)}-2"]
        assert corpus.table.column("text").to_pylist() == ["1. Stable heart. 2. No effusion"] * 2
        assert [len(images) for images in corpus.images(np.arange(2))] == [2, 0]
        assert notes == {"missing_images": 1, "pairs_without_images": 1}


def test_temmed_that_cannot_be_taken(hub: HubStub, tmp_path: Path) -> None:
    folder = temmed(hub, tmp_path / "data")
    for name, rows, message in (
        ("TestSet_SelectedVQA_2000.json", [{"img_id": 7, "question_id": 0}], "there is no item 7"),
        ("TestSet_SelectedVQA_2000.json", [{"img_id": 0, "question_id": 7}], "has no question 7"),
        ("TestSet_SelectedVQA_2000.json", {}, "no list of objects"),
        ("TestSet_VQA_ReportGeneration.json", [{"image_path": "a.jpg"}], "lacks image_path or historical_image_path"),
    ):
        write(folder / "Get_Data" / name, json.dumps(rows))
        with pytest.raises(InputError, match=message):
            open_entry(entry("temmed/vqa"), None, None, Workspace(tmp_path / "home"), folder=folder)
        (folder / "Get_Data" / name).unlink()
    (folder / "df_chexpert_plus_240401.csv").unlink()
    with pytest.raises(InputError, match=r"df_chexpert_plus_240401.csv(.|\n)*Stanford AIMI"):
        open_entry(entry("temmed/report"), None, None, Workspace(tmp_path / "home"), folder=folder)


# -- seeing it ---------------------------------------------------------------------------------------------------------


def test_they_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    tasks(type="text-to-image")
    listed = capsys.readouterr().out
    assert "roco/text-to-image" in listed
    assert "R@1" in listed
    tasks(modality="image", format="csv")
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(IMAGES)
    with pytest.raises(UsageError, match="unknown modality 'sound'"):
        tasks(modality="sound")
    show("m3retrieve/visual-context")
    shown = capsys.readouterr().out
    assert "ArkaAcharya/M3Retrieve_VisualContextRetrieval" in shown
    assert "Dermatology" in shown
