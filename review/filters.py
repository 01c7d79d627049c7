"""Which cases a page is about, as it stands in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casebook.cases import CaseFilter
from casebook.findings import Verdict
from casebook.rulings import Reviewed

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_WORDS = 200


def filter_of(query: Mapping[str, str]) -> CaseFilter:
    """Return the filter that a query string asks for; what means nothing is left out."""

    def text(name: str) -> str | None:
        return query.get(name, "").strip()[:LONGEST_WORDS] or None

    reviewed, verdict = text("reviewed"), text("verdict")
    return CaseFilter(
        reviewed=Reviewed(reviewed) if reviewed in set(Reviewed) else Reviewed.OPEN,
        verdict=verdict if verdict in (Verdict.COPY, Verdict.POSSIBLE) else None,
        marketplace=text("marketplace"),
        seller_key=text("seller"),
        work_id=text("work"),
        words=text("q"),
    )


def query_of(wanted: CaseFilter) -> dict[str, str]:
    """Return the query string of a filter, by name, without what is as usual."""
    values = {
        "reviewed": None if wanted.reviewed is Reviewed.OPEN else wanted.reviewed.value,
        "verdict": wanted.verdict,
        "marketplace": wanted.marketplace,
        "seller": wanted.seller_key,
        "work": wanted.work_id,
        "q": wanted.words,
    }
    return {name: value for name, value in values.items() if value is not None}
