"""Errors meant for people: what is wrong, where, and what to do about it."""

from __future__ import annotations

from functools import partial


class CopycatchError(Exception):
    """`message` names the thing that is wrong, `remedy` says what to do."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n  {self.remedy}"

    def __reduce__(self) -> tuple[partial[CopycatchError], tuple[str]]:
        # An exception is rebuilt from its positional arguments alone; without this, one raised in a worker process
        # would break the pool instead of arriving.
        return partial(type(self), remedy=self.remedy), (self.message,)


class CasebookError(CopycatchError):
    """The casebook cannot be opened, read or written; nothing already stored is lost."""


class BlobMissing(CopycatchError):  # noqa: N818 - the name says it
    """The bytes of that hash are not in the blob folder."""


class BlobDamaged(CopycatchError):  # noqa: N818 - the name says it
    """The bytes in the blob folder are no longer those their name promises."""


class WorkspaceBusy(CopycatchError):  # noqa: N818 - the name says it
    """Another process holds the workspace."""
