"""What review shows of pictures and references, and which pictures show the same in other bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from casebook.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What matches is found in the matches: the sightings are many.
_UNSHOWN = """
SELECT sha256 FROM (
    SELECT picture_sha256 AS sha256 FROM match WHERE superseded_at IS NULL AND verdict <> 'none'
    UNION
    SELECT reference_sha256 FROM match WHERE superseded_at IS NULL AND verdict <> 'none'
) WHERE sha256 NOT IN (SELECT sha256 FROM rendition WHERE problem IS NULL) ORDER BY sha256
"""

_UNNAMED = """
SELECT DISTINCT picture_sha256 FROM match
WHERE superseded_at IS NULL AND verdict <> 'none' AND picture_sha256 NOT IN (SELECT picture_sha256 FROM content)
ORDER BY 1
"""

_DRAWN = """
SELECT work_id, path, jpeg_sha256 FROM reference JOIN rendition USING (sha256)
WHERE current AND jpeg_sha256 IS NOT NULL ORDER BY work_id, path DESC
"""

_UPSERT = """
INSERT INTO rendition VALUES (:sha256, :jpeg_sha256, :width, :height, :problem)
ON CONFLICT (sha256) DO UPDATE SET
    jpeg_sha256 = excluded.jpeg_sha256, width = excluded.width, height = excluded.height, problem = excluded.problem
"""

_NAME = "INSERT INTO content VALUES (:picture, :content, :glance) ON CONFLICT (picture_sha256) DO NOTHING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How review shows a picture or reference: `jpeg_sha256` names the blob of a JPEG, None where there is nothing to
    show, and `problem` says why. `width` and `height` are the original's, in pixels after its EXIF turn."""

    sha256: str
    jpeg_sha256: str | None
    width: int | None = None
    height: int | None = None
    problem: str | None = None


class Renditions(Store):
    def unshown(self) -> list[str]:
        """Return the pictures and references that match and of which nothing can be shown yet, by SHA-256."""
        return [row[0] for row in self._run(_UNSHOWN, {})]

    def unnamed(self) -> list[str]:
        """Return the pictures that match and of which it is not known yet what shows the same."""
        return [row[0] for row in self._run(_UNNAMED, {})]

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Yield the pictures that others go by, the first ones to show what they show, with what is kept of them to
        know them again."""
        rows = self._run(
            "SELECT picture_sha256, glance FROM content "
            "WHERE content_sha256 = picture_sha256 AND glance IS NOT NULL ORDER BY rowid",
            {},
        )
        for row in rows.fetchall():
            yield row["picture_sha256"], row["glance"]

    def keep_rendition(self, shown: Shown) -> None:
        """Keep how a picture is shown, in place of an earlier way."""
        with self.immediate():
            values = {"jpeg_sha256": shown.jpeg_sha256, "width": shown.width, "height": shown.height}
            self._run(_UPSERT, {"sha256": shown.sha256, "problem": shown.problem, **values})

    def name_content(self, picture: str, content: str, glance: bytes | None) -> None:
        """Keep that a picture shows the same as the one called `content`; once said, it stays so. `glance` is what is
        kept to know it again, None for a picture that says nothing."""
        with self.immediate():
            kept = glance if picture == content else None
            self._run(_NAME, {"picture": picture, "content": content, "glance": kept})

    def renditions(self, names: Sequence[str]) -> dict[str, Shown]:
        """Return how these pictures and references are shown, those of which nothing is known left out."""
        rows = self._run(
            "SELECT * FROM rendition WHERE sha256 IN (SELECT value FROM json_each(:names))", {"names": list(names)}
        )
        return {row["sha256"]: Shown(**row) for row in rows}

    def drawn_references(self) -> dict[tuple[str, str], str]:
        """Return what shows each current reference that was drawn, by its work and path: the SHA-256 of a JPEG; of each
        work the first one comes last."""
        return {(row["work_id"], row["path"]): row["jpeg_sha256"] for row in self._run(_DRAWN, {})}
