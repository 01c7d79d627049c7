"""`copycatch schedule`: scan every night."""

from __future__ import annotations

import runpy
import sys
from typing import TYPE_CHECKING

import click

from copycatch.commands.options import in_workspace

if TYPE_CHECKING:
    from copycatch.workspace import Workspace


@click.command()
@in_workspace
def schedule(workspace: Workspace) -> None:
    """Scan every night at the time that copycatch.toml names, until ended with Ctrl+C."""
    # The scheduler stands above this package and starts it as a program, so it is started like a program here too.
    sys.argv = ["scheduler", "--workspace", str(workspace.root)]
    runpy.run_module("scheduler", run_name="__main__", alter_sys=True)


COMMANDS = (schedule,)
