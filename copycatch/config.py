"""The configuration file `copycatch.toml`, read into frozen dataclasses.

Each key is defined once, here: type, limits, default, unit and the sentence that `init` writes above it. The file is
the only source (no environment variable changes what a scan does), and only this module and `config_file` import
pydantic.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from datetime import time
from keyword import iskeyword
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_type_hints
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, Strict

from casebook.errors import CopycatchError
from crawler.keys import NAME_OF_WEBHOOK
from crawler.marketplaces import all_marketplaces
from matching.calibration import DEFAULT_BUDGET, MOST_POSSIBLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


MIB = 1024 * 1024
LEADS_TARGET = "leads"  # under which a scan visits addresses that `copycatch leads` keeps


class ConfigError(CopycatchError):
    """The configuration cannot be used; the message lists everything that is wrong with it."""


@dataclass(frozen=True, slots=True)
class About:
    """What a key means, for `init` and the documentation; `unit` is empty where the value is not a quantity."""

    text: str
    unit: str = ""


def http_url(value: str) -> str:
    """Return an address that a crawl can ask for; ValueError says why it is none."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(character.isspace() or not character.isprintable() for character in value):
        raise ValueError(f"{value!r} is not an http:// or https:// address")
    if "@" in parts.netloc:
        raise ValueError("user names and passwords do not belong into addresses: they would stand in the casebook")
    try:
        (parts.hostname or "").encode("idna")
    except UnicodeError:
        raise ValueError(f"{value!r} names no host that can exist") from None
    return value


def _host(value: str) -> str:
    try:
        parts = urlsplit(f"//{value}")
        usable = bool(parts.hostname) and parts.port != 0 and parts.netloc == value and "@" not in value
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in value):
        raise ValueError(f'{value!r} is neither "host" nor "host:port"')
    return value


def marketplace_names() -> tuple[str, ...]:
    """Return the names a target may give as its marketplace: one per file in `crawler/marketplaces`."""
    return tuple(place.NAME for place in all_marketplaces())


def _marketplace(value: str) -> str:
    if value != "generic" and value not in marketplace_names():
        raise ValueError(f"{value!r} is no marketplace; known are {', '.join(marketplace_names())}")
    return value


def _target_name(value: str) -> str:
    if not value.strip() or not value.isprintable() or len(value) > 60:
        raise ValueError("a target's name is one line of 1 to 60 characters")
    if value == LEADS_TARGET:
        raise ValueError(f"the name {value!r} belongs to what `copycatch leads` keeps")
    return value


Text = Annotated[str, Strict()]
Words = Annotated[str, Strict(), Field(min_length=1, max_length=200, pattern=r"\S")]
Switch = Annotated[bool, Strict()]
Number = Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)]
Duration = Annotated[float, Strict(), Field(gt=0, allow_inf_nan=False)]
Whole = Annotated[int, Strict(), Field(ge=0)]
Count = Annotated[int, Strict(), Field(ge=1)]
Budget = Annotated[float, Strict(), Field(gt=0, le=MOST_POSSIBLE, allow_inf_nan=False)]
Address = Annotated[str, AfterValidator(http_url)]
Addresses = tuple[Address, ...]

_STRICT_KEYS = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who watches, and where a shop's administrator can ask about the crawler."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT_KEYS

    name: Annotated[Text, About("Your name or your studio's, as it stands in reports.")] = ""
    contact_url: Annotated[
        str,
        AfterValidator(lambda value: http_url(value) if value else value),
        About(
            "A web page where a shop's administrator can reach you. The crawler shows it in its user agent, so that it "
            "is never anonymous; a scan refuses to start without it. Without a website of yours, give any public page "
            "that is yours and takes messages: your shop, your gallery's page of you, a profile. It begins with "
            "https:// or http://; a mailto: address is not accepted."
        ),
    ] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlLimits:
    """How politely, how far and how long a scan crawls."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT_KEYS

    delay_seconds: Annotated[
        Number, About("Pause between two requests to one host; a longer Crawl-delay in robots.txt wins.", "seconds")
    ] = 2.0
    timeout_seconds: Annotated[Duration, About("How long one request may take.", "seconds")] = 60.0
    page_bytes_limit: Annotated[Count, About("A page larger than this is not read.", "bytes")] = 8 * MIB
    picture_bytes_limit: Annotated[Count, About("A picture larger than this is not kept.", "bytes")] = 32 * MIB
    depth_limit: Annotated[Whole, About("How many links a page may lie from its start page.", "links")] = 12
    picture_trust_days: Annotated[
        Number,
        About(
            "How long a picture is trusted under its URL where the server offers no ETag or Last-Modified to ask by.",
            "days",
        ),
    ] = 7.0
    allowed_private_hosts: Annotated[
        tuple[Annotated[str, AfterValidator(_host)], ...],
        About(
            'Hosts ("host" or "host:port") that may be crawled although their address is private or loopback. '
            "Everything else on your own network is refused, whatever a page links to."
        ),
    ] = ()
    use_environment_proxy: Annotated[
        Switch, About("Whether HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment are used.")
    ] = False
    hours_limit: Annotated[
        Duration, About("A crawl that runs longer stops; the next scan goes on where it stopped.", "hours")
    ] = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSettings:
    """What a scan takes in before it crawls."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT_KEYS

    folder: Annotated[
        Text,
        About(
            'A folder in the workspace, such as "inbox", whose saved pages each scan takes in before it crawls; each '
            "file once. Empty: none."
        ),
    ] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSettings:
    """How the comparing is spread over the machine, and how sure a copy must be."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT_KEYS

    processes: Annotated[
        Whole, Field(le=256), About("How many pictures are compared at once; 0 means one per core.", "processes")
    ] = 0
    false_alarms_per_100000: Annotated[
        Budget,
        About(
            "How many of 100,000 strangers' pictures may be called copies by mistake; with fewer, more copies are only "
            "possible ones. A change moves verdicts, and nothing is compared again.",
            "pictures",
        ),
    ] = DEFAULT_BUDGET


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSettings:
    """Who decides, and how many must."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT_KEYS

    reviewer: Annotated[
        Text, Field(max_length=100), About("The name under which decisions are written down. Empty: that of the owner.")
    ] = ""
    two_people: Annotated[
        Switch,
        About("Whether a second person must confirm that something infringes before it counts as decided."),
    ] = False

    @property
    def people(self) -> int:
        """How many must call something infringing."""
        return 2 if self.two_people else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When `copycatch schedule` scans."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT_KEYS

    scan_at: Annotated[
        Text,
        Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$"),
        About("When the nightly scan starts, in UTC, so that a clock change neither repeats nor skips it.", "HH:MM"),
    ] = "02:30"
    misfire_grace_hours: Annotated[
        Duration, About("How late a scan may still start, for example after the machine slept.", "hours")
    ] = 6.0
    time_limit_hours: Annotated[
        Duration, About("A scan that runs longer is stopped: first asked to end, then killed.", "hours")
    ] = 8.0

    @property
    def scan_time(self) -> time:
        """`scan_at` as a time of day, UTC."""
        return time.fromisoformat(self.scan_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A program that is told of changes."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT_KEYS

    name: Annotated[
        Text,
        Field(pattern=NAME_OF_WEBHOOK),
        About("What you call it; its secret stands under this name in `[webhooks]` of keys.toml."),
    ]
    url: Annotated[
        Address, About("Where a message is sent each time that review says something else of candidates (docs/api.md).")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One shop or marketplace to watch."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT_KEYS

    name: Annotated[Text, AfterValidator(_target_name), About("What you call this target; each name stands once.")]
    marketplace: Annotated[
        str, AfterValidator(_marketplace), About('How its pages are read; "generic" reads any independent shop.')
    ] = "generic"
    start: Annotated[
        Addresses, About("Pages to start from, such as a shop or a category; listings and further pages are followed.")
    ] = ()
    sitemaps: Annotated[Addresses, About("Sitemaps whose listings are visited.")] = ()
    listings: Annotated[Addresses, About("Single listings to visit every night.")] = ()
    searches: Annotated[
        tuple[Words, ...],
        About(
            "Words to search its marketplace for, such as your name and those of your works, in every language in "
            "which they may be sold. Only where its robots.txt is known to allow searches, or you have a key of its "
            "official interface; `status` says where neither is so."
        ),
    ] = ()
    shops: Annotated[
        tuple[Words, ...], About("Sellers of its marketplace, by their ids, all of whose goods are looked at.")
    ] = ()
    page_budget: Annotated[Count, About("How many pages one scan asks this target for at most.", "pages")] = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All of `copycatch.toml`."""

    owner: Owner = field(default_factory=Owner)
    crawl: CrawlLimits = field(default_factory=CrawlLimits)
    import_: ImportSettings = field(default_factory=ImportSettings)
    match: MatchSettings = field(default_factory=MatchSettings)
    review: ReviewSettings = field(default_factory=ReviewSettings)
    schedule: Schedule = field(default_factory=Schedule)
    webhooks: tuple[Webhook, ...] = ()
    targets: tuple[Target, ...] = ()

    def require_scannable(self, path: Path, *, leads: int = 0) -> None:
        """Raise ConfigError unless there is a contact address to show and something to scan: a target, leads or a
        watched folder."""
        if not self.owner.contact_url:
            raise ConfigError(
                f"{path}: owner.contact_url is empty",
                remedy="Give a page where shops can reach you: the crawler names it in every request.",
            )
        if not (self.targets or leads or self.import_.folder.strip()):
            raise ConfigError(
                f"{path}: there is no target to scan",
                remedy="Add a [[targets]] table with a start URL; in a new file, remove the # before [[targets]] too.",
            )


SECTIONS: Mapping[str, type[Any]] = {
    "owner": Owner,
    "crawl": CrawlLimits,
    "import": ImportSettings,
    "match": MatchSettings,
    "review": ReviewSettings,
    "schedule": Schedule,
    "webhooks": Webhook,
    "targets": Target,
}


def attribute(section: str) -> str:
    """Return the name under which Config holds a section of the file."""
    return f"{section}_" if iskeyword(section) else section


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of the file: its section, what it means and its default (None where a value must be given)."""

    section: str
    name: str
    about: About
    default: object

    @property
    def dotted(self) -> str:
        return f"{self.section}.{self.name}"


def keys() -> Iterator[Key]:
    """Yield every key that `copycatch.toml` may hold, in the order of the file."""
    for section, cls in SECTIONS.items():
        hints = get_type_hints(cls, include_extras=True)
        for item in fields(cls):
            about = next(note for note in hints[item.name].__metadata__ if isinstance(note, About))
            default = None if item.default is MISSING else item.default
            yield Key(section=section, name=item.name, about=about, default=default)
