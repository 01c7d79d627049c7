"""The checks of `copycatch doctor`: is everything there that a night's scan needs?"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import packages_distributions, version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from casebook.errors import CopycatchError
from copycatch.output import counted
from copycatch.version import VERSION
from copycatch.works import read_library
from crawler.interfaces import all_interfaces
from crawler.keys import KEYS_NAME, NEEDED, read_keys
from crawler.robots import Parsed

if TYPE_CHECKING:
    from pathlib import Path

    from copycatch.config import Config
    from copycatch.workspace import Workspace

MIB = 1024 * 1024
LITTLE_SPACE = 2048 * MIB
NO_SPACE = 256 * MIB
_BLOBS_TRIED = 50

# Gives the status and the text of a robots.txt; raises OSError where it cannot be had.
FetchRobots = Callable[[str], tuple[int, str]]


class Health(StrEnum):
    FINE = "fine"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at; `remedy` is None where nothing needs doing."""

    name: str
    health: Health
    message: str
    remedy: str | None = None


def examine(workspace: Workspace, fetch_robots: Callable[[Config], FetchRobots] | None) -> Iterator[Check]:
    """Yield the checks in order; without `fetch_robots` no site is asked."""
    yield _versions()
    yield _opencv()
    yield from _writable(workspace)
    yield _space(workspace)
    if os.name == "posix":
        yield _privacy(workspace)
    yield _casebook(workspace)
    yield _ledger(workspace)
    yield _blobs(workspace)
    yield _works(workspace)
    yield from _keys(workspace)
    try:
        config = workspace.config()
        leads = _leads(workspace)
        config.require_scannable(workspace.config_path, leads=leads)
    except CopycatchError as error:
        yield _problem("configuration", error.message, error.remedy)
        return
    yield _watched(config, leads)
    if fetch_robots is not None:
        yield from _robots(config, fetch_robots(config))
    elif config.targets:
        yield _warning(
            "robots.txt",
            "left out: no site was asked whether it lets us in",
            "Run `copycatch doctor` without --offline.",
        )


def _watched(config: Config, leads: int) -> Check:
    """Return what a scan has to look at; leads and saved pages alone find nothing new."""
    found = counted(len(config.targets), "target") + (f", {counted(leads, 'lead')}" if leads else "")
    if config.targets:
        return _fine("configuration", found)
    return _warning(
        "configuration",
        f"{found}: no shop, search or seller is watched, so nothing new will be found",
        "Add a [[targets]] table to copycatch.toml; docs/configuration.md tells how.",
    )


def _leads(workspace: Workspace) -> int:
    try:
        with workspace.casebook() as casebook:
            return len(casebook.leads())
    except CopycatchError:  # another check says what is wrong with it
        return 0


def _fine(name: str, message: str) -> Check:
    return Check(name=name, health=Health.FINE, message=message)


def _problem(name: str, message: str, remedy: str) -> Check:
    return Check(name=name, health=Health.PROBLEM, message=message, remedy=remedy)


def _warning(name: str, message: str, remedy: str) -> Check:
    return Check(name=name, health=Health.WARNING, message=message, remedy=remedy)


def _versions() -> Check:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("scrapy", "pillow", "faiss-cpu", "numpy"))
    python = f"Python {platform.python_version()} on {platform.system()}"
    return _fine("versions", f"copycatch {VERSION}, {python}, SQLite {sqlite3.sqlite_version}, {libraries}")


def _opencv() -> Check:
    """Two of the four OpenCV packages overwrite each other's files, which fails in ways nobody can explain."""
    installed = sorted(set(packages_distributions().get("cv2", ())))
    if len(installed) > 1:
        remedy = f"Run: pip uninstall {' '.join(installed)}; then: pip install opencv-python-headless"
        return _problem("opencv", f"{' and '.join(installed)} are installed into the same folder", remedy)
    return _fine("opencv", f"{installed[0]} {version(installed[0])}")


def _writable(workspace: Workspace) -> Iterator[Check]:
    for folder in (workspace.root, workspace.blobs_path, workspace.references_path):
        try:
            with tempfile.TemporaryFile(dir=folder):
                yield _fine(f"write access to {folder.name}", str(folder))
        except OSError as error:
            name = f"write access to {folder.name}"
            yield _problem(name, f"{folder}: {error.strerror}", "Create the folder, or let your user write to it.")


def _space(workspace: Workspace) -> Check:
    free = shutil.disk_usage(workspace.root).free
    message = f"{free // MIB} MiB free"
    if free < NO_SPACE:
        return _problem("disk space", message, "Free some space before the next scan.")
    if free < LITTLE_SPACE:
        return _warning("disk space", message, "A large scan may need more; free some space.")
    return _fine("disk space", message)


def _privacy(workspace: Workspace) -> Check:
    """Whether other users of the machine can read what is watched, what was found, or the keys. What lies in a folder
    that others cannot enter is closed, whatever its own rights say."""
    open_to_others = []
    if all(_others_may(folder, stat.S_IXOTH) for folder in (workspace.root, *workspace.root.parents)):
        parts = (workspace.casebook_path, workspace.blobs_path, workspace.references_path, workspace.keys_path)
        open_to_others = [path.name for path in parts if _others_may(path, stat.S_IROTH | stat.S_IWOTH)]
    if open_to_others:
        return _warning(
            "privacy",
            f"every user of this machine can get at {', '.join(open_to_others)}",
            f"Run: chmod -R o-rwx {shlex.quote(str(workspace.root))}",
        )
    return _fine("privacy", "closed to other users of this machine")


def _others_may(path: Path, rights: int) -> bool:
    try:
        return bool(path.stat().st_mode & rights)
    except OSError:  # it is not there, or even we may not look: another check says so
        return False


def _casebook(workspace: Workspace) -> Check:
    try:
        workspace.casebook().close()
        with closing(sqlite3.connect(f"{workspace.casebook_path.as_uri()}?mode=ro", uri=True)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
    except CopycatchError as error:
        return _problem("casebook", error.message, error.remedy)
    except sqlite3.Error as error:
        found = [str(error)]
    if found != ["ok"]:
        return _problem("casebook", f"damaged: {'; '.join(found)}", "Restore casebook.db from your backup.")
    return _fine("casebook", "whole")


def _ledger(workspace: Workspace) -> Check:
    try:
        with workspace.casebook() as casebook:
            broken, last = casebook.broken_link(), casebook.last_decision()
    except CopycatchError as error:
        return _problem("ledger", error.message, error.remedy)
    if broken is not None:
        return _problem(
            "ledger",
            f"{broken} is not as it was recorded, or stands where another decision stood",
            "Keep the file as it is, and compare it with a backup: somebody wrote to it past copycatch.",
        )
    return _fine("ledger", f"every decision to D-{last} is as it was recorded" if last else "nothing is decided yet")


def _blobs(workspace: Workspace) -> Check:
    try:
        with workspace.casebook() as casebook:
            names = [str(row["picture_sha256"]) for row in casebook.candidate_rows()[:_BLOBS_TRIED]]
    except CopycatchError as error:
        return _problem("blobs", f"not tried: {error.message}", error.remedy)
    blobs = workspace.blobs()
    for name in names:
        try:
            blobs.get(name)
        except (CopycatchError, OSError) as error:
            return _problem("blobs", str(error).split("\n")[0], "Restore the blobs folder from your backup.")
    return _fine("blobs", f"{counted(len(names), 'picture')} of candidates read back")


def _works(workspace: Workspace) -> Check:
    try:
        library = read_library(workspace)
    except CopycatchError as error:
        return _problem("works", error.message, error.remedy)
    count = f"{counted(len(library.references), 'picture')} of {counted(len(library.works), 'work')}"
    if library.problems:
        return _warning(
            "works", f"{count}, {len(library.problems)} of them with problems", "Run `copycatch works check`."
        )
    if not library.references:
        return _warning("works", "there is nothing to compare with", "Add pictures with `copycatch works add`.")
    return _fine("works", count)


def _keys(workspace: Workspace) -> Iterator[Check]:
    """Yield whether each official interface can be asked; the keys themselves are not tried, which would spend them."""
    try:
        keys = read_keys(workspace.keys_path)
    except CopycatchError as error:
        yield _problem(KEYS_NAME, error.message, error.remedy)
        return
    for service, names in keys.missing.items():
        yield _problem(
            f"key of {service}",
            f"{KEYS_NAME} lacks {' and '.join(names)} under [{service}]: the interface cannot be asked",
            f"Add {'it' if len(names) == 1 else 'them'}, or take [{service}] out.",
        )
    for interface in all_interfaces():
        if interface.SERVICE in keys.missing:
            continue
        given = interface.SERVICE in keys
        needed = " and ".join(NEEDED[interface.SERVICE])
        message = "key given" if given else f"no key given; with {needed} in {KEYS_NAME} a scan asks it"
        yield _fine(f"key of {interface.TITLE}", message)


def _robots(config: Config, fetch: FetchRobots) -> Iterator[Check]:
    for target in config.targets:
        for url in dict.fromkeys((*target.start, *target.sitemaps, *target.listings)):
            yield _robots_of(f"robots.txt of {target.name}", url, fetch)


def _robots_of(name: str, url: str, fetch: FetchRobots) -> Check:
    parts = urlsplit(url)
    address = f"{parts.scheme}://{parts.netloc}/robots.txt"
    try:
        status, text = fetch(address)
    except OSError as error:
        return _problem(
            name,
            f"{address} cannot be had: {error.strerror or error}",
            "Check the address; a scan would fetch nothing here.",
        )
    if status == 429 or status >= 500:
        return _problem(name, f"{address} answers {status}", "A scan would fetch nothing here; try again later.")
    if 200 <= status < 300:
        refusal = Parsed(text).why_not(url)
        if refusal is not None:
            return _problem(name, f"{refusal}: {url}", "Choose another page, or ask the shop for permission.")
    return _fine(name, f"{address} answers {status}; {url} may be fetched")
