"""Hostile pages: whatever the bytes, a reading comes back soon, and it is never a removal."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casebook.types import ListingState
from crawler.canonical import canonical_url, listing_name
from crawler.marketplaces import generic
from crawler.page import Page

URL = "https://shop.example/p/1"
PAGES = Path(__file__).parents[2] / "fixtures" / "pages" / "generic"
BODIES = [path.read_bytes() for path in sorted(PAGES.glob("*.html"))]
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DEEP = 10_000


def _harmless(body: bytes) -> None:
    reading = generic.read(Page(url=URL, status=200, body=body))
    assert not reading.gone
    assert reading.state is not ListingState.REMOVED
    if reading.listing is not None:
        reading.listing.title.encode()
        assert all(picture.url.startswith(("http://", "https://")) for picture in reading.listing.gallery)


@FEW
@given(st.binary(max_size=3000))
def test_random_bytes_raise_nothing_and_remove_nothing(body: bytes) -> None:
    _harmless(body)


@FEW
@given(st.sampled_from(BODIES), st.data())
def test_a_cut_shuffled_or_spoiled_page_raises_nothing_and_removes_nothing(body: bytes, data: st.DataObject) -> None:
    marks = sorted(data.draw(st.lists(st.integers(0, len(body)), min_size=2, max_size=8)))
    pieces = [body[start:end] for start, end in zip([0, *marks], [*marks, len(body)], strict=True)]
    pieces = data.draw(st.permutations(pieces))
    _harmless(data.draw(st.sampled_from([b"", b"\x00", b"\xff\xfe", b"<", b'"', b"\\ud800"])).join(pieces))


@FEW
@given(st.text(max_size=200))
def test_any_text_in_a_json_ld_block_raises_nothing(text: str) -> None:
    script = '<script type="application/ld+json">{"@type": "Product", "name": "x", "image": ' + text + "}</script>"
    _harmless(script.encode("utf-8", "replace"))


@FEW
@given(st.text(max_size=80))
def test_a_canonical_url_is_its_own_canonical_url(tail: str) -> None:
    url = canonical_url("https://Shop.example/" + tail)
    assert canonical_url(url) == url
    assert listing_name(url) == listing_name("https://Shop.example/" + tail)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<h1>x</h1>" + "<div class='gallery price'>" * DEEP + "<img src=a.jpg>", id="deep divs"),
        pytest.param("<h1>x</h1>" + "<a href=b>" * DEEP, id="deep links"),
        pytest.param('<i itemscope itemprop=a itemtype="http://schema.org/Product">' * DEEP, id="deep items"),
        pytest.param('<script type="application/ld+json">' + '{"@graph":[' * DEEP + "</script>", id="deep JSON-LD"),
        pytest.param('<script type="application/json">' + "[" * DEEP + "]" * DEEP + "</script>", id="deep JSON"),
        pytest.param('<img srcset="' + ("a " * 10 + ",") * DEEP + '">', id="long srcset"),
        pytest.param('<div class="gallery" style="' + "background:url(" * DEEP + '">', id="long style"),
        pytest.param('<h1>x</h1><b class="' + "thumb-" * DEEP + 'price">' + "1," * DEEP + "</b>", id="long class"),
        pytest.param('<a href="/' + "%" * DEEP + "?" + "&" * DEEP + '">x</a>', id="long link"),
        pytest.param('<script type="application/ld+json">{"a":1' + ", " * DEEP * 5 + "</script>", id="commas"),
        pytest.param("<h1>x</h1>" + "<b class=price>$5</b>" * 3000, id="many prices"),
        pytest.param(
            "<h1>x</h1>" + "".join(f"<li><a href=/p/{n}><img src={n}.jpg></a>$5</li>" for n in range(3000)),
            id="many cards",
        ),
    ],
)
def test_a_page_built_to_be_slow_is_read_in_seconds(body: str) -> None:
    started = time.process_time()
    _harmless(body.encode())
    assert time.process_time() - started < 8


@pytest.mark.parametrize(
    "piece",
    [
        "<button>Add to cart</button>",
        '<meta property="og:image" content="/{n}.jpg">',
        '<a href="/p/{n}">x</a>',
        "<h1>x</h1>",
    ],
)
def test_a_page_of_a_million_elements_is_left_unread_with_a_reason(piece: str) -> None:
    body = "".join(piece.format(n=number) for number in range(60_000)).encode()
    reading = generic.read(Page(url=URL, status=200, body=body))
    assert reading.state is ListingState.ERROR
    assert "elements" in reading.reason


def test_a_declaration_of_millions_of_things_is_read_in_part() -> None:
    product = b'{"@type": "Product", "name": "Mug"}'
    block = b'<script type="application/ld+json">[' + b"{}," * 1_000_000 + product + b"]</script>"
    body = b'<script type="application/ld+json">' + product + b"</script>" + block + b"<h1>Mug</h1>"
    reading = generic.read(Page(url=URL, status=200, body=body))
    assert reading.listing is not None
    assert reading.listing.title == "Mug"


@pytest.mark.parametrize("charset", ["hex", "idna", "utf-7", "rot13", "no-such-thing", "\x00"])
def test_a_charset_that_is_none_does_not_make_a_page_unreadable(charset: str) -> None:
    page = Page(
        url=URL,
        status=200,
        headers=(("Content-Type", f"text/html; charset={charset}"),),
        body=b'<script type="application/ld+json">{"@type": "Product", "name": "Mug"}</script><h1>Mug</h1>',
    )
    assert "Mug" in page.text


def test_a_page_with_an_element_of_countless_attributes_is_left_unread_with_a_reason() -> None:
    names = " ".join(f'data-img{number}="/{number}.jpg"' for number in range(5_000))
    reading = generic.read(Page(url="https://shop.example/p/1", status=200, body=f"<h1>P</h1><img {names}>".encode()))
    assert reading.reason == "not read: an element of the page has more than 500 attributes"
    assert reading.state is ListingState.ERROR


@pytest.mark.parametrize(
    "body",
    [
        "<div itemscope itemtype='http://schema.org/Product'>" + "<div itemprop='name'>" * 200 + "a<i>b</i>" * 20_000,
        "<div itemscope itemtype='http://schema.org/Product'><i itemprop=name>a</i></div>" * 990,
        "".join(
            f"<p itemscope itemtype='http://schema.org/Product' itemref='{' '.join(f'i{n}' for n in range(900))}'></p>"
            for _ in range(200)
        ),
    ],
)
def test_microdata_built_to_be_slow_is_no_declaration(body: str) -> None:
    reading = generic.read(Page(url="https://shop.example/p/1", status=200, body=body.encode()))
    assert reading.layout != "microdata"
