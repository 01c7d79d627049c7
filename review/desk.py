"""What review needs of the program around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from casebook.blobs import Blobs
    from casebook.casebook import Casebook
    from review.first_use import FirstUse


class Desk(Protocol):
    """One owner's workspace, as `copycatch/desk.py` gives it. Every method may be called from any thread."""

    def mark(self) -> str:
        """Return letters and digits that no other workspace has: browsers keep cookies for a machine, whatever port."""

    def casebook(self) -> Casebook:
        """Return the casebook, opened for one request; whoever asks closes it."""

    def blobs(self) -> Blobs:
        """Return the blobs, whose bytes come from strangers."""

    def now(self) -> datetime:
        """Return what time it is."""

    def owner(self) -> str:
        """Return the owner's name, empty where she gave none."""

    def reviewer(self) -> str:
        """Return the name under which decisions are written down, empty where there is none."""

    def people(self) -> int:
        """Return how many people must call something infringing."""

    def add_permission(self, kind: str, cells: Mapping[str, str]) -> str:
        """Add the licence or place in the fields of a form; return in words what was added, and how many candidates
        that hides. CopycatchError: the kind or a field is unusable."""

    def import_permissions(self, kind: str, data: bytes) -> str:
        """Add the licences or places of a CSV file, all or none; return the same words. CopycatchError: lines of it are
        unusable."""

    def remove_permission(self, name: str) -> None:
        """Take out "L-12" or "P-3". CopycatchError: there is none."""

    def first_use(self) -> FirstUse:
        """Return what sets the workspace up and scans; asked for once, and kept."""

    def alarms(self, casebook: Casebook) -> list[str]:
        """Return a sentence for each thing that the last scan did not see."""
