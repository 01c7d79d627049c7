"""`/`: what there is to do, what the last scans saw and what they did not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from casebook.cases import CaseFilter
from casebook.findings import Verdict
from casebook.rulings import Reviewed
from review.charts import HEIGHT, SERIES, WIDTH, chart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review.desk import Desk
    from review.rendering import Show

_DAYS = 60
_SCANS = 5
_ALARMS = 6  # in sight at once; the others fold out


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """How many cases are in a state of review, and how many of these the matcher calls a copy."""

    state: Reviewed
    copies: int
    possible: int

    @property
    def cases(self) -> int:
        return self.copies + self.possible


def tiles(counts: Mapping[tuple[str, str], int]) -> list[Tile]:
    """Return a tile for each state of review; `counts` are by state and verdict."""
    return [
        Tile(
            state=state, copies=counts.get((state, Verdict.COPY), 0), possible=counts.get((state, Verdict.POSSIBLE), 0)
        )
        for state in Reviewed
    ]


def dashboard_router(desk: Desk, show: Show) -> APIRouter:
    """Return `/`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def dashboard(request: Request) -> Response:
        now = desk.now()
        with desk.casebook() as casebook:
            casebook.settle_what_ended(now, people=desk.people())
            run = casebook.last_run()
            states = tiles(casebook.case_verdicts())
            if run is None and not any(tile.cases for tile in states) and not casebook.works():
                return RedirectResponse("/start", status_code=303)
            alarms = [] if run is None else desk.alarms(casebook)
            values = {
                "run": run,
                "alarms": alarms[:_ALARMS],
                "more_alarms": alarms[_ALARMS:],
                "tiles": states,
                "new": 0 if run is None else casebook.found_since(run.started_at),
                "scans": casebook.newest_coverage(_SCANS),
                "chart": chart(casebook.history(now - timedelta(days=_DAYS)), now.date(), _DAYS),
                "first_cases": casebook.cases(CaseFilter(), 6),
            }
        return show(request, "dashboard.html", values | {"series": dict(SERIES), "size": (WIDTH, HEIGHT)}, 200)

    return router
