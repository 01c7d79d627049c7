"""What a run changed for the better: listings that look gone, and listings proven removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from casebook.types import ListingState
from casebook.values import time_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from casebook.casebook import Casebook

SHOWN_AT_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A listing that showed a sign of removal in this run; `confirmed` where this run proved it removed."""

    title: str
    url: str
    confirmed: bool

    @property
    def sentence(self) -> str:
        return "is removed, confirmed" if self.confirmed else "looks gone, not yet confirmed"


def gone_in(casebook: Casebook, run_id: str, targets: Iterable[str]) -> Iterator[Gone]:
    """Yield the listings of these targets that the run found gone; those known as removed before are left out."""
    for target in targets:
        for listing in casebook.known_listings(target):
            if listing.state not in (ListingState.UNKNOWN, ListingState.REMOVED):
                continue
            last = casebook.looks(listing.key)[-1]
            if last.run_id != run_id or not last.gone:
                continue
            removed = listing.state is ListingState.REMOVED
            # The proof of a removal names the look that completed it; another look at a removed listing is no news.
            if not removed or time_text(last.at) in listing.state_reason:
                yield Gone(title=listing.title, url=listing.url, confirmed=removed)
