"""What a scan did not see, and why, in words, so that silence is never taken for safety."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casebook.types import Purpose, TaskState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from casebook.casebook import Casebook
    from casebook.frontier import Shortfall

_NOUNS = {
    Purpose.PAGE: ("page", "pages"),
    Purpose.PICTURE: ("picture", "pictures"),
    Purpose.SITEMAP: ("sitemap", "sitemaps"),
    Purpose.ROBOTS: ("robots.txt", "robots.txt files"),
}
_REASONS = {
    TaskState.PENDING: "not reached yet",
    TaskState.REFUSED: "refused by a limit",
    TaskState.FAILED: "could not be fetched",
}


def run_alarms(casebook: Casebook, run_id: str) -> list[str]:
    """Return a sentence for each thing that a run did not see; empty where it saw all it asked for."""
    found = list(alarms(casebook.coverage_rows(run_id), casebook.shortfalls(run_id)))
    return found if casebook.works() else ["Nothing is watched: add your pictures with `copycatch works add`.", *found]


def alarms(coverage: Sequence[Mapping[str, Any]], shortfalls: Sequence[Shortfall]) -> Iterator[str]:
    """Yield the sentences: first the targets that gave nothing, then each reason with how often and where it stood.

    `coverage` are rows of the view of that name.
    """
    for row in coverage:
        if not row["pages_done"]:
            yield f"Nothing could be seen at {row['target']}."
        elif not row["listings"]:
            yield f"No listing was found at {row['target']}, on {_count(row['pages_done'], 'page', 'pages')}."
        if row["pages_unknown_layout"]:
            pages = _count(row["pages_unknown_layout"], "page", "pages")
            yield f"{row['target']}: {pages} of listings built in a way that is not known; what they show was not seen."
    # Where a robots.txt cannot be had, every page and picture behind it is refused and says so.
    told = {item.target for item in shortfalls if item.purpose is not Purpose.ROBOTS}
    for item in shortfalls:
        if item.purpose is not Purpose.ROBOTS or item.target not in told:
            yield _sentence(item)


def _sentence(item: Shortfall) -> str:
    why = item.why or _REASONS[item.state]
    such_as = ", such as" if item.tasks > 1 else ":"
    return f"{item.target}: {_count(item.tasks, *_NOUNS[item.purpose])}: {why}{such_as} {item.example}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
