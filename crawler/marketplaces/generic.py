"""Any independent shop: what it declares about itself, always united with what its markup shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from casebook.types import Listing, ListingState, Money, PictureRole, Seller
from crawler.block_signs import block_sign, refusal
from crawler.buy_box import BuyBox
from crawler.canonical import canonical_url as canonical_url
from crawler.canonical import declared_url, is_home, listing_name, shop_host
from crawler.elements import text_of
from crawler.embedded_state import state_places
from crawler.gallery import Place, description_places, gallery_places, shown_pictures
from crawler.layouts import Access, Layout, Permission, Seen, Way
from crawler.links import listing_links, page_links
from crawler.page import Page, Reading
from crawler.picture_urls import PictureUrl, picture_key, unite
from crawler.prices import read_price
from crawler.structured_data import DeclaredProduct, declared_product, json_ld, organization, plain_text

if TYPE_CHECKING:
    from casebook.types import GalleryPicture

NAME = "generic"
KEY = NAME
TITLE = "independent shops"
HOSTS = None
LAYOUTS = (
    Layout(
        name="json-ld",
        seen=Seen.REAL,
        known="schema.org Product or ProductGroup in JSON-LD; saved pages of 2026",
    ),
    Layout(
        name="microdata",
        seen=Seen.REAL,
        known="schema.org Product as itemprop attributes; saved pages of 2019 and 2026",
    ),
    Layout(name="opengraph", seen=Seen.REAL, known="og:type product; saved pages of 2026"),
    Layout(
        name="bare",
        seen=Seen.REAL,
        known="no structured data: heading, price or buy button, pictures; django-oscar 4.2 templates",
    ),
)
ACCESS = Access(
    ways=(Way.NIGHTLY, Way.PERSON),
    search=Permission.UNKNOWN,
    listings=Permission.UNKNOWN,
    source="every shop has its own robots.txt",
    checked_on="2026-11-21",
)
_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proof:
    """That a page shows one listing, and by which layout."""

    layout: str
    product: DeclaredProduct | None
    title: str


def read(page: Page) -> Reading:
    """Return what a page proves, in this order; a removal is never proven by a page that was served with 200.

    1. A sharp sign of a bot wall: blocked.
    2. A listing in the page's own data: live, sold_out or ended. Answers with an error status need declared data.
    3. Status 401, 403, 429 and their like, or a redirect to a login: blocked. 5xx: error.
    4. 404, 410 or a redirect to the front page: gone, unknown for now.
    5. Anything else: unknown, a page that links to others.
    """
    if page.too_much is not None:
        return Reading(state=ListingState.ERROR, reason=page.too_much)
    sign = block_sign(page)
    if sign:
        return Reading(state=ListingState.BLOCKED, reason=sign)
    box = BuyBox(page)
    proof = _proof(page, box) if page.status < 500 else None
    links = listing_links(page, (card.url for card in box.cards))
    further = page_links(page, links)
    if proof:
        listing = _listing(page, box, proof)
        own = canonical_url(page.url)
        if listing.url != own:  # the page that is claimed may tell another story
            links = (listing.url, *(url for url in links if url != listing.url))
        return Reading(
            state=listing.state,
            reason=listing.state_reason,
            layout=proof.layout,
            listing=listing,
            listing_urls=links,
            page_urls=further,
            is_listing_page=True,
            own_url=own,
        )
    refused = refusal(page)
    if refused:
        return Reading(state=ListingState.BLOCKED, reason=refused)
    if page.status >= 500:
        return Reading(state=ListingState.ERROR, reason=f"the server failed with status {page.status}")
    if page.status in _GONE:
        return Reading(state=ListingState.UNKNOWN, reason=f"the server answered {page.status}", gone=True)
    if page.redirected_from and is_home(page.url) and not is_home(page.redirected_from[0]):
        reason = "redirected to the front page"
        return Reading(state=ListingState.UNKNOWN, reason=reason, gone=True, listing_urls=links, page_urls=further)
    return Reading(state=ListingState.UNKNOWN, reason="not a listing page", listing_urls=links, page_urls=further)


def listing_id(url: str) -> str | None:
    """Return None: any address of a shop may be a listing's."""
    return None


def search_url(words: str, number: int) -> str | None:
    """Return None: every shop has a search of its own."""
    return None


def shop_url(seller_id: str) -> str | None:
    """Return None: a shop is its own seller."""
    return None


def _proof(page: Page, box: BuyBox) -> _Proof | None:
    product = declared_product(page)
    heading = text_of(box.heading) if box.heading is not None else None
    shared = plain_text(page.first_meta("og:title", "twitter:title"))
    if product is not None:
        title = product.name or heading or shared
        return _Proof(layout=product.layout, product=product, title=title) if title else None
    if page.status >= 400:
        return None
    kind = (page.first_meta("og:type") or "").lower().removeprefix("og:")
    title = heading or shared
    if title and kind in ("product", "product.item") and not is_home(page.url):
        return _Proof(layout="opengraph", product=None, title=title)
    if heading and box.offered_alone:
        return _Proof(layout="bare", product=None, title=heading)
    return None


def _listing(page: Page, box: BuyBox, proof: _Proof) -> Listing:
    product, claimed = proof.product, declared_url(page)
    url = claimed or canonical_url(page.url)
    state = (product.state if product else None) or _meta_state(page) or box.state
    because = {
        ListingState.LIVE: "the page shows the listing",
        ListingState.SOLD_OUT: "the page shows the listing as out of stock",
        ListingState.ENDED: "the page declares the listing discontinued",
    }[state]
    return Listing(
        marketplace=NAME,
        listing_id=_listing_id(url, claimed is not None, product),
        url=url,
        title=proof.title[:500],
        state=state,
        state_reason=because,
        layout=proof.layout,
        price=(product.price if product else None) or _meta_price(page) or box.price,
        seller=_seller(page, box, product),
        gallery=_gallery(page, box, proof),
    )


def _listing_id(url: str, claimed: bool, product: DeclaredProduct | None) -> str:
    """Return host and canonical path, or host and declared product number where the page claims no URL of its own.

    `#` keeps the two kinds apart: no canonical path holds one.
    """
    if not claimed and product is not None and product.product_id:
        return f"{shop_host(url)}/#{product.product_id}"
    return listing_name(url)


def _meta_state(page: Page) -> ListingState | None:
    word = (page.first_meta("product:availability", "og:availability") or "").lower().replace(" ", "").replace("_", "")
    return {"instock": ListingState.LIVE, "outofstock": ListingState.SOLD_OUT, "oos": ListingState.SOLD_OUT}.get(word)


def _meta_price(page: Page) -> Money | None:
    amount = page.first_meta("product:price:amount", "og:price:amount")
    return read_price(amount, page.first_meta("product:price:currency", "og:price:currency"))


def _seller(page: Page, box: BuyBox, product: DeclaredProduct | None) -> Seller:
    """One host may show many sellers: a seller named for this very offer has a number of his own, the shop the host."""
    host = shop_host(page.url)
    named = (product.seller if product else None) or box.seller
    if named:
        return Seller(marketplace=NAME, seller_id=f"{host}/{named.casefold()}", name=named)
    name = organization(json_ld(page)) or plain_text(page.first_meta("og:site_name")) or host
    return Seller(marketplace=NAME, seller_id=host, name=name, url=f"{page.url.partition('://')[0]}://{host}/")


def _gallery(page: Page, box: BuyBox, proof: _Proof) -> tuple[GalleryPicture, ...]:
    declared = [*(proof.product.pictures if proof.product else ()), *_shared_pictures(page)]
    places: list[Place] = [(PictureUrl(url=url),) for url in declared]
    shown = shown_pictures(page, proof.title)
    places += gallery_places(shown, box.heading)
    known = {picture_key(one.url) for place in places for one in place}
    gallery = unite([*places, *state_places(page, known)])
    known |= {picture_key(one.url) for one in gallery}
    described = unite(description_places(shown), PictureRole.DESCRIPTION)
    return (*gallery, *(one for one in described if picture_key(one.url) not in known))


def _shared_pictures(page: Page) -> list[str]:
    names = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
    joined = (page.join(value) for name in names for value in page.meta.get(name, ()))
    return [url for url in joined if url is not None]
