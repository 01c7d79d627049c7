"""Messages to webhooks: written down in the transaction that changed something, sent later, so that no receiver can
hold up or lose a decision."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from casebook.store import Store
from casebook.values import time, time_or_none, time_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

EVENT = "candidates.changed"
_CHANGES_AT_MOST = 100  # in one message
_KEPT = timedelta(days=30)

_CHANGED = """
SELECT candidate_id, change, reviewed, settled_by, verdict FROM settlement JOIN candidate USING (candidate_id)
WHERE change > :after ORDER BY change
"""

_ADD = """
INSERT INTO delivery (delivery_id, webhook, event, created_at, attempts, next_at)
VALUES (:delivery_id, :webhook, :event, :at, 0, :at)
"""

_COUNTS = """
SELECT webhook,
    count(*) FILTER (WHERE next_at IS NOT NULL) AS waiting,
    count(*) FILTER (WHERE next_at IS NULL AND delivered_at IS NULL) AS given_up,
    max(delivered_at) AS delivered_at,
    (
        SELECT problem FROM delivery AS last WHERE last.webhook = delivery.webhook AND last.delivered_at IS NULL
        ORDER BY last.created_at DESC, last.rowid DESC LIMIT 1
    ) AS problem
FROM delivery GROUP BY webhook ORDER BY webhook
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message that waits. `event` is its body, the same at each attempt; `attempts` counts those that failed."""

    delivery_id: str
    webhook: str
    event: str
    created_at: datetime
    attempts: int
    next_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """How the messages to a webhook stand; `problem` is what the newest that did not arrive last failed at."""

    webhook: str
    waiting: int = 0
    given_up: int = 0
    delivered_at: datetime | None = None
    problem: str | None = None


def _nobody() -> Collection[str]:
    return ()


class Deliveries(Store):
    # Names those to tell, asked where something has changed; whoever opens the casebook for the owner says who.
    webhooks: Callable[[], Collection[str]] = staticmethod(_nobody)

    def due(self, webhook: str, at: datetime, limit: int) -> list[Delivery]:
        """Return the messages to a webhook whose time has come, oldest first."""
        rows = self._run(
            "SELECT * FROM delivery WHERE webhook = :webhook AND next_at <= :at "
            "ORDER BY created_at, rowid LIMIT :limit",
            {"webhook": webhook, "at": at, "limit": limit},
        )
        return [_delivery(row) for row in rows.fetchall()]

    def claim(self, delivery: Delivery, until: datetime) -> bool:
        """Keep others from sending a message until then; return False where another program was faster."""
        with self.immediate():
            claimed = self._run(
                "UPDATE delivery SET next_at = :until WHERE delivery_id = :id AND next_at = :seen",
                {"until": until, "id": delivery.delivery_id, "seen": delivery.next_at},
            )
            return claimed.rowcount == 1

    def delivered(self, delivery_id: str, at: datetime) -> None:
        """Note that a message arrived, and forget what arrived long ago."""
        with self.immediate():
            self._run(
                "UPDATE delivery SET delivered_at = :at, next_at = NULL, problem = NULL WHERE delivery_id = :id",
                {"at": at, "id": delivery_id},
            )
            self._run("DELETE FROM delivery WHERE delivered_at < :before", {"before": at - _KEPT})

    def not_delivered(self, delivery_id: str, problem: str, next_at: datetime | None) -> None:
        """Note why a message did not arrive, and when it is tried again; None gives it up."""
        with self.immediate():
            self._run(
                "UPDATE delivery SET attempts = attempts + 1, problem = :problem, next_at = :next_at "
                "WHERE delivery_id = :id",
                {"problem": problem, "next_at": next_at, "id": delivery_id},
            )

    def postpone(self, webhook: str, until: datetime) -> None:
        """Have nothing be sent to a webhook before then."""
        with self.immediate():
            self._run(
                "UPDATE delivery SET next_at = :until WHERE webhook = :webhook AND next_at < :until",
                {"until": until, "webhook": webhook},
            )

    def delivery_counts(self) -> dict[str, Delivered]:
        """Return how the messages to each webhook stand, by its name; those without any are left out."""
        return {
            row["webhook"]: Delivered(**{**dict(row), "delivered_at": time_or_none(row["delivered_at"])})
            for row in self._run(_COUNTS, {})
        }

    def _announce(self, after: int, at: datetime) -> None:
        """Write down what to tell the webhooks of the changes after a number."""
        names = self.webhooks()
        rows = self._run(_CHANGED, {"after": after}).fetchall() if names else []
        for name in names:
            for begin in range(0, len(rows), _CHANGES_AT_MOST):
                message = _message([dict(row) for row in rows[begin : begin + _CHANGES_AT_MOST]], at)
                values = {"delivery_id": message["delivery_id"], "webhook": name, "at": at}
                self._run(_ADD, {**values, "event": json.dumps(message)})


def _message(changes: list[dict[str, Any]], at: datetime) -> dict[str, Any]:
    return {
        "delivery_id": uuid4().hex,
        "event": EVENT,
        "created_at": time_text(at),
        "cursor": changes[-1]["change"],
        "changes": changes,
    }


def _delivery(row: Any) -> Delivery:
    return Delivery(
        delivery_id=row["delivery_id"],
        webhook=row["webhook"],
        event=row["event"],
        created_at=time(row["created_at"]),
        attempts=row["attempts"],
        next_at=time(row["next_at"]),
    )
