"""One name for one page and one picture; two pages or pictures never share one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from casebook.types import Money
from crawler.canonical import canonical_url, declared_url, listing_name, same_site
from crawler.page import Page
from crawler.picture_urls import PictureUrl, is_placeholder, original, picture_key, unite
from crawler.prices import read_price

SHOP = "https://shop.example"


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("HTTPS://Shop.Example:443/p/1#reviews", SHOP + "/p/1"),
        (SHOP + "/p/1?utm_source=a&gclid=b&fbclid=c&srsltid=d&ref=e", SHOP + "/p/1"),
        (SHOP + "/p?b=2&a=1", SHOP + "/p?a=1&b=2"),
        (SHOP + "/p/%7euser/%e4%bd%a0", SHOP + "/p/~user/你"),
        (SHOP + "/a/../p/./1", SHOP + "/p/1"),
        (SHOP + "/p/1;jsessionid=0AF3", SHOP + "/p/1"),
        (SHOP + "/p/1?sid=0123456789abcdef0123456789", SHOP + "/p/1"),
    ],
)
def test_two_spellings_of_one_url_have_one_canonical_url(url: str, same: str) -> None:
    assert canonical_url(url) == canonical_url(same)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/p?id=1", "/p?id=2"),
        ("/p?sid=1", "/p?sid=2"),
        ("/p/a%2Fb", "/p/a/b"),
        ("/p?q=a%26b=c", "/p?q=a&b=c"),
        ("/P/1", "/p/1"),
        (":8080/p/1", "/p/1"),
    ],
)
def test_two_pages_never_share_a_name(one: str, other: str) -> None:
    assert listing_name(SHOP + one) != listing_name(SHOP + other)


@pytest.mark.parametrize(
    ("claim", "believed"),
    [
        ("/products/mug", True),
        ("https://www.shop.example/products/mug", True),
        ("https://m.shop.example/products/mug", True),
        ("https://elsewhere.example/products/mug", False),
        ("https://other.shop.example/products/mug", False),
        ("https://shop.example:8443/products/mug", False),
        ("/", False),
        ("/index.php", False),
        ("/collections/all/products/mug", False),
        ("http://[broken", False),
    ],
)
def test_a_canonical_link_to_the_front_page_or_another_site_is_not_believed(claim: str, believed: bool) -> None:
    body = f'<link rel="canonical" href="{claim}">'.encode()
    url = SHOP + "/collections/all/products/mug?id=7"
    assert (declared_url(Page(url=url, status=200, body=body)) is not None) == believed


def test_two_stores_of_one_platform_are_two_sites() -> None:
    assert not same_site("https://thief.myshopify.com/products/mug", "https://victim.myshopify.com/products/mug")
    assert same_site("https://a.shop.co.uk/", "https://shop.co.uk/mug")


def test_one_picture_at_several_sizes_is_one_place_with_the_largest_first() -> None:
    base = "https://cdn.shop.example/media/fox"
    (picture,) = unite(
        [
            [PictureUrl(url=base + "-150x150.jpg")],
            [PictureUrl(url=base + "-1024x768.jpg", width=1024)],
            [PictureUrl(url=base + "-300x225.jpg?v=3")],
        ]
    )
    assert picture.url == base + "-1024x768.jpg"
    assert picture.fallbacks == (base + "-300x225.jpg?v=3", base + "-150x150.jpg")


@pytest.mark.parametrize(
    ("given", "full"),
    [
        ("/wp-content/uploads/2026/01/fox-300x200.jpg", "/wp-content/uploads/2026/01/fox.jpg"),
        ("/cdn/shop/files/fox_600x600_crop_center.jpg?v=1&width=600", "/cdn/shop/files/fox.jpg?v=1"),
        ("/media/fox.jpg.440x400_q85_upscale.jpg", "/media/fox.jpg"),
        (
            "/media/catalog/product/cache/0123456789abcdef0123456789abcdef/f/o/fox.jpg",
            "/media/catalog/product/f/o/fox.jpg",
        ),
        ("/image/upload/c_scale,w_300/v12/fox.jpg", "/image/upload/v12/fox.jpg"),
        ("/_next/image?url=%2Fmedia%2Ffox.jpg&w=640&q=75", "/media/fox.jpg"),
    ],
)
def test_a_platforms_size_rule_gives_the_original_and_keeps_the_given_url(given: str, full: str) -> None:
    assert original(SHOP + given) == SHOP + full
    (picture,) = unite([[PictureUrl(url=SHOP + given)]])
    assert (picture.url, picture.fallbacks) == (SHOP + full, (SHOP + given,))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/media/p_1/a.jpg", "/media/p_2/a.jpg"),
        ("/image.php?id=1&w=300", "/image.php?id=2&w=300"),
        ("/a/fox-1.jpg", "/a/fox-2.jpg"),
        ("/_next/image?url=%2Fa.jpg&w=640", "/_next/image?url=%2Fb.jpg&w=640"),
    ],
)
def test_two_pictures_never_share_a_key(one: str, other: str) -> None:
    assert picture_key(SHOP + one) != picture_key(SHOP + other)


def test_a_button_drawn_over_every_picture_does_not_make_them_one() -> None:
    places = [[PictureUrl(url=f"{SHOP}/{name}.jpg"), PictureUrl(url=SHOP + "/plus.png")] for name in "abc"]
    assert [picture.url for picture in unite(places)] == [f"{SHOP}/{name}.jpg" for name in "abc"]


@pytest.mark.parametrize("name", ["blank.gif", "1x1.png", "ajax-loader.gif", "s-empty.png", "placeholder.jpg", "a.svg"])
def test_a_placeholder_is_no_picture(name: str) -> None:
    assert is_placeholder(f"{SHOP}/img/{name}")


@pytest.mark.parametrize("name", ["loading-dock.jpg", "blank-canvas-painting.jpg", "spacer-bead-necklace.jpg"])
def test_a_photograph_with_a_placeholders_word_in_its_name_is_a_picture(name: str) -> None:
    assert not is_placeholder(f"{SHOP}/img/{name}")


@pytest.mark.parametrize(
    ("text", "currency", "amount", "code"),
    [
        ("1.299,00 €", None, "1299.00", "EUR"),
        ("£1,250.99", None, "1250.99", "GBP"),
        ("US $12.50", None, "12.50", "USD"),
        ("173.000", "COP", "173.000", "COP"),
        (748.01, "SAR", "748.01", "SAR"),
        ("€1,250.99", None, "1250.99", "EUR"),
        ("1 299,00 kr", "SEK", "1299.00", "SEK"),
    ],
)
def test_a_price_is_read_as_its_shop_writes_it(text: object, currency: str | None, amount: str, code: str) -> None:
    assert read_price(text, currency) == Money(amount=Decimal(amount), currency=code)


@pytest.mark.parametrize("text", ["", "sold", None, True, "x" * 500, "-"])
def test_no_price_is_made_up(text: object) -> None:
    assert read_price(text) is None
