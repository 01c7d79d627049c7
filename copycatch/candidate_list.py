"""Candidates as records: what `candidates` prints, and what a complaint tool reads from it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from casebook.rulings import Reviewed
from copycatch.moments import moment
from copycatch.output import plain, print_line, print_table
from matching.calibration import MOST_POSSIBLE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from casebook.casebook import Casebook

_DIGITS = 10  # of an id: with 50,000 candidates, one casebook in 900 has two that begin so

_TABLE = ("#", "verdict", "score", "work", "listing", "state", "seller", "review", "found")

# The columns of the CSV: those of the view `candidates` that say what, where, who and when. They only ever grow.
CSV_COLUMNS = (
    "candidate_id", "verdict", "score", "because", "work_id", "work_title", "marketplace", "listing_id", "listing_url",
    "listing_title", "price_amount", "price_currency", "state", "state_reason", "seller_name", "seller_url",
    "picture_url", "picture_sha256", "reference_path", "reference_sha256", "mirrored", "still_shown", "first_found_at",
    "last_found_at", "last_live_at", "relation", "edits", "expected_false_alarms", "reviewed", "review_because",
    "settled_by",
)  # fmt: skip


def print_candidates(
    casebook: Casebook, records: Sequence[dict[str, Any]], *, new: Collection[str] = (), title: str | None = None
) -> None:
    """Print the records for people: a table, and below it each address, whole, with what it rests on; before it, the
    first digits of the candidate's id, which `decide` takes.

    `new` are the ids of the candidates to mark. No address stands inside the table, where a narrow terminal would
    break it.
    """
    run = casebook.last_run()
    rows = [
        (
            number,
            record["verdict"],
            f"{record['score']:.2f}",
            f"{record['work_id']} {record['work_title']}",
            record["listing_title"],
            record["state"] if run is None else state_shown(record, run.started_at),
            record["seller_name"],
            Reviewed(record["reviewed"]).words,
            "new" if record["candidate_id"] in new else record["first_found_at"][:10],
        )
        for number, record in enumerate(records, start=1)
    ]
    print_table(_TABLE, rows, title=title, unbroken=("#", "verdict", "score", "found"))
    width = len(str(len(rows)))
    for number, record in enumerate(records, start=1):
        print_line(f"{number:>{width}}  {record['candidate_id'][:_DIGITS]}  {plain(record['listing_url'])}")
        print_line(f"{'':>{width}}  {plain(record['because'])}")
        told = (record["relation"], record["edits"], false_alarms_shown(record["expected_false_alarms"]))
        if any(told):
            print_line(f"{'':>{width}}  {'; '.join(part for part in told if part)}")
        if record["review_because"]:
            print_line(f"{'':>{width}}  {plain(record['review_because'])}")


def false_alarms_shown(expected: float | None) -> str | None:
    """Say how often a match comes by chance, in two digits at most; None where that is not known."""
    if expected is None:
        return None
    if expected > MOST_POSSIBLE:
        return "many strangers' pictures would look this alike"
    number = "fewer than 1" if expected < 1 else f"about {float(f'{expected:.2g}'):,.0f}"
    return f"{number} of 100,000 strangers' pictures would look this alike"


def state_shown(row: Mapping[str, Any], started_at: datetime) -> str:
    """Return the state of a candidate's listing and, where the scan begun then did not see it, when it last was."""
    state, seen = str(row["state"]).replace("_", " "), row["last_seen_at"]
    if seen is None or datetime.fromisoformat(str(seen)) >= started_at:
        return state
    return f"{state}, last seen {moment(seen)}"
