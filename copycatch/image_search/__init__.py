"""Image searches for which the owner has a key: one file per interface, pure functions over what is sent and answered.

In: a picture as JPEG. Out: the pages on which the interface saw it. What talks to the interfaces is `asking`; what is
asked, and what becomes of the answers, stands in `copycatch.lead_search`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_PAGES = 100  # of one picture; each is a page to visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One POST: where, relative to the interface's base, and either fields of a form or the text of a JSON document.
    The picture is the file of the form named `file_field`. `key_header` is the one place where the key goes."""

    path: str
    key_header: str
    json_body: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    file_field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFound:
    """A page that shows the picture, or one like it: the interface's own score where it tells one."""

    url: str
    picture_url: str | None = None
    score: float | None = None
    title: str | None = None


class ImageSearch(Protocol):
    """What every module in this package gives.

    `NAME` is how it is called in keys.toml and by `--with`, `TITLE` the company that gets the picture, `BASE_URL` where
    its interface is, `COSTS` what an answer costs, in a sentence.
    """

    NAME: str
    TITLE: str
    BASE_URL: str
    COSTS: str

    def question(self, jpeg: bytes) -> Question:
        """Return how to ask where a picture is seen."""

    def pages(self, answer: object) -> tuple[PageFound, ...]:
        """Return the pages in an answer, whatever it holds; addresses as they stand there."""

    def complaint(self, answer: object) -> str | None:
        """Return what the interface itself says went wrong; None where it says nothing."""


def image_search(name: str) -> ImageSearch:
    """Return the interface of that name. KeyError: there is none."""
    return all_image_searches()[name]


def all_image_searches() -> Mapping[str, ImageSearch]:
    """Return every interface by its name."""
    names = (found.name for found in iter_modules(__path__) if found.name not in ("answers", "asking"))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    return {module.NAME: cast("ImageSearch", module) for module in sorted(modules, key=lambda one: str(one.NAME))}
