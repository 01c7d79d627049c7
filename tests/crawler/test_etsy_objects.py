"""JSON-LD objects taken out of real Etsy pages by strangers, put back into a script; answers read by hand."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from casebook.types import ListingState
from crawler.marketplaces import etsy
from crawler.page import Page, Reading

PAGES = Path(__file__).parents[3] / "shared" / "pages" / "etsy"
pytestmark = pytest.mark.skipif(not PAGES.is_dir(), reason=f"the saved pages are absent: there is no {PAGES}")

LISTINGS = [
    (
        "949905096",
        "Oakywood Dual Laptop Stand Wood, Vertical",
        "72.00",
        "Oakywood",
        "13285848",
        "https://i.etsystatic.com/13285848/r/il/ea7b26/4369079578/il_fullxfull.4369079578_p74k.jpg",
    ),
    (
        "529765307",
        "Laptop MacBook Wood Stand Ergonomic",
        "172.26",
        "Oakywood",
        "13285848",
        "https://i.etsystatic.com/13285848/r/il/8bdbeb/5693026984/il_fullxfull.5693026984_stab.jpg",
    ),
    (
        "1552627931",
        "Laptop Desk Designed For Lying Down",
        "164.00",
        "GpshopCreations",
        "26055334",
        "https://i.etsystatic.com/26055334/r/il/38d8fe/5272958211/il_fullxfull.5272958211_s0uk.jpg",
    ),
]
SHOPS = [
    ("Oakywood", "13285848", "4356045979"),
    ("JoshuaHouseCrafts", "18986650", "4356465720"),
    ("FalkelDesign", "20641892", "1586319476"),
]


def _read(thing: dict[str, Any], url: str) -> Reading:
    body = f'<html><head><script type="application/ld+json">{json.dumps(thing)}</script></head><body></body></html>'
    return etsy.read(Page(url=url, status=200, body=body.encode()))


def _saved(name: str) -> list[dict[str, Any]]:
    saved: list[dict[str, Any]] = json.loads((PAGES / name).read_text(encoding="utf-8"))
    return saved


@pytest.mark.parametrize("index", range(len(LISTINGS)))
def test_the_object_of_a_listing_gives_what_a_person_reads_in_it(index: int) -> None:
    number, title, price, shop, shop_number, picture = LISTINGS[index]
    thing = _saved("jsonld-products-scrapfly-2026.json")[index]
    listing = _read(thing, f"https://www.etsy.com/listing/{number}").listing
    assert listing is not None
    assert (listing.listing_id, listing.state, listing.layout) == (number, ListingState.LIVE, "listing 2026")
    assert listing.title.startswith(title)
    assert listing.price is not None
    assert (listing.price.amount, listing.price.currency) == (Decimal(price), "USD")
    assert listing.seller is not None
    assert (listing.seller.name, listing.seller.seller_id) == (shop, shop_number)
    assert len(listing.gallery) == 10
    assert listing.gallery[0].url == picture


@pytest.mark.parametrize("index", range(len(SHOPS)))
def test_the_list_of_a_shop_gives_every_listing_with_its_picture_and_the_next_page(index: int) -> None:
    shop, shop_number, first = SHOPS[index]
    reading = _read(_saved("jsonld-shops-scrapfly-2026.json")[index], f"https://www.etsy.com/shop/{shop}")
    assert reading.layout == "item list"
    assert len(reading.found) == 36
    assert reading.found[0].listing_id == first
    assert all(len(listing.gallery) == 1 and listing.price is not None for listing in reading.found)
    sellers = {(listing.seller.name, listing.seller.seller_id) for listing in reading.found if listing.seller}
    assert sellers == {(shop, shop_number)}
    assert reading.page_urls == (f"https://www.etsy.com/shop/{shop}?page=2",)
