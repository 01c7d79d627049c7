"""`copycatch review`: decide in the browser."""

from __future__ import annotations

import os
import socket
import sys
import webbrowser
from contextlib import suppress
from threading import Timer
from typing import TYPE_CHECKING

import click
import uvicorn

from casebook.errors import CopycatchError
from copycatch.commands.options import folder_option, utc_now
from copycatch.config import Config
from copycatch.desk import WorkspaceDesk
from copycatch.logs import start_logging
from copycatch.output import print_line
from copycatch.workspace import CONFIG_NAME, Workspace
from review.app import create_app

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PORT = 8460
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class ReviewError(CopycatchError):
    """Review cannot be served like this."""


@click.command()
@folder_option
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 takes any free port.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def review(folder: Path, port: int, no_browser: bool) -> None:
    """Open the review in your browser: set up, look, decide. Ctrl+C ends it.

    Only this machine can reach it. An empty or missing folder becomes a workspace.
    """
    workspace = open_or_create(folder)
    start_logging(workspace.logs_path, now=utc_now(), watched=sys.stderr.isatty())
    with workspace.casebook() as casebook:  # brings it up to date before the first page asks for it
        scanned = casebook.last_run() is not None
    listening = bound(port)
    # Before the first scan, the page that leads to it.
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/{'' if scanned else 'start'}"
    print_line(f"Review is open at {address} until you press Ctrl+C.")
    if not no_browser and shows_windows(sys.platform, os.environ):
        opening = Timer(0.5, webbrowser.open, (address,))
        opening.daemon = True
        opening.start()
    settings = uvicorn.Config(
        create_app(WorkspaceDesk(workspace)),
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
    )
    with suppress(KeyboardInterrupt):  # the way to end it
        uvicorn.Server(settings).run(sockets=[listening])
    print_line("Review is closed.")


def open_or_create(folder: Path) -> Workspace:
    """Return the workspace in a folder; an empty or missing folder becomes one."""
    if (folder / CONFIG_NAME).exists() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        return Workspace.open(folder)
    workspace = Workspace.create(folder, Config())
    print_line(f"{workspace.root} is a workspace now; the page leads through what it needs.")
    return workspace


def shows_windows(platform: str, environ: Mapping[str, str]) -> bool:
    """Whether a browser would open a window of its own, and not in this terminal."""
    return platform in ("win32", "darwin") or any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def bound(port: int) -> socket.socket:
    """Return a socket of this machine that listens on a port, any free one for 0.

    Raises:
        ReviewError: the port is taken, or may not be used.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there it would let two programs share the port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_LOOPBACK[0], port))
    except OSError as error:
        listening.close()
        raise ReviewError(
            f"port {port} cannot be used: {error.strerror}",
            remedy="Another review may be open already; else choose another port with --port, or 0 for any.",
        ) from None
    listening.listen(128)
    return listening


COMMANDS = (review,)
