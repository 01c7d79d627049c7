"""A person's own look at a listing: dated, kept with its screenshot, and weighed like any other look.

What counts is what can be shown later. A look with a screenshot is a look: it may be one of the two signs that prove a
removal, or the canary that proves the site readable. Her word alone is kept beside the looks and moves nothing. A
screenshot belongs to one look, or one of them could prove a removal by being given twice.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from casebook.errors import CopycatchError
from casebook.types import ListingState, Look, Purpose, RunKind, RunState, ScanRun, Task, TaskState, Visit
from copycatch.leads import canonical_lead
from copycatch.version import PROGRAM
from crawler.formats import picture_format
from matching.decode import decode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from casebook.casebook import Casebook
    from casebook.types import Listing
    from copycatch.workspace import Workspace

SCREENSHOT_BYTES_LIMIT = 32 * 1024 * 1024
_FORMATS = ("PNG", "JPEG", "WEBP")


class LookError(CopycatchError):
    """A person's look cannot be kept; nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a person saw at one address: that the listing is gone, or live; and the picture of it."""

    url: str
    gone: bool
    screenshot: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the casebook says of a listing after the look."""

    listing: Listing
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What a person saw, with the listing it is about and the bytes of the screenshot."""

    seen: Seen
    listing: Listing
    screenshot: bytes | None


def record_looks(workspace: Workspace, looks: Sequence[Seen], *, at: datetime, now: datetime) -> list[Looked]:
    """Keep what a person saw at one time, all of it or nothing, and confirm the removals that it proves.

    Raises:
        LookError: the time lies ahead, a listing is not known, or a screenshot is none or belongs to another look.
    """
    if at > now:
        raise LookError("the look lies in the future", remedy="Give the time at which you looked, with its zone.")
    with workspace.lock("A look"), workspace.casebook() as casebook:
        shown = [_checked(casebook, seen) for seen in looks]
        given = [one.screenshot for one in shown if one.screenshot is not None]
        if len(set(given)) < len(given):
            raise LookError("one screenshot was given for two listings", remedy="Give each listing its own.")
        run = ScanRun(
            run_id=f"{now:%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}",
            started_at=now,
            program=PROGRAM,
            job=json.dumps({"look": [seen.url for seen in looks]}),
            kind=RunKind.IMPORT,
        )
        blobs = workspace.blobs()
        for data in given:
            blobs.put(data)
        with casebook.immediate():
            casebook.begin_run(run)
            for one in shown:
                casebook.record(_visit(casebook, one, run.run_id, at))
            casebook.confirm_removals(run.run_id, now)
            casebook.finish_run(run.run_id, RunState.FINISHED, now, {"looks": len(shown)})
        known = [casebook.listing(one.listing.key) or one.listing for one in shown]
    return [
        Looked(listing=listing, counts=one.screenshot is not None) for one, listing in zip(shown, known, strict=True)
    ]


def _checked(casebook: Casebook, seen: Seen) -> _Shown:
    try:
        url, key = canonical_lead(seen.url)
    except ValueError as error:
        raise LookError(str(error), remedy="Give the address of the listing as your browser shows it.") from None
    listing = casebook.listing(key) if key is not None else casebook.listing_at(url)
    if listing is None:
        raise LookError(
            f"no listing is known at {url}",
            remedy="Save its page in your browser and `copycatch import` it, or let a scan read it first.",
        )
    screenshot = None if seen.screenshot is None else _screenshot(casebook, seen.screenshot)
    return _Shown(seen=seen, listing=listing, screenshot=screenshot)


def _screenshot(casebook: Casebook, path: Path) -> bytes:
    """Return the bytes of a screenshot that can be decoded and belongs to no other look."""
    try:
        if path.stat().st_size > SCREENSHOT_BYTES_LIMIT:
            raise LookError(f"{path} is larger than 32 MiB", remedy="Save the screenshot as JPEG or smaller.")
        data = path.read_bytes()
    except OSError as error:
        raise LookError(f"{path} cannot be read: {error.strerror}", remedy="Make it a readable file.") from None
    raster = decode(data) if picture_format(data) in _FORMATS else None
    if raster is None or raster.pixels is None or raster.problem is not None:
        why = "no PNG, JPEG or WebP picture" if raster is None else f"no whole picture ({raster.problem})"
        raise LookError(f"{path} is {why}", remedy="Take the screenshot anew and save it as PNG.")
    used = casebook.screenshot_used(hashlib.sha256(data).hexdigest())
    if used is not None:
        raise LookError(
            f"{path} belongs to the look of {used.isoformat()} already",
            remedy="A second look needs a screenshot of its own; an imported page counts as well.",
        )
    return data


def _visit(casebook: Casebook, shown: _Shown, run_id: str, at: datetime) -> Visit:
    seen, listing = shown.seen, shown.listing
    what = "that it is gone" if seen.gone else "it live"
    if shown.screenshot is None:
        # A partial look weighs nothing beside those that can be shown.
        state, gone, reason = ListingState.UNKNOWN, False, f"a person says she saw {what}, without a screenshot"
    else:
        state = ListingState.UNKNOWN if seen.gone else ListingState.LIVE
        gone, reason = seen.gone, f"a person saw {what} (screenshot)"
    look = Look(
        listing_key=listing.key,
        run_id=run_id,
        at=at,
        state=state,
        reason=reason,
        gone=gone,
        fetch_id=None,
        partial=shown.screenshot is None,
        screenshot_sha256=None if shown.screenshot is None else hashlib.sha256(shown.screenshot).hexdigest(),
    )
    # Under the listing's own target: the earliest look tells who found it, and a scan visits it by that.
    target = casebook.target_of(listing.key) or "import"
    task = Task(run_id=run_id, target=target, purpose=Purpose.PAGE, url=listing.url, state=TaskState.DONE, note=reason)
    return Visit(task=task, looks=(look,))
