"""Prepared references as bytes, so that a reference is prepared once and not at every start.

Layout: the length of a JSON text (4 bytes, little-endian), the text, then the arrays it names, each from the next
multiple of 64 on. Arrays are used where they lie, so a file that is mapped into memory is shared by all who map it.
"""

from __future__ import annotations

import json
from dataclasses import fields
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from casebook.types import content_id
from matching.features import EDGE, REFERENCE, Features
from matching.marks import borne
from matching.marks.mark import Mark
from matching.stage import Context
from matching.views import COLOUR_SIDE, GREY_QUALITY, HASH_SIDE, REFERENCE_SIDE, SMALLEST_SIDE, ReferenceView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from casebook.findings import Reference, WorkKind

VERSION = 6  # rises with every change of what preparing gives or of how it is written
ALIGNMENT = 64
_FACTS = ("width", "height", "scale_x", "scale_y")


def preparing_key() -> str:
    """Name everything but the reference that its prepared form depends on.

    The versions of the stages are no part of it: what they make of a reference may change without preparing it anew.
    """
    recipe = (REFERENCE, EDGE, REFERENCE_SIDE, SMALLEST_SIDE, GREY_QUALITY, COLOUR_SIDE, HASH_SIDE)
    return content_id("prepared", VERSION, Context.here().parameters({}), recipe, "marks", borne.VERSION)


def to_bytes(view: ReferenceView) -> bytes:
    """Return a prepared reference as bytes, without the reference itself and the kind of its work."""
    arrays: dict[str, NDArray[Any]] = {
        "phashes": np.array(view.phashes, np.uint64),
        "grey_jpeg": np.frombuffer(view.grey_jpeg, np.uint8),
        "colours": view.colours,
    }
    for number, features in enumerate(view.variants):
        arrays |= {f"{field.name} {number}": getattr(features, field.name) for field in fields(Features)}
    if view.mark is not None:
        arrays |= {"mark": np.stack(view.mark.planes), "mark_to_file": view.mark.to_file}
    return _packed({name: getattr(view, name) for name in _FACTS}, arrays)


def from_bytes(reference: Reference, kind: WorkKind, data: memoryview) -> ReferenceView:
    """Return what `to_bytes` wrote; the arrays of the view lie in `data`."""
    facts, arrays = _unpacked(data)
    straight, mirrored = (
        Features(**{field.name: arrays[f"{field.name} {number}"] for field in fields(Features)}) for number in (0, 1)
    )
    return ReferenceView(
        reference=reference,
        kind=kind,
        variants=(straight, mirrored),
        phashes=tuple(arrays["phashes"]),
        grey_jpeg=arrays["grey_jpeg"].data,
        colours=arrays["colours"],
        mark=Mark(tuple(arrays["mark"]), arrays["mark_to_file"]) if "mark" in arrays else None,
        **facts,
    )


def _packed(facts: Mapping[str, float], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    shapes = {name: (array.dtype.str, array.shape) for name, array in arrays.items()}
    text = json.dumps({"facts": facts, "arrays": shapes}).encode()
    packed = bytearray(len(text).to_bytes(4, "little") + text)
    for array in arrays.values():
        packed += bytes(-len(packed) % ALIGNMENT) + array.tobytes()
    return bytes(packed)


def _unpacked(data: memoryview) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    place = 4 + int.from_bytes(data[:4], "little")
    told = json.loads(bytes(data[4:place]))
    arrays: dict[str, NDArray[Any]] = {}
    for name, (kind, shape) in told["arrays"].items():
        place += -place % ALIGNMENT
        array = np.frombuffer(data, kind, prod(shape), place).reshape(shape)
        arrays[name] = array
        place += array.nbytes
    return told["facts"], arrays
