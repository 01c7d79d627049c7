"""Which of the owner's references are one picture saved twice?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matching.stage import Context
from matching.stages import orb
from matching.views import PictureView

if TYPE_CHECKING:
    from collections.abc import Callable

    from matching.views import ReferenceView

CENTRALLY, STRONGLY = 0.9, 0.9


class Duplicates:
    """Tells whether two references, given by SHA-256, show the same picture, whole or in part.

    Libraries hold the same shot in several sizes and crops, and also different shots that look alike. The same shot
    agrees in the middle, or where it agrees at all does so as a file agrees with its copy. Each pair is
    compared when it is first asked for: about 60 ms, for the few pairs that ever compete for one picture. `view_of`
    gives a prepared reference, None where there is none; nothing is a duplicate of that.
    """

    def __init__(self, view_of: Callable[[str], ReferenceView | None]) -> None:
        self._view_of = view_of
        self._known: dict[frozenset[str], bool] = {}

    def __call__(self, first: str, second: str) -> bool:
        pair = frozenset((first, second))
        if pair not in self._known:
            self._known[pair] = len(pair) == 1 or self._same(*sorted(pair))
        return self._known[pair]

    def _same(self, first: str, second: str) -> bool:
        ours, theirs = self._view_of(first), self._view_of(second)
        if ours is None or theirs is None:
            return False
        # The grey that a reference keeps is a JPEG file: a picture like any other.
        found = orb.examine(PictureView(bytes(ours.grey_jpeg)), theirs, Context(libraries={}))
        if found is None:
            return False
        measures = dict(found.measures)
        strongly = measures["strong_cells"] / max(1.0, measures["agreeing_cells"])
        return measures["central"] >= CENTRALLY or strongly >= STRONGLY
