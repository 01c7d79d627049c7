"""Whole scans in the internet of a table, and what the casebook knows after them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from copycatch.config import Config, CrawlLimits, MatchSettings, Owner, Target
from copycatch.scan import ScanSummary, run_scan
from copycatch.workspace import Workspace
from tests.crawler.replay import Answer, Authority, Internet
from tests.crawler.replay_table import Shown, Table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    import pytest

    from casebook.casebook import Casebook

TARGET = "place"
_COUNTS = ("pages", "listings", "pictures", "descriptions")


def watching(folder: Path, name: str, table: Table, *, delay_seconds: float = 0.0) -> Workspace:
    """Return a workspace that watches one marketplace as its table says, in the internet of the environment."""
    target = {key: tuple(value) for key, value in table.target.items()}
    config = Config(
        owner=Owner(name="A. Maker", contact_url="https://owner.example/about"),
        crawl=CrawlLimits(
            delay_seconds=delay_seconds, use_environment_proxy=True, allowed_private_hosts=("127.0.0.1",)
        ),
        match=MatchSettings(processes=1),
        targets=(Target(name=TARGET, marketplace=name, **target),),
    )
    return Workspace.create(folder, config)


def scanned(
    workspace: Workspace,
    table: Table,
    authority: Authority,
    environment: pytest.MonkeyPatch,
    *,
    others: Mapping[str, Answer] | None = None,
    hours: float = 0.0,
) -> tuple[ScanSummary, list[str]]:
    """Scan a workspace some hours from now; return how it went and what was asked for, in order. `others` are answers
    that take the place of the table's."""

    def answer(url: str) -> Answer:
        return (others or {}).get(url) or table.answer(url)

    with Internet(answer, authority) as internet:
        for variable, value in internet.environment().items():
            environment.setenv(variable, value)
        summary = run_scan(workspace, now=lambda: datetime.now(UTC) + timedelta(hours=hours))
    return summary, internet.asked


def known(casebook: Casebook, target: str = TARGET) -> dict[str, Shown]:
    """Return every listing of a target with the pictures that were seen of it."""
    return {
        listing.key: Shown(
            title=listing.title,
            state=listing.state.value,
            pictures=frozenset(sighting.url for sighting in casebook.sightings(listing.key)),
        )
        for listing in casebook.known_listings(target)
    }


def counted(row: Mapping[str, Any]) -> dict[str, int]:
    """Return what a row of the view `coverage` counts, without what it counts none of."""
    return {name: value for name, value in row.items() if name.startswith(_COUNTS) and value}
