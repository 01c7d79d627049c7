"""One picture against the library: all stages, one verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from casebook.types import Picture, content_id
from matching import shortlist
from matching.marks import borne
from matching.metadata import read_claims
from matching.stage import Context
from matching.stages import STAGES
from matching.verdicts import STRENGTH, weighed
from matching.views import PictureView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casebook.findings import Evidence, Match
    from matching.library import ReferenceLibrary


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What one picture is, and its matches, best first: the references that it copies or may copy, then those that come
    to nothing by this calibration and might by another."""

    picture: Picture
    matches: tuple[Match, ...]


def matcher_key(context: Context | None = None, *, exhaustive: bool = False) -> str:
    """Name everything but the references that evidence depends on: stages, settings, library versions.

    Neither the calibration nor the budget of false alarms is part of it: verdicts are derived from evidence
    (`matching.verdicts`).
    """
    context = context or Context.here()
    stages = (part for stage in STAGES for part in (stage.NAME, stage.VERSION, context.parameters(stage.PARAMETERS)))
    proposed_by = "exhaustive" if exhaustive else f"shortlist {shortlist.VERSION}"
    return content_id(proposed_by, *stages, "marks", borne.VERSION)


class Matcher:
    """Compares pictures with a library. The same bytes give the same answer with the same `key` and `library.key`.

    With `exhaustive`, every stage sees every reference: slow, and the oracle that the shortlist is measured against.
    """

    def __init__(self, library: ReferenceLibrary, *, context: Context | None = None, exhaustive: bool = False) -> None:
        self.library = library
        self._context = context or Context.here()
        self._shortlist = None if exhaustive else shortlist.Shortlist(library.views)
        # A mark may be on any picture, however little that resembles the mark as a whole.
        self._marks = {place for place, view in enumerate(library.views) if view.mark is not None}

    @property
    def key(self) -> str:
        return matcher_key(self._context, exhaustive=self._shortlist is None)

    def examine(self, data: bytes) -> Examination:
        """Compare the bytes of one picture. Whatever they hold, nothing is raised: see `picture.problem`.

        Each match depends on its own reference alone, so a picture may be compared with a library in parts; see
        `verdicts.decided` for what matches say of one another.
        """
        view = PictureView(data)
        raster = view.raster
        picture = Picture(
            sha256=view.sha256,
            bytes=len(data),
            format=raster.format,
            width=raster.width,
            height=raster.height,
            problem=raster.problem,
            claims=read_claims(data),
        )
        weighings = (weighed(found, self._context) for found in self.findings(view))
        matches = [match for match in weighings if match is not None]
        matches.sort(key=lambda match: (-STRENGTH[match.verdict], -match.score, match.reference_sha256))
        return Examination(picture=picture, matches=tuple(matches))

    def findings(self, picture: PictureView) -> Iterator[list[Evidence]]:
        """Yield what all stages say of the picture and each reference that is proposed, `none` included."""
        views = self.library.views
        places = (
            range(len(views)) if self._shortlist is None else sorted({*self._shortlist.propose(picture), *self._marks})
        )
        for place in places:
            found = (stage.examine(picture, views[place], self._context) for stage in STAGES)
            yield [borne.with_mark_states(item, picture, views[place]) for item in found if item is not None]
