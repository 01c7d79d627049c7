"""Pages that strangers saved from real marketplaces, with answers read by hand from each page's markup.

The answers stand in `real_pages/<marketplace>.toml`, one table for each file.
"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from casebook.types import ListingState, PictureRole
from crawler.marketplaces import marketplace
from crawler.page import Page, Reading

PAGES = Path(__file__).parents[3] / "shared" / "pages"
ANSWERS = Path(__file__).with_name("real_pages")
pytestmark = pytest.mark.skipif(not PAGES.is_dir(), reason=f"the saved pages are absent: there is no {PAGES}")

CASES = [
    pytest.param(path.stem, file, answers, id=f"{path.stem}/{file}")
    for path in sorted(ANSWERS.glob("*.toml"))
    for file, answers in tomllib.loads(path.read_text(encoding="utf-8")).items()
]


def _read(name: str, file: str, answers: dict[str, Any]) -> Reading:
    page = Page(url=answers["url"], status=answers.get("status", 200), body=(PAGES / file).read_bytes())
    return marketplace(name).read(page)


@pytest.mark.parametrize(("name", "file", "answers"), CASES)
def test_a_saved_page_gives_what_a_person_reads_in_it(name: str, file: str, answers: dict[str, Any]) -> None:
    reading = _read(name, file, answers)
    assert (reading.state, reading.layout) == (answers["state"], answers.get("layout", "none"))
    assert not reading.gone
    assert reading.reason.startswith(answers.get("reason", ""))
    listing = reading.listing
    assert (listing is not None) == ("listing_id" in answers)
    if listing is None:
        return
    roles = {role.value: [one.url for one in listing.gallery if one.role is role] for role in PictureRole}
    assert (listing.listing_id, listing.title) == (answers["listing_id"], answers["title"])
    assert {role: len(urls) for role, urls in roles.items()} == {
        role: answers.get(role, 0) for role in ("gallery", "variant", "description")
    }
    assert roles["gallery"][:1] == ([answers["first_picture"]] if answers.get("gallery") else [])
    assert (listing.seller and listing.seller.name) == answers.get("seller")
    assert (listing.seller and listing.seller.seller_id) == answers.get("seller_id")
    price = listing.price
    assert (price and [price.amount, price.currency]) == (
        [Decimal(answers["price"][0]), answers["price"][1] or None] if "price" in answers else None
    )
    assert listing.sold_count == answers.get("sold_count")
    assert reading.description_url == answers.get("description_url")


@pytest.mark.parametrize(("name", "file", "answers"), CASES)
def test_a_saved_page_of_results_gives_every_listing_with_its_pictures(
    name: str, file: str, answers: dict[str, Any]
) -> None:
    found = _read(name, file, answers).found
    assert len(found) == answers.get("listings", 0)
    assert sum(len(listing.gallery) for listing in found) == answers.get("pictures", 0)
    if found:
        first = answers["first"]
        assert (found[0].listing_id, found[0].title) == (first["listing_id"], first["title"])
        assert found[0].gallery[0].url == first["first_picture"]
        assert (found[0].seller and found[0].seller.name) == first.get("seller")
        assert len({listing.key for listing in found}) == len(found)


def test_every_saved_page_has_its_answers() -> None:
    answered = {file for path in ANSWERS.glob("*.toml") for file in tomllib.loads(path.read_text(encoding="utf-8"))}
    saved = {path.relative_to(PAGES).as_posix() for path in PAGES.glob("*/*")}
    assert saved - answered == set()


def test_blocked_pages_are_blocked_and_no_other_is() -> None:
    for case in CASES:
        name, file, answers = case.values
        state = _read(name, file, answers).state
        assert (state is ListingState.BLOCKED) == Path(file).name.startswith("blocked-"), file
