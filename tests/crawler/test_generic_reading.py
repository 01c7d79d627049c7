"""What single signs prove, one page each."""

from __future__ import annotations

import gzip
import json

import pytest

from casebook.types import ListingState
from crawler.lenient_json import load_lenient
from crawler.links import page_links
from crawler.marketplaces import generic
from crawler.page import Page, Reading
from crawler.sitemap import read_sitemap

URL = "https://shop.example/products/mug"
PRODUCT = '<script type="application/ld+json">{"@type":"Product","name":"Mug","offers":{"availability":"%s"}}</script>'


def _read(body: str, *, url: str = URL, status: int = 200, came_from: tuple[str, ...] = ()) -> Reading:
    return generic.read(Page(url=url, status=status, body=body.encode(), redirected_from=came_from))


@pytest.mark.parametrize(
    ("availability", "state"),
    [
        ("https://schema.org/InStock", ListingState.LIVE),
        ("OutOfStock", ListingState.SOLD_OUT),
        ("http://schema.org/Discontinued", ListingState.ENDED),
    ],
)
def test_the_declared_availability_is_the_state(availability: str, state: ListingState) -> None:
    assert _read(PRODUCT % availability).state is state


@pytest.mark.parametrize(
    ("status", "state", "gone"),
    [
        (401, ListingState.BLOCKED, False),
        (403, ListingState.BLOCKED, False),
        (429, ListingState.BLOCKED, False),
        (404, ListingState.UNKNOWN, True),
        (410, ListingState.UNKNOWN, True),
        (500, ListingState.ERROR, False),
        (503, ListingState.ERROR, False),
        (451, ListingState.UNKNOWN, False),
    ],
)
def test_a_status_without_a_listing_says_what_happened(status: int, state: ListingState, gone: bool) -> None:
    reading = _read("<h1>Oh</h1>", status=status)
    assert (reading.state, reading.gone) == (state, gone)


def test_a_refusing_status_with_the_listing_in_its_data_is_still_the_listing() -> None:
    assert _read(PRODUCT % "InStock", status=403).state is ListingState.LIVE


@pytest.mark.parametrize(
    ("url", "gone"), [("/products/cup", True), ("", True), ("/products/mug", False), ("/products/mug#offer", False)]
)
def test_a_product_that_a_not_found_page_recommends_does_not_keep_the_listing_alive(url: str, gone: bool) -> None:
    product = json.dumps({"@type": "Product", "name": "Cup", "url": url, "image": "/cup.jpg"})
    reading = _read(f'<h1>Not found</h1><script type="application/ld+json">{product}</script>', status=404)
    assert (reading.gone, reading.listing is None) == (gone, gone)


@pytest.mark.parametrize("box", ['class="product-description"', 'id="tabDescription"', 'itemprop="description"'])
def test_pictures_in_a_description_come_behind_the_gallery(box: str) -> None:
    gallery = '<h1>Mug</h1><div class="gallery"><img src="/front.jpg"><img src="/back.jpg"></div>'
    card = '<div class="description"><a href="/products/bowl"><img src="/bowl.jpg"></a></div>'
    described = f'<div {box}><p>Fired twice.</p><p><img src="/kiln.jpg"><img src="/back.jpg?w=80"></p></div>'
    listing = _read(PRODUCT % "InStock" + gallery + described + card).listing
    assert listing is not None
    assert [(one.url.rpartition("/")[2], one.role.value) for one in listing.gallery] == [
        ("front.jpg", "gallery"), ("back.jpg", "gallery"), ("kiln.jpg", "description"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        "Please solve the captcha",
        "This item is sold out",
        "no longer available",
        '<i id="px-captcha"></i>',
        '<i id="cf-chl-widget"></i>',
    ],
)
def test_words_alone_prove_neither_a_wall_nor_an_end(words: str) -> None:
    assert _read(PRODUCT % "InStock" + f"<p>{words}</p>").state is ListingState.LIVE
    reading = _read(f"<h1>{words}</h1>")
    assert (reading.state, reading.gone) == (ListingState.UNKNOWN, False)


def test_a_redirect_to_the_front_page_is_a_sign_of_removal_and_no_proof() -> None:
    reading = _read("<h1>Welcome</h1>", url="https://shop.example/", came_from=(URL,))
    assert (reading.state, reading.gone) == (ListingState.UNKNOWN, True)


def test_a_redirect_to_a_login_is_a_refusal() -> None:
    reading = _read("<h1>Sign in</h1>", url="https://shop.example/login?next=1", came_from=(URL,))
    assert reading.state is ListingState.BLOCKED


def test_a_list_of_declared_products_is_no_listing() -> None:
    items = ",".join(f'{{"@type":"Product","name":"Mug {n}","url":"/products/{n}"}}' for n in range(3))
    assert _read(f'<h1>Mugs</h1><script type="application/ld+json">[{items}]</script>').listing is None


def test_the_page_among_several_declared_products_is_found_by_its_url() -> None:
    items = ",".join(f'{{"@type":"Product","name":"{n}","url":"/products/{n}"}}' for n in ("mug", "cup"))
    listing = _read(f'<script type="application/ld+json">[{items}]</script>').listing
    assert listing is not None
    assert listing.title == "mug"


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '\ufeff<!-- {"a": 1} -->',
        '{"a": 1,}',
        "{'a': 1}",
        '{"a": 1};',
        "{&quot;a&quot;: 1}",
        "//<![CDATA[\n{a: 1}\n//]]>",
    ],
)
def test_json_is_read_as_shops_write_it(text: str) -> None:
    assert load_lenient(text) == [{"a": 1}]


@pytest.mark.parametrize("text", ["", "  ", "<!-- -->", "nothing", '{"a": 1, "b": ['])
def test_an_empty_hopeless_or_cut_off_block_gives_nothing(text: str) -> None:
    assert load_lenient(text) == []


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/cart">x</a>',
        '<a href="/login/">x</a>',
        '<a href="/collections/all" rel="nofollow">x</a>',
        '<a href="/collections/all?sort_by=price">x</a>',
        '<a href="/collections/all?color=red&page=2&sort=asc">x</a>',
        '<a href="https://other.example/collections/all">x</a>',
        '<a href="mailto:a@b.example">x</a>',
        '<a href="javascript:void(0)">x</a>',
        '<a href="/collections/list.pdf">x</a>',
        '<a href="/collections/all?add-to-cart=9">x</a>',
    ],
)
def test_a_link_that_is_no_list_is_not_followed(link: str) -> None:
    assert page_links(Page(url="https://shop.example/collections/new", status=200, body=link.encode()), ()) == ()


def test_next_pages_come_before_categories() -> None:
    body = b'<nav><a href="/collections/old">Old</a></nav><a href="?page=2">2</a>'
    page = Page(url="https://shop.example/collections/new", status=200, body=body)
    assert page_links(page, ()) == (
        "https://shop.example/collections/new?page=2",
        "https://shop.example/collections/old",
    )


def test_a_gzipped_sitemap_index_names_its_sitemaps_and_only_its_own_site() -> None:
    text = (
        '<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        "<sitemap><loc> https://shop.example/a.xml </loc></sitemap>"
        "<sitemap><loc>https://other.example/b.xml</loc></sitemap></sitemapindex>"
    )
    page = Page(url="https://shop.example/sitemap.xml.gz", status=200, body=gzip.compress(text.encode()))
    assert read_sitemap(page).sitemap_urls == ("https://shop.example/a.xml",)


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><urlset><url><loc>https://shop.example/&a;</loc></url></urlset>',
        b"<urlset><url><loc>https://shop.example/1</loc>",
        b"\x1f\x8bbroken",
        b"",
    ],
)
def test_a_sitemap_with_entities_or_broken_bytes_gives_nothing(body: bytes) -> None:
    found = read_sitemap(Page(url="https://shop.example/sitemap.xml", status=200, body=body))
    assert (found.page_urls, found.sitemap_urls) == ((), ())


def test_a_sitemap_that_nests_without_end_or_is_none_gives_nothing() -> None:
    deep = gzip.compress(b"<urlset>" + b"<a>" * 2_000_000)
    assert read_sitemap(Page(url="https://shop.example/s.xml.gz", status=200, body=deep)).page_urls == ()
    flat = b"<urlset>" + b"<a/>" * 2_100_000 + b"</urlset>"
    assert read_sitemap(Page(url="https://shop.example/s.xml", status=200, body=flat)).page_urls == ()


def test_an_address_longer_than_any_server_takes_is_left_out() -> None:
    long = "/a1_" + ".jpg.1x1_" * 40_000
    listing = _read(PRODUCT.replace('"offers"', f'"image":["{long}","/mug.jpg"],"offers"') % "InStock").listing
    assert listing is not None
    assert [one.url for one in listing.gallery] == ["https://shop.example/mug.jpg"]
