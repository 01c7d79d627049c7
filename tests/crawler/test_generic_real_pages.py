"""The generic marketplace over pages that strangers saved, with pictures counted by hand in each page's markup."""

from __future__ import annotations

from pathlib import Path

import pytest

from casebook.types import ListingState
from crawler.marketplaces import generic
from crawler.page import Page

PAGES = Path(__file__).parents[3] / "shared" / "pages"
pytestmark = pytest.mark.skipif(not PAGES.is_dir(), reason=f"the saved pages are absent: there is no {PAGES}")

# file, its URL, title, and the pictures of the gallery: for each the part of its address that names it.
LIVE = [
    (
        # The swiper with class swiper-productImages holds image-1 to image-8; the modal and two strips repeat them.
        "generic/acehardware-product-2026-02.html",
        "https://www.acehardware.com/departments/tools/power-tools/cordless-drills/2385458",
        "DeWalt 20V MAX 1/2 in. Brushed Cordless Compact Drill Kit (Battery & Charger)",
        ["f7b42b30", "b9e63a53", "373f3cb5", "9e7c188d", "f27d0a21", "1b434a2e", "bb222bcf", "028f1d30"],
    ),
    (
        # Two img.showCaseImage (one per pack size); the zoomed itemprop=image is the second of them again.
        "generic/extruct-microdata-with-description.html",
        "https://www.monsterpetsupplies.co.uk/cat/cat-flea-tick/johnsons-4-fleas-cats-kittens",
        "Johnsons 4 Fleas Cats & Kittens Tablets",
        ["v1481709880/cat_kitten", "v1481710164/cat_kitten"],
    ),
    (
        # Thumbnails are labelled "view 1 of 6" to "view 6 of 6"; colour swatches are other goods of 65 pixels.
        "generic/llbean-product-2026-02.html",
        "https://www.llbean.com/llb/shop/40645?page=carefree-unshrinkable-teetraditional-fit-henley",
        "Men's Carefree Unshrinkable Tee, Traditional Fit, Henley",
        ["_1176_41", "_1176_44", "_1176_45", "_1176_46", "_1176_47", "_1176_48"],
    ),
    (
        # __NEXT_DATA__ selectedProduct.contentImages has 8 entries, each squarish and portrait; the markup shows one.
        "generic/nike-product-2026-02.html",
        "https://www.nike.com/gb/t/air-force-1-07-lv8-shoes-E5NnNyBr",
        "Nike Air Force 1 '07 LV8 Men's Shoes",
        ["d6d2266d", "37721342", "c317d6c0", "5471209e", "70ce99a1", "755ca04e", "3f1739a7", "c73cacc4"],
    ),
    (
        # Eight slides (data-slid-index 0 to 7); JSON-LD names only the last of them.
        "generic/salla-gallery-vs-jsonld-2026-07.html",
        "https://alsweed.sa/ar/product/p448819456",
        "كرسي أفرنجي مقاس 30 سم | ستامينا STAMINA",
        ["8167aca6", "391f7a4d", "86b6e3ad", "6e4d8b7f", "442b66db", "6c438943", "7fbfc752", "492ec600"],
    ),
    (
        # Three a.show-gallery links, three thumbnails of the same files; the A_-CONTENT banners belong to the theme.
        "shopify/product-page-2026-04.html",
        "https://www.anyeluz.com/products/kit-potencializador-anyeluz",
        "KIT POTENCIALIZADOR ANYELUZ EDICIÓN LIMITADA ¡GRATIS BOLSO Y CHARM!",
        ["KITS_BOLSO_HIDRATANTE-2", "KIT-POTENCIALIZADOR2", "Kit_potencializador"],
    ),
]
BLOCKED = [
    "generic/blocked-incapsula-globalsources-2025-12.html",
    "generic/blocked-perimeterx-walmart-2026-03.html",
    "alibaba/blocked-captcha-interception-2025-12.html",
    "amazon/blocked-aws-waf-challenge-2026-04.html",
    "amazon/blocked-validatecaptcha-2025-11.html",
    "ebay/blocked-pardon-our-interruption-2025-11.html",
    "etsy/blocked-datadome-2026-03.html",
]


@pytest.mark.parametrize(("file", "url", "title", "pictures"), LIVE, ids=[case[0] for case in LIVE])
def test_a_live_page_gives_its_title_and_every_picture_of_its_gallery(
    file: str, url: str, title: str, pictures: list[str]
) -> None:
    reading = generic.read(Page(url=url, status=200, body=(PAGES / file).read_bytes()))
    assert reading.state is ListingState.LIVE
    assert reading.listing is not None
    assert reading.listing.title == title
    assert reading.listing.price is not None
    gallery = [(picture.url, *picture.fallbacks) for picture in reading.listing.gallery]
    for name in pictures:
        assert sum(any(name in one for one in urls) for urls in gallery) == 1, name
    assert len(gallery) == len(pictures)


@pytest.mark.parametrize("file", BLOCKED)
def test_a_bot_wall_is_blocked_even_when_it_answers_200(file: str) -> None:
    reading = generic.read(Page(url="https://shop.example/item/1", status=200, body=(PAGES / file).read_bytes()))
    assert reading.state is ListingState.BLOCKED
    assert reading.listing is None


def test_every_saved_page_of_an_independent_shop_is_counted_here() -> None:
    counted = {case[0] for case in LIVE} | set(BLOCKED)
    saved = {
        f"{path.parent.name}/{path.name}" for name in ("generic", "shopify") for path in (PAGES / name).glob("*.html")
    }
    assert saved <= counted


def test_no_good_page_of_any_marketplace_is_taken_for_a_bot_wall_or_a_removal() -> None:
    good = [path for path in PAGES.glob("*/*.html") if not path.name.startswith("blocked-")]
    assert good
    for path in good:
        reading = generic.read(Page(url="https://shop.example/item/1", status=200, body=path.read_bytes()))
        assert reading.state is not ListingState.BLOCKED, path
        assert not reading.gone, path
