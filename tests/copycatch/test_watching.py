"""Where to look: what is pasted is understood, kept in copycatch.toml, and told honestly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from copycatch.config import Config, Target
from copycatch.watching import Wanted, WatchError, searchable, understood, unwatch, watch, watches
from copycatch.workspace import Workspace
from crawler.keys import Keys
from crawler.marketplaces import all_marketplaces

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "space", Config())


@pytest.mark.parametrize(
    ("pasted", "place", "key", "value"),
    [
        ("shop.example", "generic", "start", "https://shop.example"),
        (" http://shop.example/prints?page=2 ", "generic", "start", "http://shop.example/prints?page=2"),
        ("127.0.0.1:8000 prints", "", "", ""),
        ("127.0.0.1:8000/x", "generic", "start", "https://127.0.0.1:8000/x"),
        ("http://127.0.0.1:8000/", "generic", "start", "http://127.0.0.1:8000/"),
        ("https://shop.example/sitemap_products_1.xml", "generic", "sitemaps",
         "https://shop.example/sitemap_products_1.xml"),
        ("https://www.ebay.com/itm/123456789012", "ebay", "listings", "https://www.ebay.com/itm/123456789012"),
        ("https://www.ebay.com/sch/i.html?_nkw=heron+print&_sop=12", "ebay", "searches", "heron print"),
        ("https://www.ebay.com/sch/i.html?_ssn=some.seller", "ebay", "shops", "some.seller"),
        ("https://www.ebay.com/usr/some.seller", "ebay", "shops", "some.seller"),
        ("https://www.ebay.co.uk/sch/i.html?_nkw=heron", "ebay", "start",
         "https://www.ebay.co.uk/sch/i.html?_nkw=heron"),
        ("https://www.etsy.com/shop/HeronShop?ref=x", "etsy", "shops", "HeronShop"),
        ("https://www.aliexpress.com/store/1102345678", "aliexpress", "shops", "1102345678"),
        ("https://www.aliexpress.com/store/1102345678/pages/all-items.html", "aliexpress", "shops", "1102345678"),
        ("https://fancy.en.alibaba.com/", "alibaba", "shops", "fancy"),
        ("https://fancy.en.alibaba.com/productlist-1.html", "alibaba", "shops", "fancy"),
        ("https://www.dhgate.com/store/products/20123456.html", "dhgate", "shops", "20123456"),
        ("https://www.amazon.com/s?k=heron+at+dawn&crid=1", "amazon", "searches", "heron at dawn"),
        ("https://www.redbubble.com/shop/?query=heron", "print-on-demand", "searches", "heron"),
        ("https://www.etsy.com/", "etsy", "start", "https://www.etsy.com/"),
    ],
)  # fmt: skip
def test_an_address_is_understood_by_what_it_leads_to(pasted: str, place: str, key: str, value: str) -> None:
    if not place:
        with pytest.raises(WatchError):
            understood(pasted)
    else:
        assert understood(pasted) == Wanted(marketplace=place, key=key, value=value)


@pytest.mark.parametrize("place", all_marketplaces(), ids=lambda place: place.NAME)
def test_the_address_of_every_search_and_shop_we_build_is_understood_as_one(place) -> None:
    if place.HOSTS is None:
        return
    search = place.search_url("heron", 1)
    assert search is None or understood(search) == Wanted(marketplace=place.NAME, key="searches", value="heron")
    for seller in ("herons", "101234567"):
        shop = place.shop_url(seller)
        assert shop is None or understood(shop) == Wanted(marketplace=place.NAME, key="shops", value=seller)


@pytest.mark.parametrize(
    ("pasted", "place", "field"),
    [
        ("", "", "text"),
        ("  ", "ebay", "text"),
        ("heron at dawn", "", "marketplace"),
        ("heron at dawn", "shopify", "marketplace"),
        ("heron", "nowhere", "marketplace"),
        ("a\0b", "ebay", "text"),
        ("a\nb", "ebay", "text"),
        ("x" * 10_000, "ebay", "text"),
        ("x" * 201, "ebay", "text"),
        ("ftp://shop.example/", "", "text"),
        ("https://[x", "", "text"),
        ("https://user:secret@shop.example/", "", "text"),
        ("javascript:alert(1)", "", "marketplace"),
        ("file:///etc/passwd", "", "text"),
    ],
)
def test_what_cannot_be_watched_is_refused_beside_its_field(
    workspace: Workspace, pasted: str, place: str, field: str
) -> None:
    before = workspace.config_path.read_bytes()
    with pytest.raises(WatchError) as refused:
        watch(workspace, pasted, marketplace_name=place)
    assert refused.value.field == field
    assert workspace.config_path.read_bytes() == before


def test_pages_of_one_store_share_a_target_and_so_do_searches_of_one_marketplace(workspace: Workspace) -> None:
    watch(workspace, "https://shop.example/prints")
    watch(workspace, "https://www.shop.example/mugs")
    watch(workspace, "https://other.example/")
    watch(workspace, "heron", marketplace_name="ebay")
    watch(workspace, "https://www.ebay.com/usr/some.seller")
    assert workspace.config().targets == (
        Target(name="shop.example", start=("https://shop.example/prints", "https://www.shop.example/mugs")),
        Target(name="other.example", start=("https://other.example/",)),
        Target(name="eBay", marketplace="ebay", searches=("heron",), shops=("some.seller",)),
    )


def test_a_name_that_is_taken_gets_a_number(workspace: Workspace) -> None:
    watch(workspace, "https://shop.example/", marketplace_name="shopify")
    watch(workspace, "https://shop.example/blog")
    assert [target.name for target in workspace.config().targets] == ["shop.example", "shop.example 2"]


def test_what_is_watched_already_is_told_and_changes_nothing(workspace: Workspace) -> None:
    watch(workspace, "https://shop.example/a?utm_source=x")
    before = workspace.config_path.read_bytes()
    again = watch(workspace, "https://shop.example/a")
    assert again.known
    assert again.watch.target == "shop.example"
    assert workspace.config_path.read_bytes() == before


def test_a_search_that_no_scan_may_ask_says_so_and_names_the_ways_left(workspace: Workspace) -> None:
    done = watch(workspace, "heron", marketplace_name="etsy")
    assert not done.crawled
    assert "its searches are not crawled" in done.left[0]
    workspace.keys_path.write_text('[etsy]\nkeystring = "k"\nshared_secret = "s"\n', encoding="utf-8")
    workspace.keys_path.chmod(0o600)
    done = watch(workspace, "egret", marketplace_name="etsy")
    assert "2 searches" in done.crawled[0]
    assert not done.left


def test_a_key_makes_a_marketplace_searchable() -> None:
    without = {one.name: one.crawled for one in searchable(Keys({}))}
    with_key = searchable(Keys({"etsy": {"keystring": "k", "shared_secret": "s"}}))
    assert not without["etsy"]
    assert with_key[0].name == "etsy"
    assert with_key[0].crawled
    assert "shopify" not in without


def test_what_is_taken_out_is_no_longer_watched(workspace: Workspace) -> None:
    watch(workspace, "heron", marketplace_name="ebay")
    watch(workspace, "https://shop.example/")
    (heron, shop) = watches(workspace.config().targets)
    assert (heron.place, heron.key, heron.value) == ("eBay", "searches", "heron")
    unwatch(workspace, heron.target, heron.key, heron.value)
    assert list(watches(workspace.config().targets)) == [shop]
    with pytest.raises(WatchError):
        unwatch(workspace, shop.target, "page_budget", "2000")
