"""One picture against the library: all stages, one verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from casebook.types import Evidence, Match, Picture, Verdict, content_id
from matching.metadata import read_claims
from matching.shortlist import Shortlist
from matching.stage import Context
from matching.stages import STAGES
from matching.views import PictureView

if TYPE_CHECKING:
    from matching.library import ReferenceLibrary
    from matching.views import ReferenceView

_STRENGTH = {Verdict.COPY: 2, Verdict.POSSIBLE: 1, Verdict.NONE: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What one picture is, and the references it copies or may copy, best first."""

    picture: Picture
    matches: tuple[Match, ...]


def matcher_key(context: Context | None = None, *, exhaustive: bool = False) -> str:
    """Name everything but the references that an answer depends on: stages, settings, judgement, library versions."""
    context = context or Context.here()
    stages = (part for stage in STAGES for part in (stage.NAME, stage.VERSION, context.parameters(stage.PARAMETERS)))
    return content_id("exhaustive" if exhaustive else "shortlist", *stages)


class Matcher:
    """Compares pictures with a library. The same bytes give the same answer with the same `key` and `library.key`.

    With `exhaustive`, every stage sees every reference: slow, and the oracle that the shortlist is measured against.
    """

    def __init__(self, library: ReferenceLibrary, *, context: Context | None = None, exhaustive: bool = False) -> None:
        self.library = library
        self._context = context or Context.here()
        self._shortlist = None if exhaustive else Shortlist(library.views)
        # A mark may be on any picture, however little that resembles the mark as a whole.
        self._marks = {place for place, view in enumerate(library.views) if view.mark is not None}

    @property
    def key(self) -> str:
        return matcher_key(self._context, exhaustive=self._shortlist is None)

    def examine(self, data: bytes) -> Examination:
        """Compare the bytes of one picture. Whatever they hold, nothing is raised: see `picture.problem`.

        Each match depends on its own reference alone, so a picture may be compared with a library in parts; see
        `siblings.settled` for what matches say of one another.
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
        views = self.library.views
        places = (
            range(len(views)) if self._shortlist is None else sorted({*self._shortlist.propose(view), *self._marks})
        )
        matches = [match for place in places if (match := self._match(view, views[place])) is not None]
        matches.sort(key=lambda match: (-_STRENGTH[match.verdict], -match.score, match.reference_sha256))
        return Examination(picture=picture, matches=tuple(matches))

    def _match(self, picture: PictureView, reference: ReferenceView) -> Match | None:
        found = [stage.examine(picture, reference, self._context) for stage in STAGES]
        evidence = sorted((item for item in found if item is not None), key=_strongest_first)
        if not evidence or evidence[0].verdict is Verdict.NONE:
            return None
        best = evidence[0]
        return Match(
            picture_sha256=picture.sha256,
            reference_sha256=reference.reference.sha256,
            verdict=best.verdict,
            score=best.score,
            because=best.because,
            evidence=tuple(evidence),
            relation=best.relation,
            edits=best.edits,
            expected_false_alarms=(
                None if best.log_odds is None else self._context.calibration.expected_false_alarms(best.log_odds)
            ),
        )


def _strongest_first(evidence: Evidence) -> tuple[int, float]:
    """Sort key; equals keep the order of the stages, so that the exact file is named before anything weaker."""
    return -_STRENGTH[evidence.verdict], -evidence.score
