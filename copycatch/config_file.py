"""Reading `copycatch.toml`: one pass that lists everything that is wrong with the file."""

from __future__ import annotations

import difflib
import tomllib
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from copycatch.config import (
    SECTIONS,
    Config,
    ConfigError,
    CrawlLimits,
    ImportSettings,
    MatchSettings,
    Owner,
    ReviewSettings,
    Schedule,
    Target,
    Webhook,
    attribute,
    keys,
)
from crawler.canonical import canonical_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails


class _File(BaseSettings):
    model_config = SettingsConfigDict(extra="forbid")

    owner: Owner = Owner()
    crawl: CrawlLimits = CrawlLimits()
    import_: Annotated[ImportSettings, Field(alias="import")] = ImportSettings()
    match: MatchSettings = MatchSettings()
    review: ReviewSettings = ReviewSettings()
    schedule: Schedule = Schedule()
    webhooks: tuple[Webhook, ...] = ()
    targets: tuple[Target, ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)  # the file alone, no environment


def load_config(path: Path) -> Config:
    """Read the configuration file at `path`.

    Raises:
        ConfigError: the file is missing, unreadable, not TOML, or holds unknown keys or unusable values; all problems
            of the file are listed at once.
    """
    return _config(path, _read(path))


# Every page of review asks for it.
@lru_cache(maxsize=8)
def _config(path: Path, text: str) -> Config:
    raw = _parsed(path, text)
    problems = list(_repeated_names(raw))
    try:
        file = _File(**raw)
    except ValidationError as error:
        problems = [_sentence(detail, targeted="targets" in raw) for detail in error.errors()] + problems
    else:
        problems += [*_idle_targets(file.targets), *_shared_starts(file.targets)]
    if problems:
        listed = "".join(f"\n  - {problem}" for problem in problems)
        raise ConfigError(
            f"{path} cannot be used:{listed}",
            remedy="Correct these keys; docs/configuration.md describes each one with its default.",
        )
    return Config(**{attribute(section): getattr(file, attribute(section)) for section in SECTIONS})


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no configuration file {path}",
            remedy="Run `copycatch init`, or name the workspace with --workspace DIR.",
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start})", remedy="Save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", remedy="Make the file readable.") from None


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError; so is a number of 5,000 digits
        if text.startswith("\ufeff"):
            raise ConfigError(f"{path} begins with a byte order mark", remedy="Save it as UTF-8 without BOM.") from None
        raise ConfigError(
            f"{path} is not TOML: {error}", remedy='Correct that line; text values stand in "quotation marks".'
        ) from None


def _repeated_names(raw: Mapping[str, Any]) -> Iterator[str]:
    for section in ("targets", "webhooks"):
        tables = raw.get(section)
        if not isinstance(tables, list):
            continue
        names = Counter(str(table["name"]) for table in tables if isinstance(table, dict) and "name" in table)
        for name, times in names.items():
            if times > 1:
                yield f"{section}: the name {name!r} stands {times} times; give each one a name of its own"


def _idle_targets(targets: tuple[Target, ...]) -> Iterator[str]:
    for target in targets:
        if not (target.start or target.sitemaps or target.listings or target.searches or target.shops):
            yield f"targets: {target.name!r} gives nothing to visit; add start, sitemaps, listings, searches or shops"


def _shared_starts(targets: tuple[Target, ...]) -> Iterator[str]:
    """A scan asks for an address once, so the second of two targets would seem to have seen nothing."""
    first: dict[str, str] = {}
    for target in targets:
        for url in map(canonical_url, (*target.start, *target.sitemaps)):
            known = first.setdefault(url, target.name)
            if known != target.name:
                yield f"targets: {known!r} and {target.name!r} both start at {url}; leave it to one of them"


def _sentence(detail: ErrorDetails, *, targeted: bool) -> str:
    """Return what is wrong with one value; `targeted` says whether the file has a [[targets]] table."""
    where = ".".join(f"{part + 1}" if isinstance(part, int) else part for part in detail["loc"])
    match detail["type"]:
        case "unexpected_keyword_argument" | "extra_forbidden":
            return f"{where}: unknown key{_nearest(detail['loc'], targeted)}"
        case "missing":
            return f"{where}: this key must be given"
        case "value_error":
            return f"{where}: {detail['msg'].removeprefix('Value error, ')}"
        case "string_pattern_mismatch" if detail["loc"][0] == "webhooks":
            return f"{where}: {detail['input']!r} is no name of 1 to 60 letters, digits, - and _"
        case "string_pattern_mismatch":
            return f'{where}: {detail["input"]!r} is not a time such as "02:30"'
        case "tuple_type":
            return f'{where}: must be a list, such as ["…"], not {detail["input"]!r}'
        case "dataclass_type":
            return f"{where}: must be a table, not {detail['input']!r}"
    wanted = detail["msg"].removeprefix("Input should be ")
    return f"{where}: must be {wanted}, not {detail['input']!r}"


def _nearest(location: tuple[int | str, ...], targeted: bool) -> str:
    """Return a hint at the known key that an unknown one was probably meant to be."""
    section, name = str(location[0]), str(location[-1])
    if not targeted and name in {key.name for key in keys() if key.section == "targets"}:
        return "; it belongs to a target: is [[targets]] above it still commented out?"
    known = [key.name for key in keys() if key.section == section] if len(location) > 1 else list(SECTIONS)
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    elsewhere = [key.dotted for key in keys() if key.name == name]
    return f"; did you mean {elsewhere[0]!r}?" if elsewhere else f"; known here are {', '.join(known)}"
