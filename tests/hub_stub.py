"""A hub of our own for tests: repositories made of Python values, served over the hub's HTTP interface on this machine.

    from tests.hub_stub import hub_stub, jsonl, parquet, readme  # noqa: F401 - `hub_stub` is the fixture `hub`

    def test_it(hub):
        hub.add("owner/name", {"README.md": readme({"corpus": {"corpus": "corpus.jsonl"}}), "corpus.jsonl": jsonl(rows)})

What is added last is `main`; `hub.add(..., revision="a" * 40)` names the commit. Faults: `hub.gate(repo)` (401 on files),
`hub.hide(repo)` (401), `hub.cut(path, at, times)` (the connection drops after so many bytes), `hub.drop(repo)` (404).
`hub.stop()` ends it, `hub.requests` lists what was asked, and `hub_repository()` makes a whole small retrieval repository.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

Row = Mapping[str, Any]
Files = Mapping[str, bytes]
DATE = "2026-01-01T00:00:00.000Z"


def jsonl(rows: Sequence[Row]) -> bytes:
    """The rows as JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def parquet(rows: Sequence[Row]) -> bytes:
    """The rows as a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), sink)
    return sink.getvalue()


def table(rows: Sequence[Row], separator: str = "\t") -> bytes:
    """The rows as TSV, or CSV with `,`."""
    sink = io.StringIO()
    writer = csv.DictWriter(sink, list(rows[0]), delimiter=separator, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return sink.getvalue().encode()


def readme(configs: Mapping[str, Mapping[str, str | Sequence[str]]]) -> bytes:
    """A card that names the files of every split of every config: `{config: {split: path or paths}}`."""
    listed = [
        {"config_name": config, "data_files": [{"split": split, "path": path} for split, path in splits.items()]}
        for config, splits in configs.items()
    ]
    return f"---\nlicense: mit\nconfigs: {json.dumps(listed)}\n---\n# A small repository\n".encode()


def commit_of(files: Files) -> str:
    """40 hex digits that stand for the content."""
    return hashlib.sha1(b"\0".join(name.encode() + b"\0" + data for name, data in sorted(files.items()))).hexdigest()


@dataclass
class HubStub:
    """The repositories, by commit in the order in which they were added, and the faults."""

    url: str = ""
    commits: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    cuts: dict[str, tuple[int, int]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None

    def add(self, repo: str, files: Files, revision: str = "") -> str:
        """One more commit of a repository, now its `main`; what comes back is the commit."""
        commit = revision or commit_of(files)
        self.commits.setdefault(repo, {}).pop(commit, None)
        self.commits[repo][commit] = dict(files)
        return commit

    def drop(self, repo: str) -> None:
        """The repository is no longer there."""
        del self.commits[repo]

    def gate(self, repo: str) -> None:
        """Its files are refused to those who have not accepted its licence; what it holds can still be listed."""
        self.gated.add(repo)

    def hide(self, repo: str) -> None:
        """It is private: to strangers the hub says of it what it says of repositories that are not there (401)."""
        self.hidden.add(repo)

    def cut(self, path: str, at: int, times: int = 1_000) -> None:
        """The connection drops at byte `at` of every file of this name, the next `times` times."""
        self.cuts[path] = (at, times)

    def start(self) -> HubStub:
        """The stub, listening."""
        handler = type("Handler", (_Handler,), {"hub": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Nothing listens any more."""
        server, self.server = self.server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def at(self, repo: str, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """The commit that a revision means, with its files."""
        commits = self.commits[repo]
        commit = list(commits)[-1] if revision == "main" else revision
        return (commit, commits[commit]) if commit in commits else None


class _Handler(BaseHTTPRequestHandler):
    hub: HubStub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.answer()

    def answer(self) -> None:
        if self.hub.server is None:
            self.close_connection = True
            return None
        self.hub.requests.append(" ".join([self.command, self.path, self.headers.get("Range", "")]).strip())
        parts = unquote(urlsplit(self.path).path).strip("/").split("/")
        if parts[:2] == ["api", "datasets"] and len(parts) >= 4:
            repo, what = "/".join(parts[2:4]), parts[4:] or ["revision", "main"]
        elif parts[0] == "datasets" and len(parts) > 5 and parts[3] == "resolve":
            repo, what = "/".join(parts[1:3]), ["resolve", *parts[4:]]
        else:
            return self.refuse(404, "EntryNotFound", "no such page")
        if repo in self.hub.hidden:
            return self.refuse(401, "RepoNotFound", "Repository not found")
        if repo not in self.hub.commits:
            return self.refuse(404, "RepoNotFound", "Repository not found")
        found = self.hub.at(repo, what[1] if len(what) > 1 else "main")
        if found is None:
            return self.refuse(404, "RevisionNotFound", "Invalid rev id")
        return self.serve(repo, what[0], "/".join(what[2:]), *found)

    def serve(self, repo: str, what: str, rest: str, commit: str, files: dict[str, bytes]) -> None:
        if what == "resolve":
            return self.file(repo, rest, commit, files)
        if what == "tree":
            return self.json(_tree(files, rest, "recursive=true" in self.path.lower()))
        if what == "paths-info":
            asked = _paths(self.body, self.headers.get("Content-Type", ""))
            return self.json([entry for entry in _tree(files, "", True) if entry["path"] in asked])
        if what == "commits":
            listed = reversed(self.hub.commits[repo])
            return self.json([{"id": own, "title": "one", "message": "", "authors": [], "date": DATE} for own in listed])
        siblings = [{"rfilename": name} for name in sorted(files)]
        gated = "manual" if repo in self.hub.gated else False
        return self.json(
            {"id": repo, "sha": commit, "siblings": siblings, "gated": gated, "private": False, "tags": [], "lastModified": DATE}
        )

    def file(self, repo: str, name: str, commit: str, files: dict[str, bytes]) -> None:
        if repo in self.hub.gated:
            return self.refuse(401, "GatedRepo", f"Access to dataset {repo} is restricted")
        if name not in files:
            return self.refuse(404, "EntryNotFound", "Entry not found", commit)
        data = files[name]
        first = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        headers = {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        end, left = self.hub.cuts.get(name, (len(data), 0))
        broken = left > 0 and self.command == "GET" and end < len(data)
        if broken:
            self.hub.cuts[name] = (end, left - 1)
        self.send(206 if first else 200, data[first:], headers, data[first:end] if broken else None)
        return None

    def json(self, value: Any) -> None:
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def refuse(self, status: int, code: str, message: str, commit: str = "") -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": message, "Content-Type": "application/json"}
        body = json.dumps({"error": message}).encode()
        self.send(status, body, headers | ({"X-Repo-Commit": commit} if commit else {}))

    def send(self, status: int, data: bytes, headers: Mapping[str, str], sent: bytes | None = None) -> None:
        """An answer that says it is `data` long; where only `sent` of it goes out, the connection is closed after it."""
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data if sent is None else sent)
        self.close_connection = self.close_connection or sent is not None


def _tree(files: Mapping[str, bytes], folder: str, recursive: bool) -> list[dict[str, Any]]:
    prefix = f"{folder}/" if folder else ""
    inside = {name: data for name, data in sorted(files.items()) if name.startswith(prefix)}
    folders = {
        prefix + "/".join(name[len(prefix) :].split("/")[:depth])
        for name in inside
        for depth in range(1, name[len(prefix) :].count("/") + 1)
    }
    listed = [
        {"type": "directory", "oid": hashlib.sha1(name.encode()).hexdigest(), "size": 0, "path": name} for name in sorted(folders)
    ]
    listed += [
        {"type": "file", "oid": hashlib.sha1(data).hexdigest(), "size": len(data), "path": name} for name, data in inside.items()
    ]
    return [entry for entry in listed if recursive or "/" not in entry["path"][len(prefix) :]]


def _paths(body: bytes, kind: str) -> list[str]:
    if "json" in kind:
        found = json.loads(body)["paths"]
        return [found] if isinstance(found, str) else found
    return parse_qs(body.decode()).get("paths", [])


@pytest.fixture(name="hub")
def hub_stub(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubStub]:
    """A running stub, which the hub's libraries take for the hub in this process, with an empty cache and no waiting."""
    stub = HubStub().start()
    connect_to(stub, monkeypatch, tmp_path_factory.mktemp("hf"))
    yield stub
    stub.stop()


hub = hub_stub
"""The fixture, for modules that name it so: `hub = hub_stub.hub`."""


def connect_to(stub: HubStub, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Point the hub's libraries at the stub: the environment for what starts later, their constants for what is imported."""
    pytest.importorskip("huggingface_hub")
    cache = home / "hub"
    for name, value in {"HF_ENDPOINT": stub.url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    constants = {
        "ENDPOINT": stub.url,
        "HUGGINGFACE_CO_URL_TEMPLATE": stub.url + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HUB_OFFLINE": False,
        "HF_HOME": str(home),
        "HF_HUB_CACHE": str(cache),
        "HUGGINGFACE_HUB_CACHE": str(cache),
    }
    for name, value in constants.items():
        monkeypatch.setattr(f"huggingface_hub.constants.{name}", value, raising=False)
    monkeypatch.setattr("huggingface_hub.hf_api.api.endpoint", stub.url, raising=False)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_ENDPOINT", stub.url)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", home / "datasets")


def hub_repository() -> dict[str, bytes]:
    """A small retrieval repository in the layout that most have: three documents, two judged queries and one that is not."""
    documents = [
        {"_id": "d1", "title": "Aspirin", "text": "thins the blood"},
        {"_id": "d2", "title": "", "text": "insulin lowers sugar"},
        {"_id": "d3", "title": "Statin", "text": None},
    ]
    queries = [{"_id": 1, "text": "blood"}, {"_id": 2, "text": "sugar"}, {"_id": 3, "text": "nobody judged this"}]
    qrels = [{"query-id": 1, "corpus-id": "d1", "score": 1}, {"query-id": 2, "corpus-id": "d2", "score": 2}]
    return {
        "README.md": readme(
            {
                "corpus": {"corpus": "corpus/*.parquet"},
                "queries": {"queries": "queries.jsonl"},
                "default": {"test": "qrels/test.tsv"},
            }
        ),
        "corpus/part-0.parquet": parquet(documents[:2]),
        "corpus/part-1.parquet": parquet(documents[2:]),
        "queries.jsonl": jsonl(queries),
        "qrels/test.tsv": table(qrels),
    }
