"""The catalogue of edits: one module per family, each with its own `EDITS`; `CATALOGUE` holds all of them in order.

An edit takes RGB pixels uint8 (h, w, 3), a seeded generator and other people's pictures, and returns the edited pixels
with the truth about them (`truth.Truth`). `finish` scales and encodes the result as its edit demands.
"""

from benchmarks.copies.edits import chains, colours, covers, crops, files, frames, objects, scenes, turns
from benchmarks.copies.edits.edit import Edit, finish

__all__ = ["CATALOGUE", "Edit", "finish"]

CATALOGUE: tuple[Edit, ...] = (
    *files.EDITS,
    *frames.EDITS,
    *crops.EDITS,
    *turns.EDITS,
    *colours.EDITS,
    *covers.EDITS,
    *scenes.EDITS,
    *objects.EDITS,
    *chains.EDITS,
)
