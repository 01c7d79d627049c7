"""The shop is what the scan test takes it for: looked at without a crawler, by plain HTTP."""

from __future__ import annotations

import io
import re
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from PIL import Image

from .stock import PLAN, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

    from .conftest import OpenShop

_GALLERY = re.compile(r'carousel-item.*?<img src="([^"]+)"', re.DOTALL)
_POD = re.compile(r'<h3 class="mt-3">\s*<a href="([^"]+)"')
_NEXT = re.compile(r'<a class="page-link" href="([^"]+)">\s*next')


@dataclass(frozen=True, slots=True)
class Got:
    status: int
    headers: Message
    body: bytes


def _get(url: str, **headers: str) -> Got:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
            return Got(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Got(error.code, error.headers, error.read())


def _listed(url: str | None) -> Iterator[str]:
    """Yield the paths of the products on a list page and all that follow it."""
    while url:
        text = _get(url).body.decode()
        yield from _POD.findall(text)
        further = _NEXT.search(text)
        url = urljoin(url, further[1]) if further else None


def test_the_catalogue_lists_every_product_once_over_its_pages(open_shop: OpenShop) -> None:
    shop = open_shop.shop
    listed = Counter(_listed(f"{shop.origin}/catalogue/"))
    assert listed == Counter(shop.paths.values())
    assert len(listed) >= 120


def test_a_category_of_several_pages_lists_the_products_below_it(open_shop: OpenShop) -> None:
    clothes = {product.upc for product in open_shop.stock.products if product.category.startswith("Clothes")}
    shop = open_shop.shop
    catalogue = _get(f"{shop.origin}/catalogue/").body.decode()
    found = re.search(r'href="(/catalogue/category/clothes_\d+/)"', catalogue)
    assert found
    assert set(_listed(shop.origin + found[1])) == {shop.paths[upc] for upc in clothes}
    assert len(clothes) > 20


def test_every_planned_copy_is_for_sale(open_shop: OpenShop) -> None:
    copies = [product for product in open_shop.stock.products if product.kind is Kind.COPY]
    assert Counter(product.edit for product in copies) == Counter(edit for _, edits in PLAN for edit in edits)
    assert {product.work for product in copies} == set(open_shop.stock.works)
    assert sorted(path.stem for path in open_shop.works.iterdir()) == sorted(open_shop.stock.works)


def test_a_product_page_shows_its_pictures_as_thumbnails_only(open_shop: OpenShop) -> None:
    product = next(product for product in open_shop.stock.products if len(product.pictures) == 3)
    page = _get(open_shop.shop.url(product.upc)).body.decode()
    gallery = _GALLERY.findall(page)
    assert len(gallery) == 3
    for path in gallery:
        width, height = Image.open(io.BytesIO(_get(open_shop.shop.origin + path).body)).size
        assert width <= 440
        assert height <= 400
    assert "/media/images/" not in page


def test_a_picture_that_did_not_change_costs_no_bytes_again(open_shop: OpenShop) -> None:
    shop = open_shop.shop
    page = _get(shop.url(open_shop.stock.products[0].upc)).body.decode()
    picture = shop.origin + _GALLERY.findall(page)[0]
    first = _get(picture)
    before = len(shop.answers())
    again = _get(picture, **{"If-Modified-Since": str(first.headers["Last-Modified"])})
    assert (again.status, again.body) == (304, b"")
    _get(picture)
    assert [(answer.status, answer.bytes) for answer in shop.answers(before)] == [(304, 0), (200, len(first.body))]


def test_an_unpublished_product_is_not_found_and_not_listed_until_it_is_published_again(open_shop: OpenShop) -> None:
    shop = open_shop.shop
    upc = open_shop.stock.products[5].upc
    shop.unpublish(upc)
    try:
        assert _get(shop.url(upc)).status == 404
        assert shop.paths[upc] not in set(_listed(f"{shop.origin}/catalogue/"))
    finally:
        shop.publish(upc)
    assert _get(shop.url(upc)).status == 200
    assert shop.paths[upc] in set(_listed(f"{shop.origin}/catalogue/"))
