"""What every file of the repository keeps to."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("corpora", "indexes", "retrieval", "tasks", "baselines", "medir")
CODE = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
DATA = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.toml"))
PATTERNS = ("*.md", "*.toml", "*.cff", "Makefile", "constraints.txt", ".ci/run", "docs/**/*.md", "bench/*.*", "tests/**/*.py")
OTHERS = sorted(path for pattern in PATTERNS for path in ROOT.glob(pattern) if path.is_file())

LINES, FUNCTION_LINES, PARAMETERS = 300, 60, 8
ABSOLUTE = re.compile(r"(?<![\w.~/-])/(root|home|tmp|work|Users|mnt)/[a-z]")
REGISTRY = re.compile(r"\b(pypi|pythonhosted|pytorch|npmjs|crates|debian|maven)\.(org|com|io)\b")
UNSAFE_MODULES = {"pickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


code = pytest.mark.parametrize("path", CODE, ids=name)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def takes_many(path: Path, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether it is a numba kernel, which takes its arrays one by one, or a command, which takes its flags."""
    compiled = any("njit" in ast.dump(decorator) for decorator in function.decorator_list)
    return compiled or (path.parent.name == "commands" and function.name == path.stem)


def public(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """The public functions and classes of a module or class body, methods included."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body)


@code
def test_sizes_can_be_held_in_mind(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LINES
    for function in functions(ast.parse(text)):
        told = len((ast.get_docstring(function, clean=False) or "").splitlines())
        assert (function.end_lineno or 0) - function.lineno + 1 - told <= FUNCTION_LINES, function.name
        arguments = function.args
        taken = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs) if a.arg not in ("self", "cls")]
        assert takes_many(path, function) or len(taken) <= PARAMETERS, function.name


@code
def test_everything_public_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if tree.body:
        assert ast.get_docstring(tree), "the module"
    for node in public(tree.body):
        assert ast.get_docstring(node), node.name


@code
def test_nothing_runs_code_from_data(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not UNSAFE_MODULES & {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in UNSAFE_MODULES
        if isinstance(node, ast.Call):
            assert not (isinstance(node.func, ast.Name) and node.func.id in UNSAFE_CALLS), node.lineno
            on = {word.arg for word in node.keywords if isinstance(word.value, ast.Constant) and word.value.value is True}
            assert not on & {"allow_pickle", "shell", "trust_remote_code"}, node.lineno


@code
def test_exported_names_exist_once_and_in_order(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            entries = getattr(node.value, "elts", [])
            exported = [entry.value for entry in entries if isinstance(entry, ast.Constant)]
            assert list(exported) == sorted(set(exported), key=lambda n: (0 if n.isupper() else 1 if n[0].isupper() else 2, n))


@pytest.mark.parametrize("path", [*CODE, *DATA, *OTHERS], ids=name)
def test_no_place_of_one_machine_and_no_registry(path: Path) -> None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        assert not ABSOLUTE.search(line), number
        assert not REGISTRY.search(line), number


def test_the_lock_pins_exactly() -> None:
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin) for pin in pins)
    names = [pin.split("==")[0].lower().replace("_", "-").replace(".", "-") for pin in pins]
    assert len(names) == len(set(names))
    assert not [pinned for pinned in names if pinned.startswith(("nvidia", "cuda", "triton"))]
    assert "torch==2.13.0" in pins
    assert (ROOT / "Makefile").read_text().count("torch==2.13.0") == 1


def test_the_lock_covers_what_the_project_asks_for() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(need for extra in project["optional-dependencies"].values() for need in extra)]
    wanted = {re.split(r"[\[<>=;! ]", need)[0].lower().replace("_", "-") for need in asked} - {"medir"}
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert wanted <= pinned


def test_the_gate_can_be_run() -> None:
    gate = ROOT / ".ci" / "run"
    assert gate.stat().st_mode & 0o111
    assert gate.read_text().startswith("#!")
