"""`copycatch init`: make a folder a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from copycatch.commands.options import folder_option
from copycatch.config import Config
from copycatch.output import plain, print_line
from copycatch.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@folder_option
def init(folder: Path) -> None:
    """Create a workspace: a commented copycatch.toml, an empty casebook, a folder for your pictures.

    What is there already is kept; only what is missing is made.
    """
    missing = Workspace(folder.resolve()).missing()
    workspace = Workspace.create(folder, Config())
    print_line(f"Workspace ready in {plain(workspace.root)}")
    print_line(f"Made: {', '.join(plain(path.relative_to(workspace.root).as_posix()) for path in missing)}")
    if workspace.config_path not in missing:
        print_line("Everything else was there and is as it was.")
        return
    print_line("Next:")
    print_line("  1. Fill in owner.contact_url and a [[targets]] table in copycatch.toml (remove the # there too).")
    print_line("  2. Add your pictures:  copycatch works add FILE…")
    print_line("  3. Look for copies:    copycatch scan")


COMMANDS = (init,)
