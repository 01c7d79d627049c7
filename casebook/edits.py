"""What was done to a reference on its way into a picture, and how the two are related. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Relation(StrEnum):
    """Four things look alike and are not the same. Only the first is a copy."""

    SAME_PHOTOGRAPH = "same photograph"
    SAME_ART = "same art"  # for works of kind artwork: the art itself, photographed or printed anew
    COLOUR_VARIANT = "colour variant"
    SAME_SCENE = "same scene"
    SAME_OBJECT = "same object"


class EditKind(StrEnum):
    """The edits a match can name."""

    EXACT_FILE = "exact file"
    RE_ENCODED = "re-encoded"
    SCALED = "scaled"
    CROPPED = "cropped"
    MIRRORED = "mirrored"
    TURNED = "turned"
    RECOLOURED = "recoloured"
    COVERED = "covered"
    FRAMED = "framed"
    COLLAGE_TILE = "collage tile"
    INSET = "inset"
    PERSPECTIVE = "perspective"
    WATERMARK_REMOVED = "watermark removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One edit. `amount` is the factor of scaling, the share of the reference that a crop still shows, the degrees of
    a turn (clockwise as seen, -180 to 180), the share of the overlap that is covered; None where there is none. `how`
    says in words how it was done, where there are several ways: a watermark was cropped off, painted over or blurred.
    """

    kind: EditKind
    amount: float | None = None
    how: str | None = None

    def __str__(self) -> str:
        """Say it for people: `cropped (62 % shown)`."""
        if self.amount is None:
            return self.kind.value + (f" ({self.how})" if self.how else "")
        shown = {
            EditKind.SCALED: f"to {100 * self.amount:.0f} %",
            EditKind.CROPPED: f"{100 * self.amount:.0f} % shown",
            EditKind.TURNED: turn_shown(self.amount),
            EditKind.COVERED: f"{100 * self.amount:.0f} % hidden",
        }
        return f"{self.kind.value} ({shown[self.kind]})"


def turn_shown(degrees: float) -> str:
    """Say a turn, clockwise as seen, for people: `90° to the left`."""
    rounded = abs(round(degrees))
    return "180°" if rounded == 180 else f"{rounded}° to the {'right' if degrees > 0 else 'left'}"


def edit_record(edit: Edit) -> dict[str, object]:
    """Return an edit as it stands in JSON: `kind`, `amount`, `how`, and `text` for people."""
    return {"kind": edit.kind.value, "amount": edit.amount, "how": edit.how, "text": str(edit)}


def edit_of(record: Mapping[str, Any]) -> Edit:
    """Return the edit that `edit_record` wrote."""
    return Edit(kind=EditKind(record["kind"]), amount=record["amount"], how=record.get("how"))
