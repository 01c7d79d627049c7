"""What a crawl is asked to do: plain values that travel to the subprocess as one JSON file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from crawler.reading_process import READING_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One place to watch: where the crawl starts, and how many pages it may ask for in one night.

    A target of `leads` is no place but single addresses of any site: each is read as a page of its own marketplace,
    no link of it is followed, and a site that does not want us ends the night for its own addresses only.
    """

    name: str
    marketplace: str = "generic"
    start: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    shops: tuple[str, ...] = ()
    page_budget: int = 2000
    leads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlLimits:
    """How gently and how far. `delay_seconds` lies between two requests to one host; a larger Crawl-delay wins.

    `backoff_seconds` is the first pause after a 429 or 503 without Retry-After; it doubles with every further one.
    A host that asks for a pause longer than `longest_pause_seconds` ends its target for the night. A page that takes
    longer than `reading_seconds` to read is given up.
    """

    delay_seconds: float = 2.0
    timeout_seconds: float = 60.0
    page_bytes_limit: int = 8 * 1024 * 1024
    picture_bytes_limit: int = 32 * 1024 * 1024
    depth_limit: int = 12
    picture_trust_days: float = 7.0
    allowed_private_hosts: tuple[str, ...] = ()
    use_environment_proxy: bool = False
    hours_limit: float = 6.0
    backoff_seconds: float = 30.0
    longest_pause_seconds: float = 900.0
    reading_seconds: float = READING_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlJob:
    """One crawl. `fresh` asks for every body again; the clock offset lets a test live in tomorrow. `keys` is where the
    owner's keys lie: they themselves never stand in a job, which is stored."""

    run_id: str
    casebook: str
    blobs: str
    user_agent: str
    targets: tuple[Target, ...]
    limits: CrawlLimits
    fresh: bool = False
    clock_offset_seconds: float = 0.0
    keys: str | None = None

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.clock_offset_seconds)

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> CrawlJob:
        values: dict[str, Any] = json.loads(text)
        values["targets"] = tuple(Target(**_with_tuples(target)) for target in values["targets"])
        values["limits"] = CrawlLimits(**_with_tuples(values["limits"]))
        return cls(**values)


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
