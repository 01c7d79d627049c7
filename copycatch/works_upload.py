"""Works that come from a browser: their texts, and pictures as bytes, checked and named harmlessly."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from casebook.errors import CopycatchError
from casebook.findings import Work, WorkKind
from copycatch.output import plain
from copycatch.works import FILE_BYTES_LIMIT, LONGEST_RIGHTS, LONGEST_TITLE, Problem, read_entries
from copycatch.works_edit import Additions, Offered, Wish, add_offered, describe_work, unusable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from copycatch.workspace import Workspace
    from review.first_use import SentFile

_LONGEST_NAME = 80  # characters, of which each takes at most three bytes below: file systems take 255 bytes
_UNSAFE = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)  # names of devices on Windows
_STARTS = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"GIF87a", ".gif"),
    (b"GIF89a", ".gif"),
)


class UploadError(CopycatchError):
    """Something of a form cannot be used; `field` names which of its fields, and nothing was changed."""

    def __init__(self, field: str, message: str, *, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.field = field


def add_uploads(workspace: Workspace, files: Sequence[SentFile], wish: Wish) -> Additions:
    """Add the files that are whole pictures, and say of each other one, under its own name, why it was left.

    Raises:
        UploadError: the title or the rights note cannot be kept, or no file was sent.
        WorksError: the work that `wish` names cannot take them. Nothing has changed.
    """
    _check_texts(wish)
    if not files:
        raise UploadError("files", "no picture was chosen", remedy="Choose one or more picture files, or drop them.")
    skipped: list[Problem] = []
    usable = list(_usable(files, skipped))
    return add_offered(workspace, usable, wish, skipped) if usable else Additions([], skipped)


def describe(workspace: Workspace, form: Mapping[str, str]) -> Work:
    """Write down what a form says of the work that it names; return that work.

    Raises:
        UploadError: the title or the rights note cannot be kept.
        WorksError: works.toml lists no such work.
    """
    wish = wish_from(form, watermark=False)
    _check_texts(wish)
    if wish.title is None:
        raise UploadError("title", "it is empty", remedy="Give the work a title.")
    describe_work(workspace, wish.work_id or "", title=wish.title, rights=wish.rights or "")
    return next(each.work for each in read_entries(workspace.works_path) if each.work.work_id == wish.work_id)


def wish_from(form: Mapping[str, str], *, watermark: bool) -> Wish:
    """Return what the fields of a form wish for; empty ones count as not given.

    Raises:
        UploadError: the kind is neither photo nor artwork.
    """
    kind = form.get("kind", "") or WorkKind.PHOTO.value
    if kind not in {known.value for known in WorkKind}:
        raise UploadError("kind", "this is no kind of work", remedy='Choose "photo" or "artwork".')
    return Wish(
        title=form.get("title", "").strip() or None,
        kind=WorkKind(kind),
        work_id=form.get("work", "").strip() or None,
        watermark=watermark,
        rights=form.get("rights", "").strip() or None,
    )


def safe_name(name: str, data: bytes) -> str:
    """Return a file name that can do no harm: the last part of the one given, without what any file system or terminal
    obeys, at most 80 characters and an ending that its content proves."""
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    kept = "".join(character for character in last if character.isprintable() and plain(character) == character)
    kept = _UNSAFE.sub("-", kept.encode("utf-8", "ignore").decode("utf-8"))
    path = Path(kept)
    stem, suffix = (path.stem, path.suffix) if path.name else ("", "")
    stem = stem.strip(" .")[:_LONGEST_NAME].strip(" .")
    if not stem or _RESERVED.fullmatch(stem):
        stem = f"picture-{stem}".rstrip("-")
    return stem + (_proven_ending(data, suffix) or suffix[:10])


def _proven_ending(data: bytes, suffix: str) -> str | None:
    """Return the ending that a file's first bytes prove; `suffix` where that is one of the same kind, None: unknown."""
    proven = next((ending for start, ending in _STARTS if data.startswith(start)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        proven = ".webp"
    elif data[4:12] in (b"ftypavif", b"ftypavis"):
        proven = ".avif"
    if proven == ".jpg" and suffix.lower() in (".jpeg", ".jpe", ".jfif"):
        return suffix
    return proven


def _usable(files: Iterable[SentFile], skipped: list[Problem]) -> Iterator[Offered]:
    """Yield the files that can be watched; the others go to `skipped`."""
    for file in files:
        shown = plain(file.name)[:_LONGEST_NAME] or "a file without a name"
        data = file.read()
        if len(data) > FILE_BYTES_LIMIT:
            message = f"it is larger than {FILE_BYTES_LIMIT // 1024**2} MiB"
            skipped.append(Problem(where=shown, message=message, remedy="Save a smaller version and add that."))
            continue
        name = safe_name(file.name, data)
        problem = unusable(Path(name), data)
        if problem is None:
            yield Offered(name=name, sha256=hashlib.sha256(data).hexdigest(), read=file.read)
        else:
            skipped.append(Problem(where=shown, message=problem.message, remedy=problem.remedy))


def _check_texts(wish: Wish) -> None:
    for field, text, longest in (
        ("title", wish.title, LONGEST_TITLE),
        ("rights", wish.rights, LONGEST_RIGHTS),
        ("work", wish.work_id, LONGEST_TITLE),
    ):
        if text is None:
            continue
        if len(text) > longest:
            message = f"this has {len(text):,} characters, and at most {longest:,} can be kept"
            raise UploadError(field, message, remedy="Shorten it; nothing was added.")
        if not text.isprintable():
            message = "this holds characters that cannot be shown, or several lines"
            raise UploadError(field, message, remedy="Write it on one line; nothing was added.")
