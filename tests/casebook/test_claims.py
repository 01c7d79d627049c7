"""What picture files say about themselves, kept with the pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlite_utils import Database

from casebook.casebook import Casebook
from casebook.claims import Claim, ClaimSource
from casebook.number_sets import NumberSet
from casebook.schema import migrations
from tests.casebook.makers import at, listing, page_visit, picture, picture_visit

if TYPE_CHECKING:
    from pathlib import Path

CLAIMS = (
    Claim(source=ClaimSource.EXIF, field="creator", value="Mara Lindén"),
    Claim(source=ClaimSource.XMP, field="copyright", value='© 2026 "M"'),
)


def test_claims_read_in_an_examination_survive_later_visits(casebook: Casebook) -> None:
    casebook.record(page_visit(listing("1", "red"), 1))
    casebook.record(picture_visit("red", "red", 2))
    found = replace(picture("red"), claims=CLAIMS)
    casebook.record_examination(found, "matcher", NumberSet(), [], at(3))
    casebook.record(picture_visit("red", "red", 4))
    assert casebook.picture(found.sha256) == found
    casebook.record_examination(picture("red"), "matcher", NumberSet(), [], at(5))
    assert casebook.picture(found.sha256) == picture("red")


def test_a_casebook_from_before_there_were_claims_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "casebook.db"
    old = Database(path)
    migrations.apply(old, stop_before="m002_claims")
    old.execute("INSERT INTO picture VALUES (?, 9, 'JPEG', NULL, NULL, NULL)", [picture("red").sha256])
    old.conn.commit()
    old.close()
    with Casebook.open(path) as casebook:
        known = casebook.picture(picture("red").sha256)
        assert known is not None
        assert known.claims == ()
        assert casebook.candidate_rows() == []
