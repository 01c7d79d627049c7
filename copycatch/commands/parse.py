"""`copycatch parse`: what a saved page says, read the way a scan reads it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casebook.types import PictureRole
from copycatch.commands.options import json_option
from copycatch.config import http_url, marketplace_names
from copycatch.output import plain, print_json_lines, print_table
from crawler.marketplaces import marketplace, marketplace_of
from crawler.page import Page, Reading

if TYPE_CHECKING:
    from casebook.types import Listing

_PICTURES = {
    "pictures": PictureRole.GALLERY,
    "variant_pictures": PictureRole.VARIANT,
    "description_pictures": PictureRole.DESCRIPTION,
}
_HTML = re.compile(r"<(?:!doctype html|html|head|body|title|meta|script|div)\b", re.IGNORECASE)


@click.command()
@click.argument("page", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", required=True, help="The address the page was saved from.")
@click.option(
    "--marketplace", "name", type=click.Choice(marketplace_names()), help="Its reader (default: told by the address)."
)
@click.option("--status", type=int, default=200, show_default=True, help="The HTTP status it was answered with.")
@json_option
def parse(page: Path, url: str, name: str | None, status: int, as_json: bool) -> None:
    """Read a saved page: state, listing, gallery and links. Nothing is fetched or stored."""
    try:
        http_url(url)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--url") from None
    saved = Page(url=url, status=status, body=page.read_bytes())
    if not _HTML.search(saved.text) and not saved.text.lstrip().startswith(("{", "[")):
        click.echo(f"{plain(page)} holds no HTML, so little can be read from it; save the page's source.", err=True)
    place = marketplace_of(url) if name is None else marketplace(name)
    record = {"marketplace": place.NAME, **reading_record(place.read(saved))}
    if as_json:
        print_json_lines([record])
        return
    facts = [(name, value) for name, value in record.items() if not isinstance(value, list)]
    print_table(("what", "value"), facts)
    found = [(one["listing_key"], one["title"], len(one["pictures"])) for one in record["found"]]
    if found:
        print_table(("listing", "title", "pictures"), found, title="found")
    for part in ("pictures", "variant_pictures", "description_pictures", "listing_urls", "page_urls"):
        if record[part]:
            print_table(("place", "address"), enumerate(record[part], start=1), title=part.replace("_", " "))


def reading_record(reading: Reading) -> dict[str, Any]:
    """Return what a page says as `parse --json` prints it."""
    return {
        "state": reading.state.value,
        "reason": reading.reason,
        "layout": reading.layout,
        "gone": reading.gone,
        "is_listing_page": reading.is_listing_page,
        **_listing(reading.listing),
        "description_url": reading.description_url,
        "found": [_listing(listing) for listing in reading.found],
        "listing_urls": list(reading.listing_urls),
        "page_urls": list(reading.page_urls),
    }


def _listing(listing: Listing | None) -> dict[str, Any]:
    price = listing.price if listing else None
    seller = listing.seller if listing else None
    return {
        "listing_key": listing.key if listing else None,
        "url": listing.url if listing else None,
        "title": listing.title if listing else None,
        "price_amount": str(price.amount) if price else None,
        "price_currency": price.currency if price else None,
        "seller_id": seller.seller_id if seller else None,
        "seller_name": seller.name if seller else None,
        "seller_url": seller.url if seller else None,
        "seller_badges": list(seller.badges) if seller else [],
        "seller_since": seller.since if seller else None,
        "sold_count": listing.sold_count if listing else None,
        **{name: _pictures(listing, role) for name, role in _PICTURES.items()},
    }


def _pictures(listing: Listing | None, role: PictureRole) -> list[str]:
    return [picture.url for picture in listing.gallery if picture.role is role] if listing else []


COMMANDS = (parse,)
