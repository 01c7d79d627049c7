"""A workspace as review needs it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from copycatch.commands.options import utc_now
from copycatch.coverage import run_alarms
from copycatch.first_use import FirstUseDesk
from copycatch.permissions import (
    add_permissions,
    licence_from,
    place_from,
    read_licences,
    read_places,
    remove_permission,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from casebook.blobs import Blobs
    from casebook.casebook import Casebook
    from casebook.rulings import Licence, Place
    from copycatch.workspace import Workspace


@dataclass(frozen=True, slots=True)
class WorkspaceDesk:
    """`review.desk.Desk` over one workspace; the configuration is read anew each time, for it may change."""

    workspace: Workspace

    def mark(self) -> str:
        return hashlib.sha256(bytes(self.workspace.root.resolve())).hexdigest()[:12]

    def casebook(self) -> Casebook:
        return self.workspace.casebook()

    def blobs(self) -> Blobs:
        return self.workspace.blobs()

    def now(self) -> datetime:
        return utc_now()

    def owner(self) -> str:
        return self.workspace.config().owner.name

    def reviewer(self) -> str:
        config = self.workspace.config()
        return config.review.reviewer or config.owner.name

    def people(self) -> int:
        return self.workspace.config().review.people

    def add_permission(self, kind: str, cells: Mapping[str, str]) -> str:
        with self.casebook() as casebook:
            if kind == "licences":
                return self._add_licences(casebook, [licence_from(cells, _work_ids(casebook))])
            return self._add_places(casebook, [place_from(cells)])

    def import_permissions(self, kind: str, data: bytes) -> str:
        with self.casebook() as casebook:
            if kind == "licences":
                return self._add_licences(casebook, read_licences(data, "the file", _work_ids(casebook)))
            return self._add_places(casebook, read_places(data, "the file"))

    def remove_permission(self, name: str) -> None:
        with self.casebook() as casebook:
            remove_permission(casebook, name, now=self.now(), people=self.people())

    def _add_licences(self, casebook: Casebook, rows: list[Licence]) -> str:
        known, add = casebook.licences(), casebook.add_licence
        return add_permissions(casebook, rows, known, add, now=self.now(), people=self.people()).told("licence")

    def _add_places(self, casebook: Casebook, rows: list[Place]) -> str:
        known, add = casebook.places(), casebook.add_place
        return add_permissions(casebook, rows, known, add, now=self.now(), people=self.people()).told("place")

    def first_use(self) -> FirstUseDesk:
        return FirstUseDesk(self.workspace)

    def alarms(self, casebook: Casebook) -> list[str]:
        run = casebook.last_run()
        return [] if run is None else run_alarms(casebook, run.run_id)


def _work_ids(casebook: Casebook) -> set[str]:
    return {work.work_id for work in casebook.works()}
