"""Lucene itself, in a process of its own: requests come as JSON lines, answers go back the same way.

Run as a script by `indexes.lucene`; it imports nothing of this project, so that a JVM and torch never share a process.
A request is `{"do": "build" | "open" | "search", ...}`; an answer is one line, or one a query; `{"error": ...}` ends it all.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, BinaryIO

FIELD = "contents"
CLAUSES = 1 << 20


class Lucene:
    """The Java classes that are used, and the index that is open."""

    def __init__(self) -> None:
        import jnius_config

        # The module that pyserini's own start-up asks for is missing from small Java builds; BM25 has no use for it.
        jnius_config.set_classpath(str(next(files("pyserini").joinpath("resources/jars").glob("anserini-*-fatjar.jar"))))
        jnius_config.add_options("-Xrs")
        from jnius import autoclass, cast
        from pyserini.analysis import get_lucene_analyzer

        self.java, self.cast, self.analyser = autoclass, cast, get_lucene_analyzer
        self.directory = lambda folder: autoclass("org.apache.lucene.store.FSDirectory").open(
            autoclass("java.nio.file.Paths").get(folder)
        )

    def build(self, folder: str, language: str, texts: Iterator[str]) -> dict[str, Any]:
        """Index texts in order, so that Lucene's own numbers are the rows; what was used and how many there are."""
        java = self.java
        config = java("org.apache.lucene.index.IndexWriterConfig")(self.analyser(language))
        config.setMergePolicy(java("org.apache.lucene.index.LogByteSizeMergePolicy")())
        config.setUseCompoundFile(False)
        writer = java("org.apache.lucene.index.IndexWriter")(self.directory(folder), config)
        kind = java("org.apache.lucene.document.FieldType")()
        kind.setIndexOptions(java("org.apache.lucene.index.IndexOptions").DOCS_AND_FREQS)
        kind.setTokenized(True)
        blank = self.cast("java.lang.CharSequence", java("java.lang.String")(""))
        document, field = java("org.apache.lucene.document.Document")(), java("org.apache.lucene.document.Field")(FIELD, blank, kind)
        document.add(field)
        for text in texts:
            field.setStringValue(text)
            writer.addDocument(document)
        documents = writer.getDocStats().numDocs
        writer.forceMerge(1)
        writer.close()
        return {"documents": documents, "lucene": java("org.apache.lucene.util.Version").LATEST.toString(), **self.surroundings()}

    def surroundings(self) -> dict[str, str]:
        """The Java that runs."""
        return {"java": self.java("java.lang.System").getProperty("java.version")}

    def open(self, folder: str, language: str, k1: float, b: float) -> dict[str, Any]:
        """Make an index ready to be searched; how many documents it has."""
        java = self.java
        reader = java("org.apache.lucene.index.DirectoryReader").open(self.directory(folder))
        self.searcher = java("org.apache.lucene.search.IndexSearcher")(reader.getContext())
        self.searcher.setSimilarity(java("org.apache.lucene.search.similarities.BM25Similarity")(k1, b))
        self.searcher.setMaxClauseCount(CLAUSES)
        self.words = self.analyser(language)
        self.queries = java("io.anserini.search.query.BagOfWordsQueryGenerator")()
        self.as_json = java("com.fasterxml.jackson.databind.ObjectMapper")()
        return {"documents": reader.numDocs()}

    def search(self, query: str, depth: int) -> dict[str, list[float]]:
        """The first `depth` documents of a query and their scores, best first, ties by row."""
        found = self.searcher.search(self.queries.buildQuery(FIELD, self.words, query), depth)
        hits = json.loads(self.as_json.writeValueAsString(found))["scoreDocs"]
        return {"rows": [hit["doc"] for hit in hits], "scores": [hit["score"] for hit in hits]}


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more."""

    def answer(what: Any) -> None:
        answers.write(json.dumps(what).encode() + b"\n")

    def texts() -> Iterator[str]:
        while block := json.loads(requests.readline()):
            yield from block

    lucene = Lucene()
    for line in requests:
        request = json.loads(line)
        match request.pop("do"):
            case "build":
                answer(lucene.build(texts=texts(), **request))
            case "open":
                answer(lucene.open(**request))
            case "search":
                for query in request["queries"]:
                    answer(lucene.search(query, request["depth"]))
        answers.flush()


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
