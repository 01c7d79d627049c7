"""An agency's casebook, filled straight into its tables: 50,000 candidates among 1,000,000 sightings."""

from __future__ import annotations

import hashlib
import io
import json
import random
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from casebook.deciding import made_decisions
from casebook.rulings import Ruling
from casebook.types import ScanRun, content_id
from copycatch.config import Config, Owner, Target
from copycatch.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CANDIDATES, PICTURES_OF_EACH = 50_000, 20
WORKS, SELLERS, OTHER_PICTURES = 2_000, 4_000, 200_000
DECIDED = 300
DRAWN = 400  # different pictures to look at; each listing and each reference shows one of them
WIDTH, HEIGHT = 1600, 1200
AT = "2026-11-20T02:00:00.000000Z"
NIGHT, MORNING = datetime(2026, 11, 20, 2, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC)
_GEOMETRY = json.dumps(
    {
        "transform": [1.02, 0.03, -20.0, -0.02, 1.01, 14.0, 0.0, 0.0, 1.0],
        "inliers": 400,
        "reference_share": 1.0,
        "picture_share": 1.0,
        "outline": [0.0, 0.0, 1600.0, 0.0, 1600.0, 1200.0, 0.0, 1200.0],
        "agreed": [0.0, 0.0, 1.0, 1.0],
    }
)


@dataclass(frozen=True, slots=True)
class Case:
    """One candidate: `listing` and `work` are numbers; every third listing belongs to the seller of the one before."""

    listing: int
    work: int
    seller: int
    score: float

    @property
    def verdict(self) -> str:
        return "copy" if self.score > 0.3 else "possible"


def fill(folder: Path) -> Workspace:
    """Return a workspace with such a casebook, before anything is settled."""
    workspace = Workspace.create(
        folder,
        Config(
            owner=Owner(name="Agency", contact_url="https://agency.example/"),
            targets=(Target(name="shop", start=("https://shop.example/",)),),
        ),
    )
    with workspace.casebook() as casebook:
        casebook.begin_run(ScanRun(run_id="r", started_at=NIGHT, program="benchmark", job="{}"))
    blobs = workspace.blobs()
    jpegs = [blobs.put(drawn(number)) for number in range(DRAWN)]
    with closing(sqlite3.connect(workspace.casebook_path)) as db, db:
        _add_seen(db)
        _add_found(db, list(_cases()), jpegs)
    return workspace


def decide(workspace: Workspace) -> None:
    """Have a person decide some hundred candidates, one act each."""
    rulings = (Ruling.NOT_A_MATCH, Ruling.LICENSED, Ruling.UNSURE, Ruling.OWN_PHOTO)
    with workspace.casebook() as casebook:
        for number in range(0, CANDIDATES, CANDIDATES // DECIDED):
            candidate = content_id(f"etsy:L{number}", _work(_works()[number]))
            ruling = rulings[number // 7 % len(rulings)]
            casebook.decide(made_decisions(casebook, [candidate], ruling, reviewer="Ana", now=MORNING))


def _works() -> list[int]:
    return [case.work for case in _cases()]


def _cases() -> Iterable[Case]:
    luck = random.Random(20261123)
    before: Case | None = None
    for listing in range(CANDIDATES):
        work, seller, score = luck.randrange(WORKS), luck.randrange(SELLERS), luck.random()
        if before is not None and listing % 3 == 0:
            work, seller = before.work, before.seller
        before = Case(listing, work, seller, score)
        yield before


def _add_seen(db: sqlite3.Connection) -> None:
    """Add what crawls saw: listings with their galleries and pictures."""
    others = [_sha(f"other {number}") for number in range(OTHER_PICTURES)]
    own = [_sha(f"picture {number}") for number in range(CANDIDATES)]
    _insert(db, "picture", "sha256, bytes, format, width, height, claims",
            ((sha, 250_000, "JPEG", WIDTH, HEIGHT, "[]") for sha in (*others, *own)))  # fmt: skip
    _insert(db, "seller", "seller_key, marketplace, seller_id, name, reading, first_seen_at, last_seen_at",
            ((f"etsy:{n}", "etsy", str(n), f"Seller {n}", "x", AT, AT) for n in range(SELLERS)))  # fmt: skip
    _insert(
        db,
        "listing",
        "listing_key, marketplace, listing_id, host, url, title, price_amount, price_currency, seller_key, layout, "
        "state, state_reason, reading, target, first_seen_at, last_seen_at, last_live_at, last_looked_at, sold_count",
        (
            (f"etsy:L{case.listing}", "etsy", f"L{case.listing}", "www.etsy.com", _address(case.listing),
             f"Poster {case.listing}, mountains in the fog", "19.50", "EUR", f"etsy:{case.seller}", "json-ld",
             "live", "the page shows the listing", "x", "shop", AT, AT, AT, AT, case.listing % 900)
            for case in _cases()
        ),
    )  # fmt: skip
    for listing in range(CANDIDATES):
        shown = [own[listing], *(others[(listing * 19 + n) % OTHER_PICTURES] for n in range(1, PICTURES_OF_EACH))]
        urls = [f"https://i.etsystatic.com/{listing}/{n}.jpg" for n in range(PICTURES_OF_EACH)]
        key = f"etsy:L{listing}"
        _insert(db, "gallery", "listing_key, url, position, fallbacks, current, reading, run_id, first_read_at, "
                "last_read_at, role",
                ((key, url, n, "[]", 1, "x", "r", AT, AT, "gallery") for n, url in enumerate(urls)))  # fmt: skip
        _insert(db, "picture_url", "url, sha256, since, checked_at, checked_run",
                ((url, sha, AT, AT, "r") for url, sha in zip(urls, shown, strict=True)))  # fmt: skip
        _insert(db, "sighting", "listing_key, url, picture_sha256, first_seen_at, last_seen_at",
                ((key, url, sha, AT, AT) for url, sha in zip(urls, shown, strict=True)))  # fmt: skip


def _add_found(db: sqlite3.Connection, cases: list[Case], jpegs: list[str]) -> None:
    """Add what the matcher found, and what review shows of it; every fifth picture shows what another one shows."""
    because, measures = "Copy: 400 points agree; 100 % of the reference is shown", '{"inliers":400.0}'
    pairs = [(_sha(f"picture {case.listing}"), _sha(f"reference {case.work}"), case) for case in cases]
    _insert(db, "work", "work_id, title, kind, current", ((_work(n), f"Work {n}", "photo", 1) for n in range(WORKS)))
    references = ((f"ref{n}", _sha(f"reference {n}"), _work(n), f"{n}.jpg", "picture", 1) for n in range(WORKS))
    _insert(db, "reference", "reference_id, sha256, work_id, path, kind, current", references)
    _insert(
        db,
        "candidate",
        "candidate_id, listing_key, work_id, verdict, score, because, picture_sha256, reference_sha256, "
        "first_found_at, last_found_at",
        (
            (content_id(f"etsy:L{case.listing}", _work(case.work)), f"etsy:L{case.listing}", _work(case.work),
             case.verdict, case.score, because, picture, reference, AT, AT)
            for picture, reference, case in pairs
        ),
    )  # fmt: skip
    _insert(db, "match", "picture_sha256, reference_sha256, verdict, score, because, found_at, relation, edits",
            ((picture, reference, case.verdict, case.score, because, AT, "same photograph", "[]")
             for picture, reference, case in pairs))  # fmt: skip
    _insert(
        db,
        "evidence",
        "evidence_id, picture_sha256, reference_sha256, stage, stage_version, parameters, verdict, score, because, "
        "mirrored, measures, geometry, relation, edits, log_odds",
        (
            (f"e{case.listing}", picture, reference, "orb", 9, "{}", case.verdict, case.score, because, 0, measures,
             _GEOMETRY, "same photograph", "[]", 6.0)
            for picture, reference, case in pairs
        ),
    )  # fmt: skip
    _insert(db, "match_evidence", "picture_sha256, reference_sha256, place, evidence_id",
            ((picture, reference, 0, f"e{case.listing}") for picture, reference, case in pairs))  # fmt: skip
    same = ((picture, _sha(f"picture {case.listing - (case.listing % 5 == 4)}")) for picture, _, case in pairs)
    _insert(db, "content", "picture_sha256, content_sha256", same)
    shown = {picture: jpegs[case.listing % DRAWN] for picture, _, case in pairs}
    shown |= {reference: jpegs[(case.work * 7 + 3) % DRAWN] for _, reference, case in pairs}
    _insert(db, "rendition", "sha256, jpeg_sha256, width, height",
            ((sha, jpeg, WIDTH, HEIGHT) for sha, jpeg in shown.items()))  # fmt: skip


def _insert(db: sqlite3.Connection, table: str, columns: str, rows: Iterable[tuple[object, ...]]) -> None:
    values = ", ".join("?" * (columns.count(",") + 1))
    db.executemany(f"INSERT INTO {table} ({columns}) VALUES ({values})", rows)  # noqa: S608 - names of our own


def drawn(number: int) -> bytes:
    """Return a JPEG with the detail of a photograph: soft areas, edges and grain."""
    luck = np.random.default_rng(number)
    soft = cv2.resize(luck.integers(0, 255, (6, 8, 3), dtype=np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    rough = cv2.resize(luck.integers(0, 60, (150, 200, 3), dtype=np.uint8), (WIDTH, HEIGHT))
    grain = luck.integers(0, 18, (HEIGHT, WIDTH, 1), dtype=np.uint8)
    pixels = cv2.add(cv2.add(soft // 2, rough), np.repeat(grain, 3, axis=2))
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=85)
    return out.getvalue()


def _sha(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _work(number: int) -> str:
    return f"W-{number:04}"


def _address(listing: int) -> str:
    return f"https://www.etsy.com/listing/{listing}"
