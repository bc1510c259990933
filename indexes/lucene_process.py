"""The child process that runs Lucene: started when first needed, asked by JSON lines, ended with its last user."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import orjson

from corpora.errors import SurroundingsError, missing_extra

from .java import java_home

CHILD = Path(__file__).with_name("lucene_child.py")
SECONDS_TO_END = 5.0


class LuceneProcess:
    """A running Lucene, which answers one request at a time. `end()` ends it; so does letting go of it, and our own end."""

    def __init__(self) -> None:
        """Start it. Raises SurroundingsError where pyserini or Java is missing."""
        if find_spec("pyserini") is None:
            raise missing_extra("pyserini", "lucene")
        surroundings = os.environ | {"JAVA_HOME": str(java_home())}
        self._messages = tempfile.TemporaryFile()  # noqa: SIM115 - read when the process has died
        self._process = subprocess.Popen(  # noqa: S603 - our own file, by our own interpreter
            [sys.executable, "-P", str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._messages,
            env=surroundings,
        )
        self._one_at_a_time = threading.Lock()
        self.end = weakref.finalize(self, _end, self._process)

    def ask(self, request: dict[str, Any], blocks: Iterable[list[str]] | None = None, answers: int = 1) -> list[dict[str, Any]]:
        """Send a request, then the blocks of texts that belong to it; its answers.

        Raises SurroundingsError where Lucene fails, or its process has ended.
        """
        with self._one_at_a_time:
            with contextlib.suppress(BrokenPipeError):  # it has ended: why is read below
                self._send(request, blocks)
            return [self._answer() for _ in range(answers)]

    def _send(self, request: dict[str, Any], blocks: Iterable[list[str]] | None) -> None:
        pipe = _there(self._process.stdin)
        for line in itertools.chain([request], () if blocks is None else itertools.chain(blocks, [[]])):
            pipe.write(orjson.dumps(line) + b"\n")
        pipe.flush()

    def _answer(self) -> dict[str, Any]:
        line = _there(self._process.stdout).readline()
        answer: dict[str, Any] = orjson.loads(line) if line.endswith(b"\n") else {"error": self._last_words()}
        if "error" in answer:
            raise SurroundingsError(f"Lucene failed: {answer['error']}", mend="mend what it says, then run the command again")
        return answer

    def _last_words(self) -> str:
        code = self._process.wait()
        self._messages.seek(0)
        lines = self._messages.read().decode("utf-8", "replace").strip().splitlines()
        return "\n".join([f"its process ended with code {code}", *lines[-5:]])


def _there(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let it finish by closing its input; kill it if it does not."""
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            _there(pipe).close()
    try:
        process.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
