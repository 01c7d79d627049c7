"""Visits: the one way by which the crawl enters the casebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casebook.fetches import Fetches
from casebook.frontier import Frontier
from casebook.leads import Leads
from casebook.listings import Listings
from casebook.pictures import Pictures
from casebook.types import Purpose, TaskState, Visit

if TYPE_CHECKING:
    from datetime import datetime


class Visits(Fetches, Frontier, Leads, Listings, Pictures):
    def record(self, visit: Visit) -> None:
        """Add everything the visit brought, in one transaction; the order of a run's visits makes no difference.

        ValueError: a listing without the look that read it.

        1. Fetches, listings (with seller and gallery) and looks; each listing's state follows from all its looks.
        2. The pictures of a description; the picture, and that its address stands for it.
        3. The tasks discovered, how many pages were left out, and the task of this visit closed.
        4. Sightings, where listing and address have now both been settled in this run.
        """
        run_id = visit.task.run_id
        read_at = _read_times(visit)
        with self.immediate():
            for fetch in visit.fetches:
                self._add_fetch(fetch)
            for listing in visit.listings:
                self._add_reading(listing, run_id, read_at[listing.key])
            for look in visit.looks:
                self._add_look(look, visit.task.target)
            if visit.description is not None:
                self._add_description(visit.description, run_id)
            if visit.picture is not None:
                self._add_picture(visit.picture, run_id)
            self.add_tasks(visit.discovered)
            self._leave_out(visit.task, visit.left_out)
            self._close_task(visit.task)
            self._settle_visited_lead(visit)
            for listing in visit.listings:
                self._see(run_id, listing_key=listing.key)
            if visit.description is not None:
                self._see(run_id, listing_key=visit.description.listing_key)
            if visit.picture is not None:
                self._see(run_id, url=visit.picture.url)
            elif visit.task.purpose is Purpose.PICTURE and visit.task.state is TaskState.DONE:
                self._see(run_id, url=visit.task.url)


def _read_times(visit: Visit) -> dict[str, datetime]:
    """Return listing key -> when the visit looked at it."""
    times = {look.listing_key: look.at for look in sorted(visit.looks, key=lambda look: look.at)}
    for listing in visit.listings:
        if listing.key not in times:
            raise ValueError(f"the visit to {visit.task.url} brings {listing.key} without the look that read it")
    return times
