"""What one generation of a marketplace's pages gives: offers, results, and how well we know that generation."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from casebook.types import ListingState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from casebook.types import Money, Seller
    from crawler.page import Page
    from crawler.picture_urls import PictureUrl

Place = tuple["PictureUrl", ...]  # every URL a page gives for one place of a gallery


class Seen(StrEnum):
    """Whether a real saved page proves that a layout is read rightly, or only notes about it are known."""

    REAL = "real"
    RECALLED = "recalled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One listing as a page's own data show it, before anything is proven.

    `names` are all numbers and handles under which these data know the listing: the one that was asked for must be
    among them. `listing_id` is the one that stays. `description_url` is the page that holds its description, where that
    is another one.
    """

    listing_id: str
    title: str | None
    names: frozenset[str] = frozenset()
    state: ListingState = ListingState.LIVE
    price: Money | None = None
    seller: Seller | None = None
    gallery: Sequence[Place] = ()
    variants: Sequence[Place] = ()
    description: Sequence[Place] = ()
    sold_count: int | None = None
    url: str | None = None
    description_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a page of search results or of a shop shows: an offer for each card, and the next pages.

    `whole` says that the cards hold all that the listings' own pages hold, so that these are not asked for. `named`
    counts what only numbers are shown of; the next pages lead to it.
    """

    offers: Sequence[Offer] = ()
    next_urls: Sequence[str] = ()
    whole: bool = False
    named: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One generation of a page. `offer` reads a listing's page and `results` a page of many; each returns None where
    the page is not of that generation. `known` says where and when it was seen."""

    name: str
    seen: Seen
    known: str
    offer: Callable[[Page], Offer | None] | None = None
    results: Callable[[Page], Results | None] | None = None


class Permission(StrEnum):
    """What is known of a site's robots.txt for a kind of page."""

    ALLOWED = "allowed"
    DISALLOWED = "disallowed"
    UNKNOWN = "unknown"


class Way(StrEnum):
    """How a marketplace's pages reach us."""

    NIGHTLY = "nightly"  # plain HTTP
    KEY = "key"  # its official interface, with a key of the owner's
    PERSON = "person"  # saved by a person in her own browser, and imported


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a marketplace may be read. Its robots.txt decides at every visit; this is what is known of it beforehand."""

    ways: tuple[Way, ...]
    search: Permission
    listings: Permission
    source: str
    checked_on: str
    note: str = field(default="")
