"""What a scan did not see, and why, in words, so that silence is never taken for safety."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING, Any

from casebook.types import Purpose, TaskState
from copycatch.output import counted
from crawler.layouts import Seen
from crawler.marketplaces import all_marketplaces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from casebook.casebook import Casebook
    from casebook.frontier import Shortfall
    from casebook.listings import Health, LayoutRead
    from casebook.types import ScanRun

_ENOUGH_LOOKS, _WORSE = 10, 0.7
_EARLIER, _MOST_EARLIER = 7, 50
_NOUNS = {
    Purpose.PAGE: ("page", "pages"),
    Purpose.PICTURE: ("picture", "pictures"),
    Purpose.DESCRIPTION: ("description", "descriptions"),
    Purpose.SITEMAP: ("sitemap", "sitemaps"),
    Purpose.ROBOTS: ("robots.txt", "robots.txt files"),
    Purpose.TOKEN: ("access token", "access tokens"),
}
_REASONS = {
    TaskState.PENDING: "not reached yet",
    TaskState.REFUSED: "refused by a limit",
    TaskState.FAILED: "could not be fetched",
}


def run_alarms(casebook: Casebook, run_id: str, *, watched: int | None = None) -> list[str]:
    """Return a sentence for each thing that a run did not see; empty where it saw all it asked for. `watched` is how
    many works there are (default: those that the casebook knows)."""
    found = [
        *alarms(casebook.coverage_rows(run_id), casebook.shortfalls(run_id)),
        *health_alarms(casebook.health(run_id), _earlier(casebook, run_id)),
        *recalled(casebook.layouts_read(run_id)),
        *_missing(casebook.run(run_id)),
    ]
    if watched is None:
        watched = len(casebook.works())
    return found if watched else ["Nothing is watched: add your pictures with `copycatch works add`.", *found]


def alarms(coverage: Sequence[Mapping[str, Any]], shortfalls: Sequence[Shortfall]) -> Iterator[str]:
    """Yield the sentences: first the targets that gave nothing, then each reason with how often and where it stood.

    `coverage` are rows of the view of that name.
    """
    for row in coverage:
        if not row["pages_done"]:
            yield f"Nothing could be seen at {row['target']}."
        elif not row["listings"]:
            yield f"No listing was found at {row['target']}, on {counted(row['pages_done'], 'page', 'pages')}."
        if row["pages_unknown_layout"]:
            pages = counted(row["pages_unknown_layout"], "page", "pages")
            yield (
                f"{row['target']}: {pages} of listings built in a way that is not known; what they show was not seen. "
                "Others are still read; look at these yourself, and report one (docs/marketplaces.md)."
            )
    # Where a robots.txt cannot be had, every page and picture behind it is refused and says so.
    told = {item.target for item in shortfalls if item.purpose is not Purpose.ROBOTS}
    for item in shortfalls:
        if item.purpose is not Purpose.ROBOTS or item.target not in told:
            yield _sentence(item)


def not_seen_so_far(shortfalls: Sequence[Shortfall]) -> Iterator[str]:
    """Yield a sentence for each reason why a run that still goes on could not get something, most frequent first; what
    it has not reached yet is none."""
    for item in sorted(shortfalls, key=lambda item: -item.tasks):
        if item.state is not TaskState.PENDING:
            yield _sentence(item)


def health_alarms(now: Mapping[str, Health], earlier: Sequence[Mapping[str, Health]]) -> Iterator[str]:
    """Yield a sentence where a target's pages were read worse than in earlier scans: so a site that changed its pages
    shows itself first.

    1. Of the earlier scans, those with ten looks or more count.
    2. The share of pages that could be read, or the pictures of each, fell by 30 % of their mean or more.
    """
    for target, health in now.items():
        before = [one[target] for one in earlier if target in one and one[target].looks >= _ENOUGH_LOOKS]
        if not before or health.looks < _ENOUGH_LOOKS:
            continue
        read = mean(one.looks_read / one.looks for one in before)
        if health.looks_read / health.looks <= _WORSE * read:
            yield (
                f"{target}: only {health.looks_read} of {counted(health.looks, 'page', 'pages')} of listings could be "
                f"read, where {read:.0%} could be before; the site may have changed its pages."
            )
        shown = [one.pictures / one.looks_read for one in before if one.looks_read]
        if shown and mean(shown) and health.looks_read and health.pictures / health.looks_read <= _WORSE * mean(shown):
            yield (
                f"{target}: its listings showed {health.pictures / health.looks_read:.1f} pictures each, where they "
                f"showed {mean(shown):.1f} before; the site may have changed its pages."
            )


def recalled(layouts: Sequence[LayoutRead]) -> Iterator[str]:
    """Yield a sentence where listings were read by a layout that no real page has proven yet."""
    for read in layouts:
        known = [
            layout.seen
            for place in all_marketplaces()
            if read.marketplace == place.KEY
            for layout in place.LAYOUTS
            if layout.name == read.layout
        ]
        if known and Seen.REAL not in known:
            yield (
                f"{read.target}: {counted(read.listings, 'listing was', 'listings were')} read by the layout "
                f"{read.layout!r}, which is only recalled: facts and pictures may be missing."
            )


def _missing(run: ScanRun | None) -> Iterator[str]:
    missing = dict(run.stats).get("missing", 0) if run is not None else 0
    if missing:
        pictures = counted(missing, "picture", "pictures")
        yield f"{pictures} of the imported listings: not in the files, so what they show is not known."


def _earlier(casebook: Casebook, run_id: str) -> list[Mapping[str, Health]]:
    """Return the health of the last scans before this one."""
    runs = casebook.runs(_MOST_EARLIER)
    places = [place for place, run in enumerate(runs) if run.run_id == run_id]
    before = runs[places[0] + 1 :] if places else []
    return [casebook.health(run.run_id) for run in before[:_EARLIER]]


def _sentence(item: Shortfall) -> str:
    why = item.why or _REASONS[item.state]
    such_as = ", such as" if item.tasks > 1 else ":"
    return f"{item.target}: {counted(item.tasks, *_NOUNS[item.purpose])}: {why}{such_as} {item.example}"
