"""Negatives in the dress of copies: the same badges, frames, screenshots and collages on pictures nobody owns.

A matcher that has learnt that a banner means a copy is found out here. The other pictures in a dressed negative are
never references.
"""

from benchmarks.copies.edits import CATALOGUE

_NAMES = (
    "square pad",
    "border 20%",
    "frame with text",
    "phone screenshot",
    "badges and banner",
    "tiled seller text",
    "collage tile",
    "inset 35-55%",
)
DRESSINGS = tuple(edit for edit in CATALOGUE if edit.name in _NAMES)
