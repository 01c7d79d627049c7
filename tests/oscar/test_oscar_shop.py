"""Scans of a real shop: what is found, what is told apart, and what becomes of a product that vanishes."""

from __future__ import annotations

import re
import shutil
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from casebook.findings import Candidate, Verdict
from casebook.types import Listing, ListingState, Look
from copycatch.config import Config, CrawlLimits, Owner, Target
from copycatch.scan import run_scan
from copycatch.workspace import Workspace

from .stock import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import OpenShop
    from .server import Answer

TARGET = "second-spring"

# The first test waits for the shop to be built and scanned four times.
pytestmark = pytest.mark.timeout(1800)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What the casebook held after a scan, and what the shop answered during it; products by their `upc`."""

    listings: dict[str, Listing]
    looks: dict[str, list[Look]]
    candidates: list[Candidate]
    answers: list[Answer]

    @property
    def picture_bytes(self) -> int:
        return sum(answer.bytes for answer in self.answers if answer.path.startswith("/media/"))

    @property
    def removed(self) -> set[str]:
        return {upc for upc, listing in self.listings.items() if listing.state is ListingState.REMOVED}

    def accused(self, *verdicts: Verdict) -> set[tuple[str, str]]:
        """Return the pairs of product and work with one of these verdicts."""
        upcs = {listing.key: upc for upc, listing in self.listings.items()}
        return {
            (upcs[candidate.listing_key], candidate.work_id)
            for candidate in self.candidates
            if candidate.verdict in verdicts
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Nights:
    """`vanished` is the product that was taken out of the shop between the first night and the second.

    `second_again` is an hour after the second night, `later` seven hours after it.
    """

    first: Night
    second: Night
    second_again: Night
    later: Night
    vanished: str


@pytest.fixture(scope="module")
def nights(open_shop: OpenShop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    workspace = _workspace(open_shop, tmp_path_factory)
    vanished = next(product.upc for product in open_shop.stock.products if product.kind is Kind.COPY)
    first = _scan(workspace, open_shop, timedelta(0))
    open_shop.shop.unpublish(vanished)
    try:
        second = _scan(workspace, open_shop, timedelta(hours=24))
        second_again = _scan(workspace, open_shop, timedelta(hours=25))
        later = _scan(workspace, open_shop, timedelta(hours=31))
        yield Nights(first=first, second=second, second_again=second_again, later=later, vanished=vanished)
    finally:
        open_shop.shop.publish(vanished)


def _workspace(open_shop: OpenShop, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    origin = open_shop.shop.origin
    config = Config(
        owner=Owner(name="The owner", contact_url="https://owner.example/"),
        crawl=CrawlLimits(delay_seconds=0.0, allowed_private_hosts=(urlsplit(origin).netloc,)),
        targets=(Target(name=TARGET, start=(f"{origin}/catalogue/",)),),
    )
    workspace = Workspace.create(tmp_path_factory.mktemp("workspace") / "owner", config)
    with workspace.works_path.open("a", encoding="utf-8") as listed:
        for work in sorted(open_shop.works.iterdir()):
            shutil.copy(work, workspace.references_path)
            listed.write(f'[[works]]\nid = "{work.stem}"\ntitle = "Work {work.stem}"\nfiles = ["{work.name}"]\n')
    return workspace


def _scan(workspace: Workspace, open_shop: OpenShop, later: timedelta) -> Night:
    before = len(open_shop.shop.answers())
    summary = run_scan(workspace, now=lambda: datetime.now(UTC) + later)
    assert summary.complete
    upcs = {path: upc for upc, path in open_shop.shop.paths.items()}
    with workspace.casebook() as casebook:
        known = casebook.known_listings(TARGET)
        listings = {upcs.get(urlsplit(listing.url).path, listing.url): listing for listing in known}
        assert len(listings) == len(known), "two listings stand for one product"
        return Night(
            listings=listings,
            looks={upc: casebook.looks(listing.key) for upc, listing in listings.items()},
            candidates=casebook.candidates(),
            answers=open_shop.shop.answers(before),
        )


def _own_gallery(open_shop: OpenShop, upc: str) -> tuple[list[str], set[str]]:
    """Return the large thumbnails of a product page, and all pictures of its gallery."""
    with urllib.request.urlopen(open_shop.shop.url(upc), timeout=60) as answer:
        page = answer.read().decode()
    gallery = page[page.index('id="product_gallery"') : page.index("<!-- /col-sm-6 -->")]
    large = re.findall(r'carousel-item.*?<img src="([^"]+)"', gallery, re.DOTALL)
    return large, set(re.findall(r'<img src="([^"]+)"', gallery))


def test_every_product_is_found_exactly_once(open_shop: OpenShop, nights: Nights) -> None:
    assert set(nights.first.listings) == set(open_shop.shop.paths)
    assert set(nights.second.listings) == set(open_shop.shop.paths)


def test_title_price_and_state_are_read_as_the_shop_shows_them(open_shop: OpenShop, nights: Nights) -> None:
    for product in open_shop.stock.products:
        listing = nights.first.listings[product.upc]
        assert listing.title == product.title
        assert listing.price
        assert (f"{listing.price.amount:.2f}", listing.price.currency) == (product.price, "EUR")
        assert listing.state is (ListingState.LIVE if product.in_stock else ListingState.SOLD_OUT), product.upc


def test_a_gallery_is_the_products_own_and_not_that_of_recommended_items(open_shop: OpenShop, nights: Nights) -> None:
    recommending = [product.upc for product in open_shop.stock.products if product.recommends]
    for upc in recommending[:12]:
        large, all_sizes = _own_gallery(open_shop, upc)
        places = nights.first.listings[upc].gallery
        found = [urlsplit(place.url).path for place in places]
        assert set(large) <= set(found) <= all_sizes


def test_every_planted_copy_is_a_candidate(open_shop: OpenShop, nights: Nights) -> None:
    planted = {
        (product.upc, product.work): product.edit for product in open_shop.stock.products if product.kind is Kind.COPY
    }
    found = nights.first.accused(Verdict.COPY, Verdict.POSSIBLE)
    assert {pair: edit for pair, edit in planted.items() if pair not in found} == {}


def test_no_lookalike_is_called_a_copy(open_shop: OpenShop, nights: Nights) -> None:
    copies = {product.upc for product in open_shop.stock.products if product.kind is Kind.COPY}
    assert {(upc, work) for upc, work in nights.first.accused(Verdict.COPY) if upc not in copies} == set()


def test_no_copy_is_said_to_be_of_another_work(open_shop: OpenShop, nights: Nights) -> None:
    planted = {(product.upc, product.work) for product in open_shop.stock.products if product.kind is Kind.COPY}
    assert nights.first.accused(Verdict.COPY) <= planted


def test_the_second_night_downloads_next_to_no_picture_again(nights: Nights) -> None:
    assert nights.first.picture_bytes > 1_000_000
    assert nights.second.picture_bytes < nights.first.picture_bytes * 0.05


def test_the_second_night_finds_the_same_candidates(nights: Nights) -> None:
    everything = (Verdict.COPY, Verdict.POSSIBLE)
    assert nights.second.accused(*everything) == nights.first.accused(*everything)


def test_a_product_that_vanished_is_recorded_as_404_and_no_longer_live(open_shop: OpenShop, nights: Nights) -> None:
    path = open_shop.shop.paths[nights.vanished]
    assert {answer.status for answer in nights.second.answers if answer.path == path} == {404}
    last = nights.second.looks[nights.vanished][-1]
    assert last.gone
    assert "404" in last.reason
    assert nights.second.listings[nights.vanished].state is ListingState.UNKNOWN
    assert nights.first.listings[nights.vanished].state.readable


def test_only_a_look_hours_later_calls_it_removed(nights: Nights) -> None:
    assert nights.first.removed == nights.second.removed == nights.second_again.removed == set()
    assert nights.later.removed == {nights.vanished}


def test_what_vanished_keeps_its_candidate(nights: Nights) -> None:
    assert nights.vanished in {upc for upc, _ in nights.later.accused(Verdict.COPY, Verdict.POSSIBLE)}
