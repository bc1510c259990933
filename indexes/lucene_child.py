"""Lucene itself, in a process of its own: requests come as JSON lines, answers go back the same way.

Run as a script by `indexes.lucene`; it imports nothing of this project, so that a JVM and torch never share a process.
A request is `{"do": "build" | "open" | "search" | "analyse", ...}`; its answer is one line, or one for each query or text.
After `{"error": ...}` the process ends.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

FIELD = "contents"
CLAUSES = 1 << 20


class Lucene:
    """The Java classes that are used, and the index that is open."""

    def __init__(self) -> None:
        import jnius_config
        import pyserini

        # Pyserini's own start-up asks for a Java module that small builds lack; BM25 has no use for it.
        [jar, *_] = (Path(pyserini.__file__).parent / "resources/jars").glob("anserini-*-fatjar.jar")
        jnius_config.set_classpath(str(jar))
        jnius_config.add_options("-Xrs")
        from jnius import autoclass, cast
        from pyserini.analysis import get_lucene_analyzer

        self.java: Any = autoclass
        self.cast: Any = cast
        self.analyser: Any = get_lucene_analyzer
        self.as_json = autoclass("com.fasterxml.jackson.databind.ObjectMapper")()

    def lucene(self, name: str) -> Any:
        """A class of Lucene's, by the rest of its name."""
        return self.java(f"org.apache.lucene.{name}")

    def build(self, folder: str, language: str, texts: Iterator[str]) -> dict[str, Any]:
        """Index texts in order, so that Lucene's own numbers are the rows; how many there are, and what indexed them."""
        settings = self.lucene("index.IndexWriterConfig")(self.analyser(language))
        settings.setMergePolicy(self.lucene("index.LogByteSizeMergePolicy")())  # joins neighbours only: numbers stay in order
        writer = self.lucene("index.IndexWriter")(self.directory(folder), settings)
        document, field = self.document()
        for text in texts:
            field.setStringValue(text)
            writer.addDocument(document)
        documents = writer.getDocStats().numDocs
        writer.forceMerge(1)
        writer.close()
        java = self.java("java.lang.System").getProperty("java.version")
        return {"documents": documents, "lucene": self.lucene("util.Version").LATEST.toString(), "java": java}

    def directory(self, folder: str) -> Any:
        """A folder as Lucene sees it."""
        return self.lucene("store.FSDirectory").open(self.java("java.nio.file.Paths").get(folder))

    def document(self) -> tuple[Any, Any]:
        """A document with one field, to be filled again and again: terms and their frequencies, nothing stored."""
        kind = self.lucene("document.FieldType")()
        kind.setIndexOptions(self.lucene("index.IndexOptions").DOCS_AND_FREQS)
        blank = self.cast("java.lang.CharSequence", self.java("java.lang.String")(""))
        document, field = self.lucene("document.Document")(), self.lucene("document.Field")(FIELD, blank, kind)
        document.add(field)
        return document, field

    def analyse(self, language: str, texts: list[str]) -> Iterator[dict[str, list[Any]]]:
        """The terms that Lucene's own analyser makes of each text, in order."""
        analyse, words = self.java("io.anserini.analysis.AnalyzerUtils").analyze, self.analyser(language)
        for text in texts:
            yield {"terms": json.loads(self.as_json.writeValueAsString(analyse(words, text)))}

    def open(self, folder: str, language: str, k1: float, b: float) -> dict[str, Any]:
        """Make an index ready to be searched; how many documents it has."""
        reader = self.lucene("index.DirectoryReader").open(self.directory(folder))
        self.searcher = self.lucene("search.IndexSearcher")(reader.getContext())
        self.searcher.setSimilarity(self.lucene("search.similarities.BM25Similarity")(k1, b))
        self.searcher.setMaxClauseCount(CLAUSES)
        self.words = self.analyser(language)
        self.queries = self.java("io.anserini.search.query.BagOfWordsQueryGenerator")()
        return {"documents": reader.numDocs()}

    def search(self, queries: list[str], depth: int) -> Iterator[dict[str, list[Any]]]:
        """The first `depth` documents of each query and their scores, best first, ties by row."""
        for query in queries:
            found = self.searcher.search(self.queries.buildQuery(FIELD, self.words, query), depth)
            hits = json.loads(self.as_json.writeValueAsString(found))["scoreDocs"]
            yield {"rows": [hit["doc"] for hit in hits], "scores": [hit["score"] for hit in hits]}


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more."""

    def texts() -> Iterator[str]:
        while block := json.loads(requests.readline()):
            yield from block

    lucene = Lucene()
    for line in requests:
        for answer in _answers(lucene, json.loads(line), texts()):
            answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _answers(lucene: Lucene, request: dict[str, Any], texts: Iterator[str]) -> Iterable[dict[str, Any]]:
    match request.pop("do"):
        case "build":
            return [lucene.build(texts=texts, **request)]
        case "open":
            return [lucene.open(**request)]
        case "search":
            return lucene.search(**request)
        case _:
            return lucene.analyse(**request)


def main() -> None:
    """Serve on standard input and output; what Java itself prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(sys.stdin.buffer, answers)
    except Exception as problem:  # whatever Java throws is the other side's to tell
        answers.write(json.dumps({"error": f"{type(problem).__name__}: {problem}"}).encode() + b"\n")
        answers.flush()
        sys.exit(1)


if __name__ == "__main__":
    main()
