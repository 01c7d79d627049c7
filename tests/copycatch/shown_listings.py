"""Listings that show copies of drawn photographs, matched for real, without a crawl."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache
from pathlib import Path

from PIL import Image

from casebook.types import (
    GalleryPicture,
    Listing,
    ListingState,
    Look,
    Picture,
    PictureFound,
    Purpose,
    RunState,
    ScanRun,
    Seller,
    Task,
    TaskState,
    Visit,
)
from copycatch.scan import run_match
from copycatch.workspace import Workspace
from tests.copycatch.filled import RUN_ID, STARTED, make_workspace
from tests.matching.drawn_pictures import photograph

NOW = STARTED + timedelta(hours=6)
Edit = Callable[[Image.Image], Image.Image]


def cut(left: float, top: float, right: float, bottom: float) -> Edit:
    """Return what crops to these shares of width and height."""
    return lambda image: image.crop(
        (round(left * image.width), round(top * image.height), round(right * image.width), round(bottom * image.height))
    )


def jpeg(image: Image.Image, quality: int = 88) -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


@cache
def original(number: int) -> Image.Image:
    """The photograph of the work of that number."""
    return photograph(number).resize((400, 300))


def watching(folder: Path, works: int) -> Workspace:
    """A workspace that watches so many works and has begun a scan."""
    workspace = make_workspace(folder)
    for number in range(works):
        original(number).save(workspace.references_path / f"work-{number:02}.jpg", quality=95)
    with workspace.casebook() as casebook:
        casebook.begin_run(ScanRun(run_id=RUN_ID, started_at=STARTED, program="copycatch test", job="{}"))
    return workspace


def show(workspace: Workspace, items: Iterable[tuple[str, str, bytes]], titles: Callable[[str], str] = str) -> None:
    """Each item, a listing's id, its seller and a picture, is seen on a marketplace; `titles` gives its title."""
    blobs = workspace.blobs()
    with workspace.casebook() as casebook, casebook.immediate():
        for listing_id, seller, data in items:
            url = f"https://market.example/item/{listing_id}"
            picture = Picture(sha256=blobs.put(data), bytes=len(data), format="JPEG")
            page = Task(run_id=RUN_ID, target="shop", purpose=Purpose.PAGE, url=url, state=TaskState.DONE)
            shot = Task(run_id=RUN_ID, target="shop", purpose=Purpose.PICTURE, url=f"{url}/1.jpg", state=TaskState.DONE)
            listing = Listing(
                marketplace="etsy", listing_id=listing_id, url=url, title=titles(listing_id), state=ListingState.LIVE,
                state_reason="it can be bought", layout="json-ld", gallery=(GalleryPicture(url=shot.url),),
                seller=Seller(marketplace="etsy", seller_id=seller, name=titles(seller)),
            )  # fmt: skip
            look = Look(
                listing_key=listing.key, run_id=RUN_ID, at=STARTED, state=listing.state, reason="", gone=False,
                fetch_id=None,
            )  # fmt: skip
            casebook.record(Visit(task=page, listings=(listing,), looks=(look,)))
            casebook.record(
                Visit(task=shot, picture=PictureFound(url=shot.url, picture=picture, fetch_id=None, at=STARTED))
            )


def match(workspace: Workspace) -> None:
    run_match(workspace, now=lambda: NOW)


def end_scan(workspace: Workspace) -> None:
    with workspace.casebook() as casebook:
        casebook.finish_run(RUN_ID, RunState.FINISHED, NOW, {})
