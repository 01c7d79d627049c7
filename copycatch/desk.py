"""A workspace as review needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from copycatch.commands.options import utc_now
from copycatch.coverage import run_alarms
from copycatch.first_use import FirstUseDesk

if TYPE_CHECKING:
    from datetime import datetime

    from casebook.blobs import Blobs
    from casebook.casebook import Casebook
    from copycatch.workspace import Workspace


@dataclass(frozen=True, slots=True)
class WorkspaceDesk:
    """`review.desk.Desk` over one workspace; the configuration is read anew each time, for it may change."""

    workspace: Workspace

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

    def first_use(self) -> FirstUseDesk:
        return FirstUseDesk(self.workspace)

    def alarms(self, casebook: Casebook) -> list[str]:
        run = casebook.last_run()
        return [] if run is None else run_alarms(casebook, run.run_id)
