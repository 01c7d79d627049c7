"""Several edits, one after the other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from benchmarks.copies.edits import colours, covers, crops, frames, scenes, turns
from benchmarks.copies.edits.edit import Edit, Edited, in_turn

if TYPE_CHECKING:
    from benchmarks.copies.edits.edit import Others, Pixels, Rng

_NAMED = {edit.name: edit for family in (crops, turns, colours, covers, scenes, frames) for edit in family.EDITS}
# In the order in which a thief works: cut, turn, colour, cover, put into a frame.
STEPS: tuple[tuple[str, ...], ...] = (
    ("crop to 70%", "crop to 50%", "crop 5% off every edge"),
    ("mirrored", "turned 4-18 degrees", "turned 90 degrees", "perspective 16%", "aspect 0.65-1.5"),
    ("recoloured", "grey", "blurred", "relisting tweaks"),
    ("badges and banner", "tiled seller text"),
    ("square pad", "border 20%", "frame with text", "inset 35-55%"),
)
HARD = ("crop to 70%", "mirrored", "turned 4-18 degrees", "recoloured", "tiled seller text")


def chained(pixels: Pixels, rng: Rng, others: Others, *, length: int) -> Edited:
    """Take one edit from each of `length` of the five steps, in order."""
    steps = sorted(rng.permutation(len(STEPS))[:length])
    chosen = [_NAMED[STEPS[step][int(rng.integers(len(STEPS[step])))]] for step in steps]
    return in_turn(pixels, rng, others, chosen)


def fixed(pixels: Pixels, rng: Rng, others: Others, *, names: tuple[str, ...]) -> Edited:
    """Apply the named edits."""
    return in_turn(pixels, rng, others, [_NAMED[name] for name in names])


EDITS = (
    *(Edit(name=f"chain of {length}", apply=partial(chained, length=length)) for length in (3, 4, 5)),
    Edit(name="chain: crop mirror turn recolour text", apply=partial(fixed, names=HARD)),
    Edit(
        name="chain: mirror badges screenshot",
        apply=partial(fixed, names=("mirrored", "badges and banner", "phone screenshot")),
    ),
)
