"""A shop that is named by its host alone is read to its last page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.crawler.replay import NOWHERE, Answer, Authority
from tests.crawler.scans import internet, scan, workspace
from tests.crawler.test_replay import jpeg

JSON = {"Content-Type": "application/json"}
PAGES = 4


def picture(number: int) -> str:
    return f"https://cdn.shopify.com/s/files/1/heron-{number}.jpg"


def shopify(number: int) -> dict[str, object]:
    return {
        "id": 700 + number,
        "handle": f"heron-{number}",
        "title": f"Heron {number}",
        "variants": [{"price": "10.00", "available": True}],
        "images": [{"src": picture(number)}],
    }


def woocommerce(number: int) -> dict[str, object]:
    return {
        "id": 700 + number,
        "name": f"Heron {number}",
        "permalink": f"https://shop.example/product/heron-{number}/",
        "prices": {"price": "1000", "currency_code": "EUR", "currency_minor_unit": 2},
        "images": [{"src": picture(number)}],
        "is_in_stock": True,
    }


def shop(url: str) -> Answer:
    """Both kinds of shops, with one product on each of their pages; the products' own pages are not there."""
    for number in range(1, PAGES + 1):
        if url == f"https://shop.example/products.json?limit=250&page={number}":
            return Answer(json.dumps({"products": [shopify(number)]}).encode(), headers=JSON)
        if url == f"https://shop.example/wp-json/wc/store/v1/products?page={number}&per_page=100":
            headers = {**JSON, "X-WP-TotalPages": str(PAGES)}
            return Answer(json.dumps([woocommerce(number)]).encode(), headers=headers)
        if url == picture(number):
            return Answer(jpeg(url), headers={"Content-Type": "image/jpeg"})
    if url.startswith("https://shop.example/products.json"):
        return Answer(b'{"products": []}', headers=JSON)
    if url == "https://shop.example/wp-json/wc/store/v1/products?per_page=100&page=1":
        return shop("https://shop.example/wp-json/wc/store/v1/products?page=1&per_page=100")
    return NOWHERE


@pytest.mark.parametrize("kind", ["shopify", "woocommerce"])
def test_a_shop_that_is_named_by_its_host_is_followed_over_all_of_its_pages_to_every_picture(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = f'[[targets]]\nname = "the shop"\nmarketplace = "{kind}"\nshops = ["shop.example"]\n'
    made = workspace(tmp_path, target, crawl="depth_limit = 1\n")
    with internet(shop, Authority(tmp_path), monkeypatch) as asked:
        run_id = scan(made)
    with made.casebook() as casebook:
        (row,) = casebook.coverage_rows(run_id)
        titles = {listing.title for listing in casebook.known_listings("the shop")}
    assert titles == {f"Heron {number}" for number in range(1, PAGES + 1)}
    assert row["pictures_done"] == PAGES
    assert {picture(number) for number in range(1, PAGES + 1)} <= set(asked.asked)
