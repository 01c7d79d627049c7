"""After the matching: draw what review will show, and learn which pictures show the same in other bytes.

All of it happens here, once for each picture, so that no page has to wait for a drawing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from casebook.blobs import Blobs
from casebook.errors import BlobDamaged, BlobMissing
from casebook.renditions import Shown
from copycatch.pool import Pool
from matching.contents import Contents
from matching.decode import PictureUnreadable
from matching.rendition import rendition
from matching.same_picture import Glance, GlanceDamaged, glance, tells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from casebook.casebook import Casebook
    from copycatch.scan import Progress

_FEW = 8  # pictures for which more processes take longer to start than to do them


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one process makes of one picture; `glance` is None where it cannot be decoded."""

    shown: Shown
    glance: Glance | None


def show_matches(casebook: Casebook, blobs: Blobs, *, processes: int, progress: Progress) -> None:
    """Make a rendition of every picture and reference that match, and name what the pictures show.

    Each picture is one transaction. One that cannot be shown says why, is tried again the next time, and shows
    nothing but itself.
    """
    unnamed = set(casebook.unnamed())
    waiting = sorted(unnamed | set(casebook.unshown()))
    if not waiting:
        return
    contents = Contents(_known(casebook))
    pool: Pool[str, _Seen] = Pool(partial(_begin, blobs.root), processes if len(waiting) > _FEW else 1)
    for done, answer in enumerate(pool.run(waiting), start=1):
        seen = answer.result or _Seen(Shown(sha256=answer.task, jpeg_sha256=None, problem=answer.problem), None)
        with casebook.immediate():
            casebook.keep_rendition(seen.shown)
            if answer.task in unnamed and seen.glance is not None:
                kept = seen.glance.to_bytes() if tells(seen.glance) else None
                casebook.name_content(answer.task, contents.name(answer.task, seen.glance), kept)
        progress("show", done, len(waiting))


def _known(casebook: Casebook) -> Iterator[tuple[str, Glance]]:
    for sha256, stored in casebook.contents():
        try:
            yield sha256, Glance.from_bytes(stored)
        except GlanceDamaged:
            continue  # of an older version: it is asked about again where it comes back, and hides nothing


def _begin(blobs: Path) -> Callable[[str], _Seen]:
    return partial(_see, Blobs(blobs))


def _see(blobs: Blobs, sha256: str) -> _Seen:
    try:
        data = blobs.get(sha256)
        drawn = rendition(data)
        seen = glance(data)
    except (BlobMissing, BlobDamaged, PictureUnreadable) as error:
        return _Seen(Shown(sha256=sha256, jpeg_sha256=None, problem=error.message), None)
    shown = Shown(sha256=sha256, jpeg_sha256=blobs.put(drawn.jpeg), width=drawn.width, height=drawn.height)
    return _Seen(shown, seen)
