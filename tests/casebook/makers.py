"""Small values to fill a casebook with."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from casebook.edits import Edit, EditKind, Relation
from casebook.findings import Evidence, Geometry, Match, Reference, Rendering, Verdict, Work
from casebook.types import (
    Fetch,
    GalleryPicture,
    Listing,
    ListingState,
    Look,
    Money,
    Picture,
    PictureFound,
    Purpose,
    ScanRun,
    Seller,
    Task,
    TaskState,
    Visit,
)

NIGHT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LIVE, UNKNOWN, BLOCKED, REMOVED = (
    ListingState.LIVE,
    ListingState.UNKNOWN,
    ListingState.BLOCKED,
    ListingState.REMOVED,
)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def at(minutes: float, night: int = 1) -> datetime:
    """The time so many minutes into that night's scan."""
    return NIGHT + (night - 1) * DAY + timedelta(minutes=minutes)


def run(night: int = 1) -> ScanRun:
    return ScanRun(run_id=f"night-{night}", started_at=at(0, night), program="copycatch test", job="{}")


def task(url: str, purpose: Purpose = Purpose.PAGE, night: int = 1, state: TaskState = TaskState.PENDING) -> Task:
    return Task(run_id=f"night-{night}", target="shop", purpose=purpose, url=url, state=state)


def url_of(listing_id: str) -> str:
    return f"https://shop.example/item/{listing_id}"


def picture_url(name: str) -> str:
    return f"https://cdn.example/{name}.jpg"


def fetch(url: str, when: datetime, night: int = 1, *, status: int = 200, body: str | None = "body") -> Fetch:
    return Fetch(
        run_id=f"night-{night}",
        purpose=Purpose.PAGE,
        url=url,
        requested_at=when,
        elapsed_seconds=0.25,
        request_headers=(("User-Agent", "copycatch"),),
        status=status,
        protocol="HTTP/1.1",
        response_headers=(("ETag", '"1"'), ("Set-Cookie", "a"), ("Set-Cookie", "b")),
        body_sha256=None if body is None else sha(body),
        body_bytes=len(body or ""),
        server_address="192.0.2.1",
    )


def listing(listing_id: str, *pictures: str, title: str = "A print", state: ListingState = LIVE) -> Listing:
    return Listing(
        marketplace="shop",
        listing_id=listing_id,
        url=url_of(listing_id),
        title=title,
        state=state,
        state_reason="it can be bought",
        layout="json-ld",
        price=Money(amount=Decimal("12.50"), currency="EUR"),
        seller=Seller(marketplace="shop", seller_id="7", name="Seven Prints"),
        gallery=tuple(
            GalleryPicture(url=picture_url(name), fallbacks=(picture_url(name + "-small"),)) for name in pictures
        ),
    )


def page_visit(
    item: Listing, minutes: float, night: int = 1, *, url: str | None = None, discover: bool = True
) -> Visit:
    """A visit that could read the listing and found its pictures to ask for."""
    url = url or item.url
    answer = fetch(url, at(minutes, night), night)
    look = Look(
        listing_key=item.key,
        run_id=f"night-{night}",
        at=at(minutes, night),
        state=item.state,
        reason=item.state_reason,
        gone=False,
        fetch_id=answer.fetch_id,
    )
    found = tuple(replace(task(place.url, Purpose.PICTURE, night), fallbacks=place.fallbacks) for place in item.gallery)
    return Visit(
        task=task(url, night=night, state=TaskState.DONE),
        fetches=(answer,),
        listings=(item,),
        looks=(look,),
        discovered=found if discover else (),
    )


def look_visit(
    listing_id: str, state: ListingState, minutes: float, night: int = 1, *, gone: bool = False, reason: str = "why"
) -> Visit:
    """A visit that looked at a listing and could not read it."""
    url = url_of(listing_id)
    answer = fetch(url, at(minutes, night), night, status=404 if gone else 403)
    look = Look(
        listing_key=f"shop:{listing_id}",
        run_id=f"night-{night}",
        at=at(minutes, night),
        state=state,
        reason=reason,
        gone=gone,
        fetch_id=answer.fetch_id,
    )
    return Visit(task=task(url, night=night, state=TaskState.DONE), fetches=(answer,), looks=(look,))


def gone_visit(listing_id: str, minutes: float, night: int = 1) -> Visit:
    return look_visit(listing_id, UNKNOWN, minutes, night, gone=True, reason="404 Not Found")


def picture(content: str) -> Picture:
    return Picture(sha256=sha(content), bytes=len(content), format="JPEG")


def picture_visit(name: str, content: str, minutes: float, night: int = 1) -> Visit:
    """A visit that fetched a gallery's picture."""
    url = picture_url(name)
    answer = replace(fetch(url, at(minutes, night), night, body=content), purpose=Purpose.PICTURE)
    return Visit(
        task=task(url, Purpose.PICTURE, night, TaskState.DONE),
        fetches=(answer,),
        picture=PictureFound(url=url, picture=picture(content), fetch_id=answer.fetch_id, at=at(minutes, night)),
    )


def failed_picture_visit(name: str, minutes: float, night: int = 1) -> Visit:
    url = picture_url(name)
    answer = replace(fetch(url, at(minutes, night), night, status=500, body=None), purpose=Purpose.PICTURE)
    return Visit(task=task(url, Purpose.PICTURE, night, TaskState.FAILED), fetches=(answer,))


def work(name: str) -> Work:
    return Work(work_id=name, title=f"The {name}")


def reference(name: str, of: str | None = None) -> Reference:
    return Reference(sha256=sha(f"reference {name}"), work_id=of or name, path=f"{name}.jpg")


EDITS = (Edit(kind=EditKind.CROPPED, amount=0.5), Edit(kind=EditKind.MIRRORED))


def match(content: str, name: str, verdict: Verdict = Verdict.COPY, score: float = 0.9) -> Match:
    stages = tuple(
        Evidence(
            picture_sha256=sha(content),
            reference_sha256=sha(f"reference {name}"),
            stage=stage,
            stage_version=1,
            parameters="library 1.0",
            verdict=verdict,
            score=score,
            because=f"{stage} says so",
            mirrored=stage == "orb",
            measures=(("inliers", 120.0), ("agreement", 0.75)),
            geometry=Geometry(
                transform=(1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0),
                inliers=120,
                reference_share=0.5,
                picture_share=1.0,
                outline=(0.0, 0.0, 4.0, 0.0, 4.0, 3.0, 0.0, 3.0),
            )
            if stage == "orb"
            else None,
            relation=Relation.SAME_PHOTOGRAPH,
            edits=EDITS,
            log_odds=4.5,
        )
        for stage in ("orb", "phash")
    )
    return Match(
        picture_sha256=sha(content),
        reference_sha256=sha(f"reference {name}"),
        verdict=verdict,
        score=score,
        because="the same picture",
        evidence=stages,
        relation=Relation.SAME_PHOTOGRAPH,
        edits=EDITS,
        expected_false_alarms=0.25,
    )


RENDERING = Rendering(side_by_side=sha("side by side"), inliers=sha("inliers"), difference=sha("difference"))
