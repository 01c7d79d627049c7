"""Edits of the file alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.copies.edits.edit import Edit, Output, unmoved

if TYPE_CHECKING:
    from benchmarks.copies.edits.edit import Edited, Others, Pixels, Rng


def kept(pixels: Pixels, _rng: Rng, _others: Others) -> Edited:
    """Change nothing: what is done is done when the file is saved."""
    return unmoved(pixels, pixels)


EDITS = (
    Edit(name="resized", apply=kept),
    Edit(name="recompressed q8-25", apply=kept, output=Output(quality=(8, 25))),
    Edit(name="thumbnail 180-260 px", apply=kept, output=Output(sides=(180, 260))),
)
