"""What was seen before, whatever its file is now called and however it was saved: one name for each content."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from matching.same_picture import TONES, TONES_SIDE, same_picture, tells

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matching.same_picture import Glance

BLOCKS = TONES_SIDE * TONES_SIDE
MOST_COMPARED = 200


class Contents:
    """Gives every picture the name of the first picture with the same content, given by SHA-256.

    A picture is compared with those first pictures only, never with what was found to be the same as one, so no chain
    of small steps can lead from one picture to another. Where several are the same, the one known longest
    gives the name: a picture gets the same name again, whatever joined in between.

    The shortlist is a part of the first step of `same_picture`, for all first pictures at once, and so misses none.
    Only where more than 200 agree in tone, which takes somebody who makes such pictures on purpose, are the nearest 200
    of them compared: an unknown content is asked about, which is safe. A picture that says nothing, such as a white
    one, is its own content and is not kept, or thousands of them would be compared with one another. 50,000 first
    pictures take 176 MB.
    """

    def __init__(self, known: Iterable[tuple[str, Glance]] = ()) -> None:
        self._names: list[str] = []
        self._glances: list[Glance] = []
        self._known: set[str] = set()
        self._tones = np.empty((1024, BLOCKS), np.uint8)
        for sha256, glance in known:
            if sha256 not in self._known:
                self._add(sha256, glance)

    def __len__(self) -> int:
        return len(self._names)

    def name(self, sha256: str, glance: Glance) -> str:
        """Return the name of a picture's content: an earlier picture's SHA-256, or its own, known from then on."""
        if sha256 in self._known or not tells(glance):
            return sha256
        for place in self._near(glance):
            if same_picture(self._glances[place], glance):
                return self._names[place]
        self._add(sha256, glance)
        return sha256

    def _near(self, glance: Glance) -> list[int]:
        """Return the places of the first pictures whose tones agree, the one known longest first."""
        tones = np.frombuffer(glance.tones, np.uint8)
        theirs = self._tones[: len(self._names)]
        # Unsigned bytes wrap around, so the larger less the smaller; a wider type would take three times as long.
        off = np.maximum(theirs, tones) - np.minimum(theirs, tones)
        near = np.flatnonzero((off <= TONES).all(axis=1))
        if len(near) > MOST_COMPARED:
            nearest = off[near].sum(axis=1, dtype=np.int64).argsort(kind="stable")[:MOST_COMPARED]
            near = np.sort(near[nearest])
        return [int(place) for place in near]

    def _add(self, sha256: str, glance: Glance) -> None:
        if len(self._names) == len(self._tones):
            self._tones = np.concatenate((self._tones, np.empty_like(self._tones)))
        self._tones[len(self._names)] = np.frombuffer(glance.tones, np.uint8)
        self._names.append(sha256)
        self._glances.append(glance)
        self._known.add(sha256)
