"""Who has signed in: random names in memory, so that browsers never keep a token."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

LASTS = timedelta(hours=12)
_MOST = 1000


@dataclass(frozen=True, slots=True)
class _Session:
    token: int
    ends_at: datetime


class Sessions:
    """The open sessions of one running review; all end with it."""

    def __init__(self) -> None:
        self._open: dict[str, _Session] = {}

    def begin(self, token: int, now: datetime) -> str:
        """Return the name of a new session of whoever showed the token of that number."""
        for name in [name for name, session in list(self._open.items()) if session.ends_at <= now]:
            self._open.pop(name, None)
        while len(self._open) >= _MOST:
            self._open.pop(next(iter(self._open)), None)
        session = secrets.token_urlsafe(32)
        self._open[_hash(session)] = _Session(token, now + LASTS)
        return session

    def token_of(self, session: str, now: datetime) -> int | None:
        """Return the number of the token that a session was begun with; None where it is none, or has ended."""
        found = self._open.get(_hash(session))
        return found.token if found is not None and now < found.ends_at else None

    def end(self, session: str) -> None:
        self._open.pop(_hash(session), None)


def _hash(session: str) -> str:
    """Return what a session is found by: looking it up takes no time that tells of its letters."""
    return hashlib.sha256(session.encode("utf-8", "surrogatepass")).hexdigest()
