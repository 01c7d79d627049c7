"""A workspace with one finished scan in its casebook, made without crawling: a hostile listing that shows a copy."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from casebook.claims import Claim
from casebook.edits import Edit, EditKind, Relation
from casebook.findings import Evidence, Match, Reference, Rendering, Verdict, Work
from casebook.number_sets import NumberSet
from casebook.types import (
    GalleryPicture,
    Listing,
    ListingState,
    Look,
    Money,
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
from copycatch.config import Config, Owner, Target
from copycatch.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

RUN_ID = "20261121T023000Z-abcdef"
STARTED = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
HOSTILE_TITLE = '=HYPERLINK("x")\x1b[31m[bold]<script>alert(1)</script>\u202egpj'
SHOP = "https://shop.example/"


def picture_bytes(seed: int, *, size: int = 96) -> bytes:
    """Return a small JPEG of noise that no other seed gives."""
    pixels = np.random.default_rng(seed).integers(0, 255, (size, size, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG")
    return out.getvalue()


def make_workspace(folder: Path, *targets: Target) -> Workspace:
    """Create a workspace that could scan."""
    targets = targets or (Target(name="shop", start=(SHOP,)), Target(name="untried", start=("https://other.example/",)))
    return Workspace.create(folder, Config(owner=Owner(name="A. Maker", contact_url=SHOP), targets=targets))


def fill(
    workspace: Workspace,
    *,
    title: str = HOSTILE_TITLE,
    seller_url: str | None = "javascript:alert(1)",
    claims: tuple[Claim, ...] = (),
    reference: bytes = b"a reference that is no longer kept",
) -> None:
    """Add one finished run: one candidate, one page refused, one failed."""
    picture = picture_bytes(1)
    blobs = workspace.blobs()
    sha256, drawn = blobs.put(picture), blobs.put(picture_bytes(3))
    work = Work(work_id="W-0001", title="Heron <at> dawn")
    ours = Reference(sha256=hashlib.sha256(reference).hexdigest(), work_id=work.work_id, path="heron.jpg")
    match = _match(sha256, ours.sha256)
    run = ScanRun(run_id=RUN_ID, started_at=STARTED, program="copycatch test", job="{}")
    with workspace.casebook() as casebook:
        casebook.sync_works([work], [ours])
        casebook.begin_run(run)
        tasks = _tasks()
        casebook.add_tasks(tasks)
        for visit in _visits(tasks, title, seller_url, Picture(sha256=sha256, bytes=len(picture), format="JPEG")):
            casebook.record(visit)
        found = Picture(sha256=sha256, bytes=len(picture), format="JPEG", width=96, height=96, claims=claims)
        rendering = Rendering(side_by_side=drawn, inliers=drawn, difference=drawn)
        numbers = NumberSet.of(casebook.reference_numbers().values())
        casebook.record_examination(found, "matcher", numbers, [(match, rendering)], STARTED + timedelta(minutes=2))
        casebook.refresh_candidates(STARTED + timedelta(minutes=3))
        casebook.settle(STARTED + timedelta(minutes=3))
        casebook.finish_run(RUN_ID, RunState.FINISHED, STARTED + timedelta(minutes=4), {"pictures": 1})


def _match(picture: str, reference: str) -> Match:
    evidence = Evidence(
        picture_sha256=picture, reference_sha256=reference, stage="phash", stage_version=1, parameters="{}",
        verdict=Verdict.COPY, score=0.98, because="the hashes differ in 1 of 64 bits", mirrored=True,
    )  # fmt: skip
    return Match(
        picture_sha256=picture, reference_sha256=reference, verdict=Verdict.COPY, score=0.98,
        because=evidence.because, evidence=(evidence,), relation=Relation.SAME_PHOTOGRAPH,
        edits=(Edit(kind=EditKind.CROPPED, amount=0.62), Edit(kind=EditKind.MIRRORED)), expected_false_alarms=3.2,
    )  # fmt: skip


def _tasks() -> list[Task]:
    page = Task(run_id=RUN_ID, target="shop", purpose=Purpose.PAGE, url=f"{SHOP}item/1")
    return [
        page,
        replace(page, url=f"{SHOP}private"),
        replace(page, url=f"{SHOP}broken"),
        replace(page, url=f"{SHOP}1.jpg", purpose=Purpose.PICTURE),
    ]


def _visits(tasks: list[Task], title: str, seller_url: str | None, picture: Picture) -> list[Visit]:
    page, refused, failed, shot = tasks
    listing = Listing(
        marketplace="generic", listing_id="1", url=f"{SHOP}item/1", title=title, state=ListingState.LIVE,
        state_reason="it can be bought", layout="json-ld", price=Money(amount=Decimal("12.50"), currency="EUR"),
        seller=Seller(marketplace="generic", seller_id="s1", name="@Seller <b>", url=seller_url),
        gallery=(GalleryPicture(url=shot.url),),
    )  # fmt: skip
    look = Look(
        listing_key=listing.key, run_id=RUN_ID, at=STARTED + timedelta(minutes=1), state=listing.state,
        reason=listing.state_reason, gone=False, fetch_id=None,
    )  # fmt: skip
    found = PictureFound(url=shot.url, picture=picture, fetch_id=None, at=STARTED + timedelta(minutes=1))
    return [
        Visit(task=replace(page, state=TaskState.DONE), listings=(listing,), looks=(look,)),
        Visit(task=replace(refused, state=TaskState.REFUSED, note="robots.txt disallows this address")),
        Visit(task=replace(failed, state=TaskState.FAILED, note="HTTP 500")),
        Visit(task=replace(shot, state=TaskState.DONE), picture=found),
    ]
