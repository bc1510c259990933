"""`medir train`: models fitted to the data at hand."""

from __future__ import annotations

from cyclopts import App

train = App(name="train", help="fit models to the data at hand", help_format="plaintext")

for name, about in {
    "cross-encoder": "fit a reranker to a folder's judgements",
    "projection": "bring a picture encoder into a text encoder's space, by captioned pictures",
    "sl-hyde": "teach a generator and a retriever on documents without labels",
}.items():
    place = name.replace("-", "_")
    train.command(f"medir.commands.{place}:{place}", name=name, help=about)
