"""Licences and places: who may show what, as rows that are added and taken out, never rewritten."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from casebook.errors import CasebookError
from casebook.rulings import Licence, Place, PlaceKind
from casebook.store import Store

if TYPE_CHECKING:
    from datetime import datetime

_ADD_LICENCE = """
INSERT INTO licence (licensee, places, works, starts, ends, note, added_at)
VALUES (:licensee, :places, :works, :starts, :ends, :note, :at)
"""

_ADD_PLACE = "INSERT INTO place (kind, place, title, note, added_at) VALUES (:kind, :place, :title, :note, :at)"

# What stands at the owner's own places, the earliest first: proof of who showed the work first.
_FIRST_USE = """
SELECT l.listing_key, l.url, l.title, min(cm.found_at) AS found_at, l.first_seen_at
FROM settlement AS s
JOIN listing AS l USING (listing_key)
JOIN candidate_match AS cm ON cm.listing_key = s.listing_key AND cm.work_id = s.work_id
WHERE s.work_id = :work_id AND s.reviewed = 'own_shop'
GROUP BY l.listing_key ORDER BY l.first_seen_at, l.listing_key
"""


class UnusablePermissionError(CasebookError):
    """A licence or place says too little to hold for anything."""


class Permissions(Store):
    """Whoever adds or removes one has the candidates settled anew afterwards (`Settlements.settle`)."""

    def add_licence(self, licence: Licence, at: datetime) -> Licence:
        """Add a licence; return it with its number.

        Raises:
            UnusablePermissionError: nobody is named, it has no place, or it ends before it starts.
        """
        if not licence.licensee.strip() or not licence.places or not all(place.strip() for place in licence.places):
            raise UnusablePermissionError(
                "a licence needs a licensee and a place where it holds",
                remedy="Name a seller, an independent shop's host or a marketplace; * stands for everywhere.",
            )
        if licence.starts and licence.ends and licence.ends < licence.starts:
            raise UnusablePermissionError(
                f"the licence of {licence.licensee} ends before it starts", remedy="Correct the dates."
            )
        values = {
            "licensee": licence.licensee.strip(),
            "places": list(licence.places),
            "works": list(licence.works),
            "starts": licence.starts and licence.starts.isoformat(),
            "ends": licence.ends and licence.ends.isoformat(),
            "note": licence.note,
            "at": at,
        }
        with self.immediate():
            return replace(licence, seq=self._run(_ADD_LICENCE, values).lastrowid or 0)

    def add_place(self, place: Place, at: datetime) -> Place:
        """Add a place; return it with its number. UnusablePermissionError: it names none, or `*`."""
        if not place.place.strip() or place.place == "*":
            raise UnusablePermissionError(
                "a place is a seller, an independent shop's host or a marketplace", remedy="Name one of these."
            )
        values = {"kind": place.kind, "place": place.place, "title": place.title, "note": place.note, "at": at}
        with self.immediate():
            return replace(place, seq=self._run(_ADD_PLACE, values).lastrowid or 0)

    def remove_licence(self, seq: int, at: datetime) -> bool:
        """Take a licence out, which stays in the file; return whether it stood."""
        return self._remove("licence", seq, at)

    def remove_place(self, seq: int, at: datetime) -> bool:
        """Take a place out, which stays in the file; return whether it stood."""
        return self._remove("place", seq, at)

    def licences(self) -> list[Licence]:
        """Return the licences that were not taken out, ended ones included, by number."""
        rows = self._run("SELECT * FROM licence WHERE removed_at IS NULL ORDER BY seq", {})
        return [_licence(row) for row in rows.fetchall()]

    def places(self) -> list[Place]:
        """Return the places that were not taken out, by number."""
        rows = self._run("SELECT * FROM place WHERE removed_at IS NULL ORDER BY seq", {})
        return [
            Place(kind=PlaceKind(row["kind"]), place=row["place"], title=row["title"], note=row["note"], seq=row["seq"])
            for row in rows.fetchall()
        ]

    def first_uses(self, work_id: str) -> list[dict[str, Any]]:
        """Return the owner's own listings that show a work, earliest first: `url`, `title`, `first_seen_at`."""
        return [dict(row) for row in self._run(_FIRST_USE, {"work_id": work_id})]

    def _remove(self, table: str, seq: int, at: datetime) -> bool:
        with self.immediate():
            sql = f"UPDATE {table} SET removed_at = :at WHERE seq = :seq AND removed_at IS NULL"  # noqa: S608 - ours
            return self._run(sql, {"seq": seq, "at": at}).rowcount == 1


def _licence(row: Any) -> Licence:
    return Licence(
        licensee=row["licensee"],
        places=tuple(json.loads(row["places"])),
        works=tuple(json.loads(row["works"])),
        starts=row["starts"] and date.fromisoformat(row["starts"]),
        ends=row["ends"] and date.fromisoformat(row["ends"]),
        note=row["note"],
        seq=row["seq"],
    )
