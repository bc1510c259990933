"""`medir train projection`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from medir.report import as_table

from .cross_encoder import described
from .options import workspace


def projection(
    *,
    data: Path,
    image: str,
    text: str,
    out: Path,
    split: str | None = None,
    holdout: float = 0.5,
    epochs: int = 20,
    lr: float = 1e-3,
    batch: int = 64,
    temperature: float = 0.07,
    weight_decay: float = 0.1,
    seed: int = 0,
    offline: bool = False,
) -> None:
    """Bring a picture encoder into a text encoder's space: neither is changed, a linear map between them is fitted.

    Parameters
    ----------
    data
        A folder of pictures with captions.jsonl.
    image
        The ENCODER of pictures, such as efficientnet-lite0.
    text
        The ENCODER of texts, such as minilm.
    out
        A new folder for the projection, which is an ENCODER of both; held-out pictures go to a folder beside it, OUT-heldout.
    split
        The pictures to train on. The split test is there to be measured, and is refused, unless it is the only one and a share
        of it is held out.
    holdout
        The share of the pictures that are not trained on, to be measured.
    epochs
        How often each picture is seen.
    lr
        The learning rate at its highest.
    batch
        Pictures a step, each of which is told from the others.
    temperature
        What cosines are divided by in the loss.
    weight_decay
        How strongly the weights are drawn to nothing.
    seed
        Decides what is held out, the first weights and the order of the pictures.
    offline
        Open no connection.
    """
    from retrieval.encoders.images.projected import Tower
    from retrieval.training.fitting import Fitting
    from retrieval.training.projection import ProjectionSettings, train_projection
    from retrieval.training.projection_data import open_for_projection, write_held_out_captions
    from retrieval.training.splits import HELD_OUT

    fitting = Fitting(epochs=epochs, learning_rate=lr, batch=batch, warm_up=0.1, weight_decay=weight_decay)
    settings, place = ProjectionSettings(fitting, temperature, holdout, seed), workspace(offline)
    towers = Tower.of(image).reading("image"), Tower.of(text).reading("text")  # before anything is read
    divided = open_for_projection(data, split, holdout, seed, place)
    beside = out.with_name(f"{out.name}-{HELD_OUT}")
    done = train_projection(divided, *towers, settings, out, place)
    if divided.held_out:
        write_held_out_captions(beside, data, divided.held_out)
    print(described(done.report))
    if "held_out" in done.report:
        print("\n" + _recalls(done.report["held_out"]))
    for fault in divided.train.faults:
        print(f"left out: {fault}")
    print(f"\nencoder: {out}{'' if done.now else ' (it was there already)'}")
    if divided.held_out:
        named = str(out) if "/" in str(out) else f"./{out}"
        print(f"measure it on the {len(divided.held_out):,} pictures held out:")
        print(f'  medir run --data "{beside}" --type text-to-image --encoder "{named}"')


def _recalls(held_out: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """The recalls on the held-out pictures, of the random and of the fitted map."""
    fitted = held_out["fitted"]
    ks = sorted(fitted["text_to_image"], key=lambda name: int(name.partition("@")[2]))
    rows = [["held out", "map", *ks]]
    for direction in sorted(fitted, reverse=True):
        name = direction.replace("_", " ")
        rows += [[name, way, *(f"{held_out[way][direction][k]:.4f}" for k in ks)] for way in ("random", "fitted")]
    return as_table(rows)
