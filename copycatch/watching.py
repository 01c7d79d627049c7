"""Where to look, from what an owner pastes: an address or words, understood, put into copycatch.toml and taken out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from casebook.errors import CopycatchError
from copycatch.config import Target, http_url
from copycatch.config_edit import LISTS, add_to_target, remove_from_target
from copycatch.ways import crawled, not_crawled, search_urls
from crawler.canonical import canonical_url, shop_host
from crawler.interfaces import interface_of
from crawler.keys import Keys, read_keys
from crawler.marketplaces import all_marketplaces, marketplace, marketplace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from copycatch.workspace import Workspace
    from crawler.marketplaces import Marketplace

_LONGEST = 2000  # characters of what is pasted
_BARE = re.compile(r"(?:(?:[\w-]+\.)+[^\W\d_]{2,}|(?:\d{1,3}\.){3}\d{1,3})(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE)
_SITEMAP = re.compile(r"/[^/]*sitemap[^/]*\.xml(?:\.gz)?", re.IGNORECASE)
# What a name is put into, to find out where in an address of that kind it stands.
_MARKERS = ("copycatchmarker", "880055335511")


class WatchError(CopycatchError):
    """What was pasted cannot be watched; `field` names the field of the form, and nothing was changed."""

    def __init__(self, field: str, message: str, *, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What something pasted stands for: a value for one of the lists of a target of that marketplace."""

    marketplace: str
    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One thing that is watched, as it stands in copycatch.toml; `place` is its marketplace's title for people."""

    target: str
    marketplace: str
    place: str
    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What became of something pasted: what is watched now, and in words what scans will do there and what not."""

    watch: Watch
    known: bool
    crawled: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Searchable:
    """A marketplace that words may be searched for; `crawled` says whether scans do so, or only notes would be kept."""

    name: str
    title: str
    crawled: bool


def watch(workspace: Workspace, text: str, *, marketplace_name: str = "") -> Watched:
    """Add what an owner pasted to copycatch.toml. `marketplace_name` says where words are searched, or by which rules a
    store on a domain of its own is read; empty: known from the address.

    Raises:
        WatchError: it is neither an address nor words for a marketplace.
        ConfigError: the configuration cannot be used or changed. Nothing was changed.
    """
    wanted = understood(text, marketplace_name)
    config = workspace.config()
    targets = config.targets
    if wanted.key == "start":
        _check_public(wanted.value, config.crawl.allowed_private_hosts)
    keys = read_keys(workspace.keys_path)
    named = _holding(targets, wanted)
    if named is None:
        name = _target_for(targets, wanted)
        after = add_to_target(
            workspace.config_path, name, wanted.key, wanted.value, marketplace=wanted.marketplace
        ).targets
    else:
        name, after = named, targets
    target = next(target for target in after if target.name == name)
    return Watched(
        watch=_watch(target, wanted.key, wanted.value),
        known=named is not None,
        crawled=tuple(crawled([target], keys)),
        left=tuple(not_crawled([target], keys)),
    )


def _check_public(url: str, allowed: Sequence[str]) -> None:
    """Raise WatchError where no scan goes: this machine, or a private network. The scan looks names up."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        private = not ip_address(host).is_global
    except ValueError:
        private = host == "localhost"
    if private and not {host, parts.netloc.lower()} & {entry.lower() for entry in allowed}:
        raise WatchError(
            "text",
            f"{host} is this machine, or in a private network, where no scan goes",
            remedy=f'To have it go there all the same, write allowed_private_hosts = ["{parts.netloc}"] under [crawl] '
            "into copycatch.toml.",
        )


def unwatch(workspace: Workspace, target: str, key: str, value: str) -> None:
    """Take one thing out of copycatch.toml; what was found there stays.

    Raises:
        WatchError: `key` is none of a target's lists.
        ConfigError: it is not there, or the configuration cannot be changed. Nothing was changed.
    """
    if key not in LISTS:
        raise WatchError("key", "this is nothing that can be watched", remedy="Load the page again.")
    remove_from_target(workspace.config_path, target, key, value)


def watches(targets: Sequence[Target]) -> Iterator[Watch]:
    """Yield everything that these targets watch, in the order of the file."""
    for target in targets:
        for key in LISTS:
            for value in getattr(target, key):
                yield _watch(target, key, value)


def searchable(keys: Keys) -> list[Searchable]:
    """Return the marketplaces that have a search we know, those that scans may ask first."""
    found = []
    for place in all_marketplaces():
        if place.search_url("x", 1) is None and interface_of(place.NAME) is None:
            continue
        asked = any(search_urls(_probe(place.NAME), keys))
        found.append(Searchable(name=place.NAME, title=place.TITLE, crawled=asked))
    return sorted(found, key=lambda one: (not one.crawled, one.title.lower()))


def understood(text: str, marketplace_name: str = "") -> Wanted:
    """Return what something pasted stands for: an address of a search, a shop, a listing or another page, or words.

    Raises:
        WatchError: it is neither.
    """
    pasted = unicodedata.normalize("NFC", text).strip()
    if not pasted:
        raise WatchError("text", "nothing was written here", remedy="Paste a shop's address, or write what to search.")
    if len(pasted) > _LONGEST or not pasted.isprintable():
        message = "this is too long, or holds characters that cannot be shown"
        raise WatchError("text", message, remedy="Paste one address, or write a few words on one line.")
    if marketplace_name and marketplace_name not in {place.NAME for place in all_marketplaces()}:
        raise WatchError("marketplace", "no such marketplace is known", remedy="Choose one of the list.")
    address = _address(pasted)
    if address is None:
        return _words(pasted, marketplace_name)
    try:
        http_url(address)
    except ValueError as error:
        raise WatchError("text", str(error), remedy="Copy the whole address from your browser's address bar.") from None
    place = marketplace_of(address)
    if place.HOSTS is None and marketplace_name and marketplace(marketplace_name).HOSTS is None:
        place = marketplace(marketplace_name)
    key, value = _part(place, address)
    return Wanted(marketplace=place.NAME, key=key, value=value)


def _words(pasted: str, name: str) -> Wanted:
    if not name or marketplace(name).search_url("x", 1) is None:
        where = f"{marketplace(name).TITLE} cannot be searched" if name else "words need a marketplace to search"
        raise WatchError("marketplace", where, remedy="Choose where to search, or paste the address of a shop.")
    if len(pasted) > 200:
        raise WatchError("text", "a search has at most 200 characters", remedy="Write fewer words.")
    return Wanted(marketplace=name, key="searches", value=pasted)


def _address(pasted: str) -> str | None:
    """Return what was pasted as an address, with `https://` where it was left out; None where it is words."""
    if re.match(r"[a-z][a-z0-9+.-]*://", pasted, re.IGNORECASE):
        return pasted
    return f"https://{pasted}" if _BARE.fullmatch(pasted) else None


def _part(place: Marketplace, url: str) -> tuple[str, str]:
    """Return the list that an address belongs to, and what stands in that list."""
    if _SITEMAP.fullmatch("/" + urlsplit(url).path.rpartition("/")[2]):
        return "sitemaps", url
    if place.HOSTS is None:
        return "start", url
    if place.listing_id(url) is not None:
        return "listings", url
    words = _named_in(lambda name: place.search_url(name, 1), url)
    if words is not None and words.strip() and len(words) <= 200 and words.isprintable():
        return "searches", words.strip()
    interface = interface_of(place.NAME)
    seller = _named_in(place.shop_url, url) or (interface.seller_in(url) if interface is not None else None)
    if seller is not None and seller.isprintable() and place.shop_url(seller) is not None:
        return "shops", seller
    return "start", url


def _named_in(built: Callable[[str], str | None], url: str) -> str | None:
    """Return the name from which `built` makes addresses such as this one; None where it makes no such address.

    1. Build the address of a marker, and find the part that holds it: the host, the path, or a value of the query.
    2. The same part of `url` holds the name, where host and path are the same but for it; the path may end early, as
       the front page of a shop does. What else a query says, such as the order of results, makes no difference.
    3. It was understood only where building it again leads to the same place.
    """
    for marker in _MARKERS:
        model, given = urlsplit(built(marker) or ""), urlsplit(url)
        hosts = (model.hostname or "").removeprefix("www."), (given.hostname or "").removeprefix("www.")
        found: str | None = None
        if marker in hosts[0]:
            found = _between(hosts[0], marker, hosts[1])
        elif hosts[0] == hosts[1] and marker in model.path:
            found = _between(model.path.rstrip("/"), marker, given.path.rstrip("/"))
        elif hosts[0] == hosts[1] and model.path.rstrip("/") == given.path.rstrip("/"):
            names = [name for name, values in parse_qs(model.query).items() if marker in values]
            values = parse_qs(given.query)
            found = next((values[name][0] for name in names if name in values), None)
        if found and _leads_to(built(found), url):
            return found
    return None


def _between(model: str, marker: str, text: str) -> str | None:
    """Return what stands in `text` where the marker stands in `model`; what follows it may be left out."""
    before, _, after = model.partition(marker)
    rest = f"(?:{re.escape(after)})?" if after.startswith("/") else re.escape(after)
    whole = re.fullmatch(f"{re.escape(before)}([^/]+){rest}", text)
    return unquote(whole[1]) if whole else None


def _leads_to(built: str | None, url: str) -> bool:
    """Whether an address that was built lies where `url` does, or below it."""
    if built is None or shop_host(built) != shop_host(url):
        return False
    path, above = (urlsplit(canonical_url(one)).path.rstrip("/") for one in (built, url))
    return path == above or path.startswith(f"{above}/")


def _holding(targets: Sequence[Target], wanted: Wanted) -> str | None:
    """Return the name of a target that watches this already."""
    for target in targets:
        if target.marketplace == wanted.marketplace and wanted.value in getattr(target, wanted.key):
            return target.name
    if wanted.key in ("start", "sitemaps", "listings"):
        url = canonical_url(wanted.value)
        for target in targets:
            if url in map(canonical_url, getattr(target, wanted.key)):
                return target.name
    return None


def _target_for(targets: Sequence[Target], wanted: Wanted) -> str:
    """Return the name of the target that is to hold this: that of the same marketplace or store, or a new name."""
    place = marketplace(wanted.marketplace)
    for target in targets:
        if target.marketplace != wanted.marketplace:
            continue
        hosts = {shop_host(url) for url in (*target.start, *target.sitemaps, *target.listings)}
        if place.HOSTS is not None or shop_host(wanted.value) in hosts:
            return target.name
    wished = place.TITLE if place.HOSTS is not None else shop_host(wanted.value)
    taken = {target.name for target in targets}
    names = (wished[:50] if number == 1 else f"{wished[:50]} {number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _watch(target: Target, key: str, value: str) -> Watch:
    title = marketplace(target.marketplace).TITLE
    return Watch(target=target.name, marketplace=target.marketplace, place=title, key=key, value=value)


def _probe(name: str) -> Target:
    return Target(name="x", marketplace=name, searches=("x",))
