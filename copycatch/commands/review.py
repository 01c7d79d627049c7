"""`copycatch review`: decide in the browser."""

from __future__ import annotations

import os
import sys
import webbrowser
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

import click
import uvicorn

from copycatch.commands.options import folder_option, utc_now
from copycatch.config import Config
from copycatch.desk import WorkspaceDesk
from copycatch.logs import start_logging
from copycatch.output import print_line
from copycatch.serving import bound, check_certificate, serving
from copycatch.webhooks import Sender
from copycatch.workspace import CONFIG_NAME, Workspace
from review.app import create_app

if TYPE_CHECKING:
    from collections.abc import Mapping

PORT = 8460
_FILE = click.Path(path_type=Path)


@click.command()
@folder_option
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 takes any free port.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address at which it listens.")
@click.option("--name", "names", multiple=True, help="A name that it is called by, such as studio.local.")
@click.option("--certificate", type=_FILE, metavar="FILE", help="The certificate of that name, for TLS (PEM).")
@click.option("--key", type=_FILE, metavar="FILE", help="The key of the certificate (PEM).")
@click.option("--insecure", is_flag=True, help="Let others reach it without TLS: tokens cross the network readable.")
def review(
    folder: Path,
    port: int,
    no_browser: bool,
    host: str,
    names: tuple[str, ...],
    certificate: Path | None,
    key: Path | None,
    insecure: bool,
) -> None:
    """Open the review in your browser: set up, look, decide. Ctrl+C ends it.

    Only this machine can reach it, unless you say otherwise; then every page asks for a token first. An empty or
    missing folder becomes a workspace.
    """
    workspace = open_or_create(folder)
    start_logging(workspace.logs_path, now=utc_now(), watched=sys.stderr.isatty())
    with workspace.casebook() as casebook:  # brings it up to date before the first page asks for it
        scanned, tokens = casebook.last_run() is not None, len(casebook.tokens())
    served = serving(host, tokens=tokens, names=names, certificate=certificate, key=key, insecure=insecure)
    if certificate and key:
        check_certificate(certificate, key)
    listening = bound(served.host, port)
    # Before the first scan, the page that leads to it.
    address = served.address(listening.getsockname()[1]) + ("" if scanned else "start")
    print_line(f"Review is open at {address} until you press Ctrl+C.")
    if served.sign_in:
        print_line("Other machines may reach it; every page asks for a token first.")
    if not no_browser and not served.sign_in and shows_windows(sys.platform, os.environ):
        opening = Timer(0.5, webbrowser.open, (address,))
        opening.daemon = True
        opening.start()
    settings = uvicorn.Config(
        create_app(WorkspaceDesk(workspace), hosts=served.hosts, sign_in=served.sign_in, secure=served.secure),
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=3,  # seconds; a browser may keep its connection open for longer
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    with suppress(KeyboardInterrupt), Sender(workspace, utc_now):  # the way to end it
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


COMMANDS = (review,)
