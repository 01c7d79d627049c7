"""`/`: what there is to do, what the last scans saw and what they did not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from casebook.cases import CaseFilter
from casebook.rulings import Reviewed
from review.charts import HEIGHT, SERIES, WIDTH, chart

if TYPE_CHECKING:
    from review.desk import Desk
    from review.rendering import Show

_DAYS = 60
_SCANS = 5


def dashboard_router(desk: Desk, show: Show) -> APIRouter:
    """Return `/`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def dashboard(request: Request) -> Response:
        now = desk.now()
        with desk.casebook() as casebook:
            casebook.settle_what_ended(now, people=desk.people())
            run = casebook.last_run()
            counts = casebook.case_counts()
            if run is None and not counts and not casebook.works():
                return RedirectResponse("/start", status_code=303)
            coverage = casebook.coverage_rows()
            scans = list(dict.fromkeys(str(row["run_id"]) for row in coverage))[:_SCANS]
            values = {
                "run": run,
                "alarms": desk.alarms(casebook),
                "counts": [(state, counts.get(state, 0)) for state in Reviewed],
                "new": 0 if run is None else casebook.found_since(run.started_at),
                "scans": [[row for row in coverage if row["run_id"] == scan] for scan in scans],
                "chart": chart(casebook.history(now - timedelta(days=_DAYS)), now.date(), _DAYS),
                "first_cases": casebook.cases(CaseFilter(), 6),
            }
        return show(request, "dashboard.html", values | {"series": SERIES, "size": (WIDTH, HEIGHT)}, 200)

    return router
