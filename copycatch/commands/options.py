"""What the commands share: the workspace they work in, and the formats they print."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from copycatch.logs import start_logging
from copycatch.workspace import Workspace

Command = TypeVar("Command", bound=Callable[..., Any])

folder_option = click.option(
    "--workspace",
    "folder",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The folder that holds copycatch.toml (default: the current folder).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON Lines for other programs.")


def _open(_ctx: click.Context, _parameter: click.Parameter, folder: Path) -> Workspace:
    workspace = Workspace.open(folder)
    start_logging(workspace.logs_path, now=utc_now(), watched=sys.stderr.isatty())
    return workspace


def in_workspace(command: Command) -> Command:
    """Give a command the option --workspace and, as `workspace`, the opened workspace; its log starts here."""
    return click.option(
        "--workspace",
        type=click.Path(path_type=Path),
        default=Path(),
        metavar="DIR",
        callback=_open,
        help="The folder that holds copycatch.toml (default: the current folder).",
    )(command)


def utc_now() -> datetime:
    """The clock of the composition root; everything below gets the time as an argument."""
    return datetime.now(UTC)
