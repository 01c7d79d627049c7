"""The pages of first use, served by the functions of the command line (see `review.first_use.FirstUse`)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from casebook.findings import WorkKind
from copycatch.config import ConfigError, http_url
from copycatch.config_edit import set_owner
from copycatch.scan_start import ScanStarter
from copycatch.watching import Watch, WatchError, searchable, unwatch, watch, watches
from copycatch.works import read_entries, unlisted_pictures
from copycatch.works_upload import UploadError, add_uploads, describe, wish_from
from crawler.keys import read_keys
from review.first_use import (
    FieldError,
    Note,
    OwnerShown,
    PlaceAdded,
    PlaceShown,
    PlaceToSearch,
    ScanShown,
    SentFile,
    WorksAdded,
    WorkShown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from copycatch.workspace import Workspace

_LONGEST_OWNER = 200
_KINDS_OF_PLACE = {
    "searches": "search for",
    "shops": "shop",
    "start": "pages from",
    "listings": "listing",
    "sitemaps": "sitemap",
}
_PHASES = {
    "begin": ("Getting ready", ""),
    "import": ("Reading the pages that you saved", "files"),
    "crawl": ("Looking at pages and pictures", "addresses"),
    "prepare": ("Preparing your pictures", "pictures"),
    "marks": ("Looking for your marks on your pictures", "pictures"),
    "match": ("Comparing pictures with yours", "pictures"),
    "show": ("Drawing what was found", "pictures"),
    "report": ("Writing the report", ""),
}


class FirstUseDesk:
    """`review.first_use.FirstUse` for one workspace. Changes of works.toml and copycatch.toml come one at a time."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._starter = ScanStarter(workspace)
        self._changing = threading.Lock()

    def works(self) -> list[WorkShown]:
        # By the names in works.toml and in the folder alone: reading ten thousand pictures would take minutes.
        with self._workspace.casebook() as casebook:
            drawn = {path: shown for (_, path), shown in casebook.drawn_references().items()}
            known = {work.work_id for work in casebook.works()}
        listed = [
            WorkShown(
                work_id=entry.work.work_id,
                title=entry.work.title,
                kind=entry.work.kind.value,
                pictures=len(entry.files),
                watermarks=len(entry.watermarks),
                rights=entry.rights,
                shown_sha256=next((drawn[path] for path in entry.files if path in drawn), None),
                compared=entry.work.work_id in known,
            )
            for entry in read_entries(self._workspace.works_path)
        ]
        return listed + [
            WorkShown(
                work_id="",
                title=path,
                kind=WorkKind.PHOTO.value,
                pictures=1,
                watermarks=0,
                shown_sha256=drawn.get(path),
            )
            for path in unlisted_pictures(self._workspace)
        ]

    def add_pictures(self, files: Sequence[SentFile], form: Mapping[str, str], *, watermark: bool) -> WorksAdded:
        try:
            wish = wish_from(form, watermark=watermark)
            with self._changing:
                added, skipped = add_uploads(self._workspace, files, wish)
        except UploadError as error:
            raise FieldError(error.field, error.message, remedy=error.remedy) from None
        return WorksAdded(
            added=tuple(Note(what=item.path, message=f"{item.how} {item.work_id}") for item in added),
            left=tuple(Note(what=item.where, message=item.message, remedy=item.remedy) for item in skipped),
        )

    def describe_work(self, form: Mapping[str, str]) -> None:
        try:
            with self._changing:
                work = describe(self._workspace, form)
        except UploadError as error:
            raise FieldError(error.field, error.message, remedy=error.remedy) from None
        with self._workspace.casebook() as casebook:
            casebook.describe_work(work)

    def places(self) -> list[PlaceShown]:
        return [_place(one) for one in watches(self._workspace.config().targets)]

    def places_to_search(self) -> list[PlaceToSearch]:
        keys = read_keys(self._workspace.keys_path)
        return [PlaceToSearch(name=one.name, title=one.title, crawled=one.crawled) for one in searchable(keys)]

    def add_place(self, text: str, marketplace: str) -> PlaceAdded:
        try:
            with self._changing:
                done = watch(self._workspace, text, marketplace_name=marketplace)
        except WatchError as error:
            raise FieldError(error.field, error.message, remedy=error.remedy) from None
        return PlaceAdded(place=_place(done.watch), known=done.known, crawled=done.crawled, left=done.left)

    def remove_place(self, target: str, key: str, value: str) -> None:
        with self._changing:
            unwatch(self._workspace, target, key, value)

    def owner(self) -> OwnerShown:
        owner = self._workspace.config().owner
        return OwnerShown(name=owner.name, contact_url=owner.contact_url)

    def set_owner(self, owner: OwnerShown) -> None:
        name, contact_url = owner.name.strip(), owner.contact_url.strip()
        if len(name) > _LONGEST_OWNER or not name.isprintable():
            message = f"a name is one line of at most {_LONGEST_OWNER} characters"
            raise FieldError("name", message, remedy="Write it as it is to stand in reports.")
        if "@" in contact_url and "/" not in contact_url:
            message = "an e-mail address cannot stand here"
            raise FieldError(
                "contact_url", message, remedy="Give a web page that takes messages: your shop, a profile."
            )
        if contact_url and "://" not in contact_url:
            contact_url = f"https://{contact_url}"
        remedy = "Give a web page where a shop can reach you: the crawler names it in every request."
        try:
            http_url(contact_url)
        except ValueError as error:
            raise FieldError("contact_url", str(error) if contact_url else "it is empty", remedy=remedy) from None
        if len(contact_url) > _LONGEST_OWNER or not contact_url.isascii():
            message = f"an address here is plain ASCII, of at most {_LONGEST_OWNER} characters"
            raise FieldError("contact_url", message, remedy=remedy)
        try:
            with self._changing:
                set_owner(self._workspace.config_path, name=name, contact_url=contact_url)
        except ConfigError as error:
            raise FieldError("", error.message, remedy=error.remedy) from None

    def scan(self) -> ScanShown | None:
        view = self._starter.view()
        if view is None:
            return None
        live = view.live
        what, unit = _PHASES.get(live.phase, (live.phase, ""))
        return ScanShown(
            state=live.state.value,
            started_at=live.started_at,
            what=what,
            done=live.done,
            total=live.total,
            unit=unit,
            looking_at=view.looking_at,
            not_seen=view.not_seen,
            complete=live.complete,
            candidates=live.candidates,
            new=live.new,
            message=live.message,
            remedy=live.remedy,
            stopping=live.stopping,
        )

    def start_scan(self) -> None:
        with self._changing:
            self._starter.start()

    def stop_scan(self) -> None:
        self._starter.stop()

    def report(self) -> bytes | None:
        newest = max(self._workspace.reports_path.glob("*.html"), default=None)
        return None if newest is None else newest.read_bytes()


def _place(one: Watch) -> PlaceShown:
    what = _KINDS_OF_PLACE[one.key]
    return PlaceShown(target=one.target, key=one.key, value=one.value, place=one.place, what=what)
