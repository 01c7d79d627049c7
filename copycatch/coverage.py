"""What a scan did not see, in words, so that silence is never taken for safety."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_GAPS = (
    ("pages_blocked", "page answered with a block or a captcha", "pages answered with a block or a captcha"),
    ("pages_refused", "page was refused by robots.txt or a limit", "pages were refused by robots.txt or a limit"),
    ("pages_failed", "page could not be fetched", "pages could not be fetched"),
    ("pages_pending", "page was not reached yet", "pages were not reached yet"),
    ("pictures_failed", "picture could not be fetched", "pictures could not be fetched"),
    (
        "pictures_refused",
        "picture was refused by robots.txt or a limit",
        "pictures were refused by robots.txt or a limit",
    ),
    ("pictures_pending", "picture was not reached yet", "pictures were not reached yet"),
)


def gaps(coverage: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield (target, sentence) for each thing that was not seen; rows are those of the view `coverage`."""
    for row in coverage:
        for column, one, many in _GAPS:
            count = int(row[column])
            if count:
                yield str(row["target"]), f"{count} {one if count == 1 else many}"
