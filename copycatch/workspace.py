"""The workspace: one folder that holds everything of one owner."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from casebook.blobs import Blobs
from casebook.casebook import Casebook
from casebook.errors import CopycatchError
from casebook.lock import WorkspaceLock
from copycatch import config_template
from copycatch.config_file import load_config
from crawler.keys import KEYS_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from copycatch.config import Config

log = logging.getLogger("copycatch")

CONFIG_NAME = "copycatch.toml"

_WORKS = """\
# The works that copycatch watches over. Add them with `copycatch works add FILE…` or by hand:
#
# [[works]]
# id = "W-0001"                          # never changes; candidates and complaints refer to it
# title = "Heron at dawn"
# kind = "photo"                         # "photo", or "artwork" for art that is printed on goods
# files = ["heron.jpg", "heron-wide.png"]  # relative to this folder
# watermarks = ["studio-mark.png"]
# rights = "Photographed by me, May 2024; first shown on my site"   # for you; one line
#
# A picture in this folder that no entry names is watched too, as a work of its own, titled after its file name.
"""


class WorkspaceError(CopycatchError):
    """A folder is no workspace, or cannot become one."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The places inside one owner's folder."""

    root: Path

    @property
    def config_path(self) -> Path:
        return self.root / CONFIG_NAME

    @property
    def keys_path(self) -> Path:
        return self.root / KEYS_NAME

    @property
    def casebook_path(self) -> Path:
        return self.root / "casebook.db"

    @property
    def blobs_path(self) -> Path:
        return self.root / "blobs"

    @property
    def prepared_path(self) -> Path:
        return self.root / "prepared"

    @property
    def references_path(self) -> Path:
        return self.root / "reference_images"

    @property
    def works_path(self) -> Path:
        return self.references_path / "works.toml"

    @property
    def reports_path(self) -> Path:
        return self.root / "reports"

    @property
    def logs_path(self) -> Path:
        return self.root / "logs"

    @property
    def nights_path(self) -> Path:
        return self.logs_path / "nights.json"

    @property
    def live_path(self) -> Path:
        return self.logs_path / "scan.json"

    @property
    def watched_path(self) -> Path:
        return self.root / "watched.json"

    @property
    def lock_path(self) -> Path:
        return self.root / "workspace.lock"

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Return the workspace in `folder`.

        Raises:
            WorkspaceError: the folder is missing, is a file, or holds no configuration.
        """
        if not folder.exists():
            raise WorkspaceError(
                f"there is no folder {folder}", remedy=f"Create a workspace with `copycatch init --workspace {folder}`."
            )
        if not folder.is_dir():
            raise WorkspaceError(f"{folder} is not a folder", remedy="Name the folder that holds copycatch.toml.")
        workspace = cls(folder.resolve())
        if not workspace.config_path.exists():
            raise WorkspaceError(
                f"{folder} is no workspace: it holds no {CONFIG_NAME}",
                remedy="Run `copycatch init` there, or name the right folder with --workspace DIR.",
            )
        return workspace

    def missing(self) -> list[Path]:
        """Return the parts of a whole workspace that are not there."""
        parts = (self.references_path, self.works_path, self.blobs_path, self.casebook_path, self.config_path)
        return [path for path in parts if not path.exists()]

    @classmethod
    def create(cls, folder: Path, config: Config) -> Self:
        """Make `folder` a workspace with this configuration, an empty reference library and an empty casebook.

        What is there already is kept as it is, and only what is missing is made.

        Raises:
            WorkspaceError: nothing is missing.
        """
        try:
            workspace = cls(folder.resolve())
        except (OSError, RuntimeError) as error:  # links in a circle
            raise WorkspaceError(f"{folder} cannot be a workspace: {error}", remedy="Choose another folder.") from None
        missing = workspace.missing()
        if not missing:
            raise WorkspaceError(
                f"{workspace.root} is a whole workspace already",
                remedy=f"Nothing was changed. Edit {CONFIG_NAME} there, or choose another folder with --workspace DIR.",
            )
        workspace.references_path.mkdir(parents=True, exist_ok=True)
        if workspace.blobs_path in missing:
            workspace.blobs_path.mkdir()
        if workspace.works_path in missing:
            workspace.works_path.write_text(_WORKS, encoding="utf-8")
        if workspace.casebook_path in missing:
            Casebook.open(workspace.casebook_path, create=True).close()
        # Last, because this is the file that makes the folder a workspace: a half-made one is not taken for whole.
        if workspace.config_path in missing:
            workspace.config_path.write_text(config_template.render(config), encoding="utf-8")
        return workspace

    def config(self) -> Config:
        """Read the configuration; raises ConfigError."""
        return load_config(self.config_path)

    def casebook(self) -> Casebook:
        """Open the casebook, whose changes are told to the configured webhooks; raises CasebookError."""
        opened = Casebook.open(self.casebook_path)
        opened.webhooks = self._webhooks
        return opened

    def _webhooks(self) -> tuple[str, ...]:
        """Return the names of the webhooks; none where the configuration cannot be used, which is told elsewhere."""
        try:
            return tuple(webhook.name for webhook in self.config().webhooks)
        except CopycatchError as error:
            log.warning("no webhook is told of a change: %s", error.message)
            return ()

    def blobs(self) -> Blobs:
        return Blobs(self.blobs_path)

    def lock(self, what: str) -> WorkspaceLock:
        """Return the lock that a scan or a match holds; `what` names the holder to those who come second: "A scan"."""
        return WorkspaceLock(self.lock_path, what)
