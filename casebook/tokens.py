"""Tokens of the JSON interface: what stands here is their hashes, from which no token can be made."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from casebook.errors import CasebookError
from casebook.store import Store
from casebook.values import time, time_or_none

_BEGINNING = "copycatch_"  # so that programs which look for lost secrets know one when they see it
_BYTES = 32
_LONGEST_TITLE = 100
_USED_AGAIN_AFTER = timedelta(hours=1)  # no request needs a write of its own


class UnusableTokenError(CasebookError):
    """A token cannot be called that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is kept; `used_at` is exact to the hour."""

    seq: int
    title: str
    added_at: datetime
    used_at: datetime | None = None

    @property
    def name(self) -> str:
        return f"T-{self.seq}"


def made_token() -> str:
    """Return a new token: 256 random bits as text."""
    return _BEGINNING + secrets.token_urlsafe(_BYTES)


class Tokens(Store):
    def add_token(self, title: str, secret: str, at: datetime) -> Token:
        """Add a token; what it is used for is its title.

        Raises:
            UnusableTokenError: the title is empty, longer than 100 characters or no line of text.
        """
        title = title.strip()
        if not title or len(title) > _LONGEST_TITLE or not title.isprintable():
            raise UnusableTokenError(
                "a token needs a title", remedy="Say in a line of up to 100 characters which program uses it."
            )
        with self.immediate():
            added = self._run(
                "INSERT INTO token (title, sha256, added_at) VALUES (:title, :sha256, :at)",
                {"title": title, "sha256": _hash(secret), "at": at},
            )
            return Token(seq=added.lastrowid or 0, title=title, added_at=at)

    def tokens(self) -> list[Token]:
        """Return the tokens that were not taken out, by number."""
        rows = self._run("SELECT * FROM token WHERE removed_at IS NULL ORDER BY seq", {})
        return [_token(row) for row in rows.fetchall()]

    def remove_token(self, seq: int, at: datetime) -> bool:
        """Take a token out; return whether it stood."""
        with self.immediate():
            sql = "UPDATE token SET removed_at = :at WHERE seq = :seq AND removed_at IS NULL"
            return self._run(sql, {"seq": seq, "at": at}).rowcount == 1

    def token_of(self, secret: str, at: datetime) -> Token | None:
        """Return the token that somebody bears, noting its use; None where it is none, or was taken out."""
        given, found = _hash(secret), None
        for row in self._run("SELECT * FROM token WHERE removed_at IS NULL", {}).fetchall():
            if hmac.compare_digest(given, row["sha256"]):  # every one is compared, and each takes the same time
                found = _token(row)
        if found is not None and (found.used_at is None or at - found.used_at >= _USED_AGAIN_AFTER):
            with suppress(CasebookError):  # a scan that writes for long shall not keep anybody out
                self._run("UPDATE token SET used_at = :at WHERE seq = :seq", {"at": at, "seq": found.seq})
        return found


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _token(row: Any) -> Token:
    return Token(
        seq=row["seq"], title=row["title"], added_at=time(row["added_at"]), used_at=time_or_none(row["used_at"])
    )
